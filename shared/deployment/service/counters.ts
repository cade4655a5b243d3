import { UserError } from '../../core/errors.js';
import { type MetricSample, parseMetrics, sumOf } from '../../core/prometheus.js';
import { binomialInterval } from '../../evaluation/binomial.js';
import { type Histogram, histogramOf, increase } from '../latency.js';
import { errorText, type Sender } from '../sender.js';

/** What the server has counted of one version since it was started. */
export interface VersionCounters {
  readonly requests: number;
  /** Answers 5xx: the model or the server failed. */
  readonly errors: number;
  /** Answers 4xx but 429: what was asked did not fit the model. */
  readonly refused: number;
  readonly seconds: Histogram;
}

const REQUESTS = 'mlops_requests_total';
const SECONDS = 'mlops_request_duration_seconds';

/** Reads the server's metrics. @throws UserError when it shows none */
export async function readMetrics(send: Sender, address: string): Promise<readonly MetricSample[]> {
  const answer = await send({ method: 'GET', path: '/metrics' });
  if (answer.status === 200) return parseMetrics(answer.text);
  throw new UserError(
    `${address}/metrics answers ${errorText(answer)}: without its counters nobody sees whether a new version fails. Let this runner read it.`,
  );
}

export function countersOf(samples: readonly MetricSample[], model: string, version: string): VersionCounters {
  const labels = { model, version };
  const count = (where: (code: string) => boolean): number => sumOf(samples, REQUESTS, labels, ({ code = '' }) => where(code));
  return {
    requests: count(() => true),
    errors: count((code) => code.startsWith('5')),
    refused: count((code) => code.startsWith('4') && code !== '429'),
    seconds: histogramOf(samples, SECONDS, labels),
  };
}

/** What was counted between two looks. */
export function counted(before: VersionCounters, after: VersionCounters): Omit<VersionCounters, 'seconds'> {
  return {
    requests: increase(before.requests, after.requests),
    errors: increase(before.errors, after.errors),
    refused: increase(before.refused, after.refused),
  };
}

/** The chance on each side of an interval of a share; both versions' are compared, and a rollout looks often. */
const TAIL = 0.0005;

/**
 * Whether a version refuses a larger share of its requests than the other, beyond what chance does: the exact intervals of
 * the two shares do not touch.
 */
export function refusesMore(
  candidate: Pick<VersionCounters, 'requests' | 'refused'>,
  other: Pick<VersionCounters, 'requests' | 'refused'>,
): boolean {
  if (candidate.requests === 0 || other.requests === 0) return false;
  const own = binomialInterval(candidate.refused, candidate.requests, TAIL, 1);
  const theirs = binomialInterval(other.refused, other.requests, TAIL, 1);
  return own.low > theirs.high;
}
