import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { Counter, Histogram, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { fetchMetrics, parseMetrics, serviceChecks } from '../../../shared/monitoring/service-metrics.js';
import { complaint } from '../github/scene.js';

async function serving<T>(listener: RequestListener, work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('a page of metrics', () => {
  test('is read as prom-client writes it', async () => {
    const registry = new Registry();
    const counter = new Counter({
      name: 'mlops_requests_total',
      help: 'x',
      labelNames: ['model', 'code'],
      registers: [registry],
    });
    counter.inc({ model: 'a "quoted"\\ name\nin two lines, {with=braces}', code: '200' }, 7);
    const histogram = new Histogram({ name: 'seconds', help: 'x', buckets: [0.001, 0.01], registers: [registry] });
    histogram.observe(0.005);
    const samples = parseMetrics(await registry.metrics());
    expect(samples.find(({ name }) => name === 'mlops_requests_total')).toEqual({
      name: 'mlops_requests_total',
      labels: new Map([
        ['model', 'a "quoted"\\ name\nin two lines, {with=braces}'],
        ['code', '200'],
      ]),
      value: 7,
    });
    expect(
      samples.filter(({ name }) => name === 'seconds_bucket').map(({ labels, value }) => [labels.get('le'), value]),
    ).toEqual([
      ...[
        ['0.001', 0],
        ['0.01', 1],
        ['+Inf', 1],
      ],
    ]);
  });

  test('of any other text is empty, and never an error', () => {
    expect(parseMetrics('<html>\n{}\nname{x=y} 3\nname{a="b"} three\nname 3 4 5\n# comment\n')).toEqual([]);
    expect(parseMetrics('up 1 1395066363000\nup_too -0.5e3')).toMatchObject([{ value: 1 }, { value: -500 }]);
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => Array.isArray(parseMetrics(text))));
  });

  test('is read within limits of size and time, and only from the web', async () => {
    const big: RequestListener = (_request, response) => response.end('x'.repeat(5000));
    expect(await complaint(serving(big, (url) => fetchMetrics(url, { bytes: 4000 })))).toMatch(
      /cannot be read: there are more than 4000 bytes\.$/,
    );
    const slow: RequestListener = (_request, response) => {
      response.write('a 1\n');
    };
    expect(await complaint(serving(slow, (url) => fetchMetrics(url, { ms: 100 })))).toMatch(/no whole answer within 0\.1 s\.$/);
    const away: RequestListener = (_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    expect(await complaint(serving(away, (url) => fetchMetrics(url)))).toMatch(/cannot be read: /);
    const broken: RequestListener = (_request, response) => response.writeHead(503).end();
    expect(await complaint(serving(broken, (url) => fetchMetrics(url)))).toMatch(/the service answered 503\.$/);
    for (const address of ['file:///etc/passwd', 'metrics', 'ftp://x/y', 'javascript:1']) {
      expect(await complaint(fetchMetrics(address))).toMatch(/an address begins with http:\/\/ or https:\/\//);
    }
    expect(
      await serving(
        (_request, response) => response.end('a 1\n'),
        (url) => fetchMetrics(url),
      ),
    ).toBe('a 1\n');
  });
});

describe('the checks', () => {
  const limits = {
    model: 'm',
    version: 'v1',
    gates: ['latency_p50_ms <= 2', 'latency_p99_ms <= 10', 'auc >= 0.5'],
    minRequests: 100,
  };
  const page = (lines: readonly string[]) => parseMetrics(lines.join('\n'));
  const labels = 'model="m",version="v1"';

  test('count errors of the server alone, of this version alone', () => {
    const samples = page([
      `mlops_requests_total{${labels},code="200"} 900`,
      `mlops_requests_total{${labels},code="400"} 90`,
      `mlops_requests_total{${labels},code="500"} 20`,
      'mlops_requests_total{model="m",version="v2",code="500"} 900',
    ]);
    expect(serviceChecks(samples, limits)[0]).toMatchObject({
      kind: 'errors',
      state: 'alarm',
      detail: '20 of 1,010 requests since the service started (1.98 %)',
    });
    expect(serviceChecks(samples, { ...limits, minRequests: 5000 })[0]?.state).toBe('unknown');
  });

  test('take a quantile as too slow only when its whole bucket is', () => {
    const buckets = (...counts: number[]) =>
      page(
        ['0.001', '0.005', '0.02', '+Inf'].map(
          (le, index) => `mlops_request_duration_seconds_bucket{${labels},le="${le}"} ${counts[index]}`,
        ),
      );
    const states = (...counts: number[]) =>
      serviceChecks(buckets(...counts), limits)
        .slice(1)
        .map(({ subject, state }) => [subject, state]);
    expect(states(900, 995, 1000, 1000)).toEqual([
      ['latency_p50_ms <= 2', 'ok'],
      ['latency_p99_ms <= 10', 'ok'],
    ]);
    // Between 5 and 20 ms: it may be below 10.
    expect(states(900, 980, 1000, 1000)).toEqual([
      ['latency_p50_ms <= 2', 'ok'],
      ['latency_p99_ms <= 10', 'ok'],
    ]);
    expect(states(100, 400, 950, 1000)).toEqual([
      ['latency_p50_ms <= 2', 'alarm'],
      ['latency_p99_ms <= 10', 'alarm'],
    ]);
  });

  test('know nothing from an empty or a hostile page', () => {
    expect(serviceChecks([], limits).map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown']);
    const hostile = page([
      `mlops_request_duration_seconds_bucket{${labels},le="x"} 5`,
      `mlops_request_duration_seconds_bucket{${labels},le="0.1"} NaN`,
      `mlops_request_duration_seconds_bucket{${labels},le="+Inf"} -5`,
      `mlops_requests_total{${labels},code="200"} -1e308`,
    ]);
    expect(serviceChecks(hostile, limits).map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown']);
  });
});
