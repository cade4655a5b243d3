import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { DURATION_BUCKETS, type Tally } from './tally.js';

/** A version and what it has been asked; without names, requests that named no model that is there. */
export interface Counted {
  readonly model: string;
  readonly version: string;
  /** Undefined for requests to no model. */
  readonly digest?: string;
  readonly tally: Tally;
}

/**
 * The server's metrics for Prometheus. prom-client writes them; the numbers are taken from the tallies when they are asked
 * for, since its own counters and histograms cost microseconds a request.
 * @param counted what there is at the moment
 * @param dropped rows of traffic that were lost since the start
 */
export function createMetrics(counted: () => Iterable<Counted>, dropped: () => number): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  new Counter({
    name: 'mlops_requests_total',
    help: 'Requests for predictions, by the status of the answer',
    labelNames: ['model', 'version', 'protocol', 'code'],
    registers,
    collect() {
      this.reset();
      for (const { model, version, tally } of counted()) {
        for (const [protocol, codes] of tally.requests) {
          for (const [code, count] of codes) this.inc({ model, version, protocol, code: String(code) }, count);
        }
      }
    },
  });

  new Counter({
    name: 'mlops_predictions_total',
    help: 'Rows that were predicted',
    labelNames: ['model', 'version'],
    registers,
    collect() {
      this.reset();
      for (const { model, version, digest, tally } of counted()) {
        if (digest !== undefined) this.inc({ model, version }, tally.predictions);
      }
    },
  });

  new Counter({
    name: 'mlops_invalid_rows_total',
    help: 'Rows that were refused because the model cannot take them',
    labelNames: ['model', 'version'],
    registers,
    collect() {
      this.reset();
      for (const { model, version, digest, tally } of counted()) {
        if (digest !== undefined) this.inc({ model, version }, tally.invalidRows);
      }
    },
  });

  new Gauge({
    name: 'mlops_model_info',
    help: 'The versions that are loaded',
    labelNames: ['model', 'version', 'digest'],
    registers,
    collect() {
      this.reset();
      for (const { model, version, digest } of counted()) if (digest !== undefined) this.set({ model, version, digest }, 1);
    },
  });

  new Counter({
    name: 'mlops_traffic_rows_dropped_total',
    help: 'Rows that could not be written to the traffic log',
    registers,
    collect() {
      this.reset();
      this.inc(dropped());
    },
  });

  new TalliedHistogram(counted, registry);
  return registry;
}

const DURATION = {
  name: 'mlops_request_duration_seconds',
  help: 'From the arrival of a request to its answer',
} as const;

/** A histogram whose observations have been counted elsewhere. The library takes a metric's lines from this method. */
class TalliedHistogram extends Histogram {
  readonly #counted: () => Iterable<Counted>;

  constructor(counted: () => Iterable<Counted>, registry: Registry) {
    super({ ...DURATION, labelNames: ['model', 'version'], buckets: [...DURATION_BUCKETS], registers: [registry] });
    this.#counted = counted;
  }

  getForPromString(): object {
    const seen = [...this.#counted()].filter(({ digest, tally }) => digest !== undefined || tally.durationCount > 0);
    const values = seen.flatMap(samplesOf);
    return { ...DURATION, type: 'histogram', aggregator: 'sum', values };
  }
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Readonly<Record<string, string>>;
  readonly value: number;
}

function samplesOf({ model, version, tally }: Counted): Sample[] {
  const sharedLabels = { model, version };
  let sum = 0;
  const buckets = tally.buckets.map((count, index): Sample => {
    sum += count;
    const le = DURATION_BUCKETS[index] ?? '+Inf';
    return { metricName: `${DURATION.name}_bucket`, labels: { le }, sharedLabels, value: sum };
  });
  return [
    ...buckets,
    { metricName: `${DURATION.name}_sum`, labels: {}, sharedLabels, value: tally.durationSum },
    { metricName: `${DURATION.name}_count`, labels: {}, sharedLabels, value: tally.durationCount },
  ];
}
