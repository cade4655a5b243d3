import { messageOf, UserError } from '../core/errors.js';
import { formatCompact, formatCount, formatShare } from '../core/format.js';
import { readGate } from '../spec/gates.js';
import type { HealthCheck } from './health.js';

/** A line of Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** What a service may send at most, and how long it may take. */
const LARGEST_BYTES = 8 * 1024 * 1024;
const LONGEST_MS = 15_000;

/** Lines beyond this are no metrics of one service. */
const MOST_SAMPLES = 200_000;

export interface FetchLimits {
  readonly bytes?: number;
  readonly ms?: number;
}

/**
 * Reads the metrics page of a service, which is believed as little as any other page: only http(s), no redirects, a limit of
 * size and time.
 * @throws UserError in one line
 */
export async function fetchMetrics(address: string, limits: FetchLimits = {}): Promise<string> {
  const { bytes: most = LARGEST_BYTES, ms = LONGEST_MS } = limits;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new UserError(`monitor.metrics_url is ${JSON.stringify(address)}; an address begins with http:// or https://.`);
  }
  // Without what may be secret in it.
  const shown = `${url.origin}${url.pathname}`;
  const wrong = (what: string, cause?: unknown): UserError =>
    new UserError(`The metrics at ${shown} cannot be read: ${what}.`, { cause });
  const deadline = AbortSignal.timeout(ms);
  try {
    const response = await fetch(url, { redirect: 'error', signal: deadline, headers: { accept: 'text/plain' } });
    if (!response.ok) throw wrong(`the service answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > most) throw wrong(`there are more than ${most} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (deadline.aborted) throw wrong(`there was no whole answer within ${ms / 1000} s`, error);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw wrong(
      messageOf(cause)
        .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
        .slice(0, 200),
      error,
    );
  }
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;

/** Reads Prometheus' text format 0.0.4; lines of another form are passed over. */
export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = LINE.exec(line.trim());
    const labels = match && parseLabels(match[2] ?? '');
    const value = match ? numberOf(match[3]!) : Number.NaN;
    if (!match || !labels || Number.isNaN(value)) continue;
    samples.push({ name: match[1]!, labels, value });
    if (samples.length >= MOST_SAMPLES) break;
  }
  return samples;
}

function parseLabels(text: string): ReadonlyMap<string, string> | undefined {
  const labels = new Map<string, string>();
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    if (!match) return undefined;
    labels.set(
      match[1]!,
      match[2]!.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character)),
    );
  }
  return labels;
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

export interface ServiceLimits {
  readonly model: string;
  readonly version: string;
  /** Lines of the spec's gates; those on the latency are held against the service as well. */
  readonly gates: readonly string[];
  /** Requests that are needed to say anything. */
  readonly minRequests: number;
}

/** More of the requests than this may not fail. */
const MOST_FAILED = 0.01;

/**
 * Errors and latency since the service started, of the model's version. The numbers are of all its life, so they are no matter
 * of two windows in a row: what is bad is an alarm.
 */
export function serviceChecks(samples: readonly Sample[], limits: ServiceLimits): HealthCheck[] {
  const { model, version } = limits;
  const own = samples.filter(
    ({ labels }) => labels.get('model') === model && (version === '' || labels.get('version') === version),
  );
  return [errorCheck(own, limits), ...latencyChecks(own, limits)];
}

function errorCheck(samples: readonly Sample[], { minRequests }: ServiceLimits): HealthCheck {
  const requests = samples.filter(({ name }) => name === 'mlops_requests_total');
  const all = sum(requests);
  const failed = sum(requests.filter(({ labels }) => /^5\d\d$/.test(labels.get('code') ?? '')));
  const subject = { kind: 'errors', subject: 'requests that fail (5xx)' } as const;
  if (!(all >= minRequests)) {
    return {
      ...subject,
      state: 'unknown',
      breaches: 0,
      detail: `${formatCount(all)} requests since the service started: too few to say`,
    };
  }
  const bad = failed / all > MOST_FAILED;
  const detail = `${formatCount(failed)} of ${formatCount(all)} requests since the service started (${formatShare(failed / all, 2)})`;
  return { ...subject, state: bad ? 'alarm' : 'ok', breaches: bad ? 1 : 0, detail };
}

function latencyChecks(samples: readonly Sample[], { gates, minRequests }: ServiceLimits): HealthCheck[] {
  const counts = new Map<number, number>();
  for (const { name, labels, value } of samples) {
    const end = name === 'mlops_request_duration_seconds_bucket' ? numberOf(labels.get('le') ?? '') : Number.NaN;
    if (!Number.isNaN(end)) counts.set(end, (counts.get(end) ?? 0) + value);
  }
  const buckets = [...counts].map(([end, count]) => ({ end, count })).sort((a, b) => a.end - b.end);
  const all = buckets.at(-1)?.count ?? 0;
  const asked = gates.flatMap((text) => {
    const gate = readGate(text);
    if (!('kind' in gate)) return [];
    const share = { latency_p50_ms: 0.5, latency_p99_ms: 0.99 }[gate.metric];
    return gate.kind === 'value' && share !== undefined ? [{ text, share, most: gate.number }] : [];
  });
  return asked.map(({ text, share, most }): HealthCheck => {
    const subject = { kind: 'latency', subject: text } as const;
    if (!(all >= minRequests)) {
      return {
        ...subject,
        state: 'unknown',
        breaches: 0,
        detail: `${formatCount(all)} requests since the service started: too few to say`,
      };
    }
    // Each bucket counts the faster ones too: the first that holds the share ends at or above the quantile.
    const at = buckets.findIndex(({ count }) => count >= share * all);
    const [below, end] = [buckets[at - 1]?.end ?? 0, buckets[at]!.end];
    // The quantile lies within the bucket: it is beyond the limit for sure only when the whole bucket is.
    const bad = below * 1000 >= most;
    const detail = `${formatShare(share, 0)} of ${formatCount(all)} requests take at most ${Number.isFinite(end) ? formatCompact(end * 1000) : '∞'} ms`;
    return { ...subject, state: bad ? 'alarm' : 'ok', breaches: bad ? 1 : 0, detail };
  });
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}
