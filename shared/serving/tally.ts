import type { ProtocolName } from './protocols/protocol.js';

/** Upper bounds in seconds, fine where a p99 of milliseconds falls. */
export const DURATION_BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075,
  0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/**
 * What a version has been asked, in plain numbers: a request may cost tens of nanoseconds of counting. metrics.ts reads
 * them when somebody looks.
 */
export class Tally {
  predictions = 0;
  invalidRows = 0;
  /** Requests by protocol and status. */
  readonly requests = new Map<ProtocolName, Map<number, number>>();
  /** Not cumulative; the last one is everything above the bounds. */
  readonly buckets: number[] = new Array<number>(DURATION_BUCKETS.length + 1).fill(0);
  durationSum = 0;
  durationCount = 0;

  request(protocol: ProtocolName, code: number, seconds: number): void {
    let codes = this.requests.get(protocol);
    if (!codes) {
      codes = new Map();
      this.requests.set(protocol, codes);
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
    let bucket = 0;
    while (bucket < DURATION_BUCKETS.length && seconds > DURATION_BUCKETS[bucket]!) bucket++;
    this.buckets[bucket]!++;
    this.durationSum += seconds;
    this.durationCount++;
  }
}
