import fc from 'fast-check';
import { Counter, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { parseMetrics, sumOf } from '../../../shared/core/prometheus.js';

test('reads what a Prometheus client writes, whatever stands in the labels', async () => {
  const label = fc.string({ unit: 'binary' }).filter((text) => !/[\r\v\f\u2028\u2029]/.test(text));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(label, fc.integer({ min: 0, max: 1e9 })), { maxLength: 5 }), async (counts) => {
      const registers = [new Registry()];
      const counter = new Counter({ name: 'requests_total', help: 'Requests.', labelNames: ['model'], registers });
      const wanted = new Map<string, number>();
      for (const [model, count] of counts) {
        counter.inc({ model }, count);
        wanted.set(model, (wanted.get(model) ?? 0) + count);
      }
      const samples = parseMetrics(await registers[0]!.metrics());
      for (const [model, count] of wanted) expect(sumOf(samples, 'requests_total', { model })).toBe(count);
      expect(samples.filter(({ name }) => name === 'requests_total')).toHaveLength(wanted.size);
    }),
  );
});

test('reads histograms, infinities and time stamps, and leaves out what is no metric', async () => {
  const registers = [new Registry()];
  new Histogram({ name: 'took', help: 'Took.', buckets: [0.1, 1], registers }).observe(0.5);
  const text = `${await registers[0]!.metrics()}\nup 1 1700000000000\nbad{a="1\n{}\nalso bad 1 2 3\nnan NaN\n`;
  const samples = parseMetrics(text);
  expect(samples.filter(({ name }) => name === 'took_bucket')).toEqual([
    { name: 'took_bucket', labels: { le: '0.1' }, value: 0 },
    { name: 'took_bucket', labels: { le: '1' }, value: 1 },
    { name: 'took_bucket', labels: { le: '+Inf' }, value: 1 },
  ]);
  expect(samples.filter(({ name }) => !name.startsWith('took'))).toEqual([
    { name: 'up', labels: {}, value: 1 },
    { name: 'nan', labels: {}, value: Number.NaN },
  ]);
  expect(sumOf(samples, 'nothing', {})).toBe(0);
});
