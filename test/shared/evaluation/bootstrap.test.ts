import { describe, expect, test } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import { type BootstrapResult, pairedBootstrap } from '../../../shared/evaluation/bootstrap.js';
import { prepareMetrics } from '../../../shared/evaluation/metrics.js';
import { pairSamples } from '../../../shared/evaluation/pair.js';
import { resamplerOf } from '../../../shared/evaluation/resampling.js';
import { reorderSample } from '../../../shared/evaluation/sample.js';
import { type MetricName, metricsOfTask } from '../../../shared/spec/metrics.js';
import { binaryDuel, binaryPredictions, type Duel, permuteDuel, regressionDuel, shuffled } from './sample-data.js';

const METRICS: MetricName[] = ['auc', 'pr_auc', 'log_loss', 'brier', 'accuracy', 'f1'];

function run(
  duel: Duel,
  options: { metrics?: MetricName[]; seed?: number; resamples?: number; blocks?: Int32Array } = {},
): BootstrapResult {
  const pair = pairSamples({ ...duel, blocks: options.blocks });
  return pairedBootstrap(pair, {
    metrics: options.metrics ?? METRICS,
    resamples: options.resamples ?? 300,
    confidence: 0.95,
    seed: options.seed ?? 42,
  });
}

/** The same order of all values, above 0, where the Poisson deviance is defined. */
function positive(duel: Duel): Duel {
  const above = (values: Float64Array): Float64Array => values.map((value) => Math.exp(value / 10));
  if (duel.labels.task !== 'regression') return duel;
  const { labels, candidate, champion } = duel;
  return {
    labels: { ...labels, values: above(labels.values) },
    candidate: { ...candidate, scores: above(candidate.scores) },
    champion: { ...champion, scores: above(champion.scores) },
  };
}

describe('resamples', () => {
  const duel = binaryDuel(200, 3, { candidate: 0.5, champion: 0.5 });

  test('every metric of a resample is that of the copied rows', () => {
    for (const { models, metrics } of [
      { models: duel, metrics: metricsOfTask('binary') },
      { models: positive(regressionDuel(150, 3, { candidate: 1, champion: 1 })), metrics: metricsOfTask('regression') },
    ]) {
      const pair = pairSamples(models);
      const weights = new Uint8Array(pair.rows);
      const resampler = resamplerOf(pair);
      const random = new Random(5);
      const prepared = prepareMetrics(metrics, pair.candidate);
      const found = new Float64Array(metrics.length);
      const expected = new Float64Array(metrics.length);
      for (let resample = 0; resample < 20; resample++) {
        resampler.draw(random, weights);
        prepared.evaluate(weights, found);
        const rows = Uint32Array.from([...weights].flatMap((weight, row) => new Array<number>(weight).fill(row)));
        expect(rows.length).toBe(pair.rows);
        prepareMetrics(metrics, reorderSample(pair.candidate, rows)).evaluate(new Float64Array(rows.length).fill(1), expected);
        for (const [index, name] of metrics.entries()) expect(found[index], name).toBeCloseTo(expected[index]!, 11);
      }
    }
  });

  test('leave the classes to chance, as the test set did', () => {
    const pair = pairSamples(duel);
    const { labels } = pair.candidate;
    const weights = new Uint8Array(pair.rows);
    const random = new Random(9);
    const positives = Array.from({ length: 40 }, () => {
      resamplerOf(pair).draw(random, weights);
      return (labels as Int32Array).reduce((sum, label, row) => sum + label * weights[row]!, 0);
    });
    expect(new Set(positives).size).toBeGreaterThan(10);
  });

  test.each([400, 60_000])('intervals of a mean are as wide as its standard error says, on %i rows', (rows) => {
    const sample = binaryDuel(rows, 8, { candidate: 0.5, champion: 0.7 });
    const loss = ({ scores }: { scores: Float64Array }): number[] =>
      Array.from({ length: rows }, (_, row) => -Math.log(scores[row * 2 + sample.labels.values[row]!]!));
    const [own, other] = [loss(sample.candidate), loss(sample.champion)];
    const { metrics } = run(sample, { metrics: ['log_loss'], resamples: 2000 });
    const widthOf = (values: readonly number[]): number => {
      const mean = values.reduce((sum, value) => sum + value, 0) / rows;
      return (2 * 1.96 * Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0))) / rows;
    };
    const width = (interval: { low: number; high: number }): number => interval.high - interval.low;
    const ratios = [
      width(metrics[0]!.candidateInterval!) / widthOf(own),
      width(metrics[0]!.interval!) / widthOf(own.map((value, row) => value - other[row]!)),
    ];
    // On few rows a little wider, since some of them weigh more than others.
    for (const ratio of ratios) {
      expect(ratio).toBeGreaterThan(0.95);
      expect(ratio).toBeLessThan(rows === 400 ? 1.1 : 1.05);
    }
  });

  test('draw whole blocks', () => {
    const blocks = Int32Array.from({ length: 200 }, (_, row) => 7 * Math.floor(row / 10) - 3);
    const pair = pairSamples({ ...duel, blocks });
    expect(pair.blocks?.count).toBe(20);
    const resampler = resamplerOf(pair);
    expect(resampler.units).toBe(20);
    const weights = new Uint8Array(20);
    resampler.draw(new Random(1), weights);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(20);
    expect(weights.some((weight) => weight > 1)).toBe(true);
  });

  test('rows that each are a block of their own are independent rows', () => {
    const alone = pairSamples({ ...duel, blocks: Int32Array.from({ length: 200 }, (_, row) => 3 * row) });
    expect(alone).toEqual(pairSamples(duel));
  });

  test('of blocks: every metric is that of the copied blocks, few blocks or many', () => {
    const classes = ['a', 'b', 'c'];
    const random = new Random(12);
    const several: Duel = {
      labels: { task: 'multiclass', classes, values: Int32Array.from({ length: 240 }, () => random.integer(3)) },
      candidate: threeScores(240, random),
      champion: threeScores(240, random),
    };
    for (const [models, metrics] of [
      [duel, metricsOfTask('binary')],
      [several, metricsOfTask('multiclass')],
      [positive(regressionDuel(150, 3, { candidate: 1, champion: 1 })), metricsOfTask('regression')],
    ] as const) {
      // 12 blocks are few enough for a table of their pairs, 60 are not.
      for (const count of [12, 60]) {
        const blocks = Int32Array.from({ length: models.candidate.rows }, () => random.integer(count));
        const pair = pairSamples({ ...models, blocks });
        const { of, count: units } = pair.blocks!;
        const weights = new Uint8Array(units);
        const prepared = prepareMetrics(metrics, pair.candidate, undefined, pair.blocks);
        const plain = prepareMetrics(metrics, pair.candidate);
        const found = new Float64Array(metrics.length);
        const expected = new Float64Array(metrics.length);
        for (let resample = 0; resample < 10; resample++) {
          resamplerOf(pair).draw(random, weights);
          prepared.evaluate(weights, found);
          plain.evaluate(
            Uint8Array.from(of, (block) => weights[block]!),
            expected,
          );
          for (const [index, name] of metrics.entries()) expect(found[index], name).toBeCloseTo(expected[index]!, 11);
        }
      }
    }
  });
});

describe('intervals', () => {
  test('are the same for the same seed and others for another', () => {
    const duel = binaryDuel(300, 1, { candidate: 0.4, champion: 0.6 });
    expect(run(duel)).toEqual(run(duel));
    expect(run(duel, { seed: 43 }).metrics[0]!.interval).not.toEqual(run(duel).metrics[0]!.interval);
  });

  test('do not depend on the order of the rows, nor on how blocks are numbered', () => {
    const duel = binaryDuel(300, 1, { candidate: 0.4, champion: 0.6 });
    const order = shuffled(300, 9);
    expect(run(permuteDuel(duel, order))).toEqual(run(duel));
    const values = regressionDuel(300, 1, { candidate: 1, champion: 1.2 });
    const metrics: MetricName[] = ['rmse', 'median_ae', 'r2'];
    const blocks = Int32Array.from({ length: 300 }, (_, row) => row % 30);
    const renumbered = Int32Array.from(order, (row) => 1000 - 17 * blocks[row]!);
    expect(run(permuteDuel(values, order), { metrics, blocks: renumbered })).toEqual(run(values, { metrics, blocks }));
  });

  test('with scores that are mostly tied as well', () => {
    const random = new Random(4);
    const tied = (): ReturnType<typeof binaryPredictions> =>
      binaryPredictions(Float64Array.from({ length: 120 }, () => random.integer(4) / 4));
    const duel: Duel = {
      labels: { task: 'binary', classes: ['no', 'yes'], values: Int32Array.from({ length: 120 }, () => random.integer(2)) },
      candidate: tied(),
      champion: tied(),
    };
    expect(run(permuteDuel(duel, shuffled(120, 2)))).toEqual(run(duel));
  });

  test('mirror when the models change places', () => {
    const duel = binaryDuel(300, 2, { candidate: 0.3, champion: 0.9 });
    const there = run(duel);
    const back = run({ ...duel, candidate: duel.champion, champion: duel.candidate });
    for (const [index, metric] of there.metrics.entries()) {
      const other = back.metrics[index]!;
      expect(metric.difference).toBe(-other.difference!);
      expect(metric.candidate).toBe(other.champion);
      expect(metric.interval!.low).toBeCloseTo(-other.interval!.high, 14);
      expect(metric.interval!.high).toBeCloseTo(-other.interval!.low, 14);
      expect(metric.standardError).toBeCloseTo(other.standardError!, 14);
    }
  });

  test('have the width that theory gives', () => {
    const duel = regressionDuel(2000, 6, { candidate: 0.5, champion: 0.5 });
    const { metrics } = run(duel, { metrics: ['mae'], resamples: 2000 });
    const { labels, candidate, champion } = duel;
    const differences = Array.from({ length: 2000 }, (_, row) => {
      const label = labels.values[row]!;
      return Math.abs(label - candidate.scores[row]!) - Math.abs(label - champion.scores[row]!);
    });
    const mean = differences.reduce((sum, value) => sum + value, 0) / 2000;
    const deviation = Math.sqrt(differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2000);
    const mae = metrics[0]!;
    expect(mae.standardError! / (deviation / Math.sqrt(2000))).toBeGreaterThan(0.93);
    expect(mae.standardError! / (deviation / Math.sqrt(2000))).toBeLessThan(1.07);
    expect((mae.interval!.high - mae.interval!.low) / (2 * 1.96 * mae.standardError!)).toBeCloseTo(1, 1);
  });

  test('AUC: the standard error agrees with DeLong’s', () => {
    const duel = binaryDuel(400, 8, { candidate: 0.5, champion: 0.8 });
    const { metrics } = run(duel, { metrics: ['auc'], resamples: 2000 });
    expect(metrics[0]!.standardError! / deLongError(duel)).toBeGreaterThan(0.92);
    expect(metrics[0]!.standardError! / deLongError(duel)).toBeLessThan(1.08);
  });

  test('blocks that are copies of one another widen the interval by the root of their number', () => {
    const small = regressionDuel(100, 5, { candidate: 1, champion: 1 });
    const copies = Array.from({ length: 900 }, (_, at) => at % 100);
    const widened = permuteDuel(small, copies);
    const options = { metrics: ['mae'] as MetricName[], resamples: 1000 };
    const naive = run(widened, options).metrics[0]!.standardError!;
    const honest = run(widened, { ...options, blocks: Int32Array.from(copies) }).metrics[0]!.standardError!;
    expect(honest / naive).toBeGreaterThan(2.7);
    expect(honest / naive).toBeLessThan(3.3);
  });
});

describe('no interval', () => {
  const note = (duel: Duel, metric: MetricName, blocks?: Int32Array): string | undefined => {
    const found = run(duel, { metrics: [metric], ...(blocks && { blocks }) }).metrics[0]!;
    if (found.note !== undefined) expect(found.interval ?? found.candidateInterval).toBeUndefined();
    return found.note;
  };
  const duel = binaryDuel(200, 3, { candidate: 0.5, champion: 0.5 });

  test('for the calibration error', () => {
    expect(note(duel, 'ece')).toContain('no valid interval');
    const { low, high } = run(duel, { metrics: ['ece', 'brier'] }).metrics[1]!.interval!;
    expect(low).toBeLessThan(high);
  });

  test('from too few rows, rows of a class, or blocks', () => {
    expect(note(binaryDuel(29, 3, { candidate: 1, champion: 1 }), 'brier')).toContain('29 rows are too few');
    expect(
      note(
        duel,
        'brier',
        Int32Array.from({ length: 200 }, (_, row) => row % 9),
      ),
    ).toContain('9 blocks are too few');
    const rare: Duel = {
      ...duel,
      labels: {
        task: 'binary',
        classes: ['no', 'yes'],
        values: Int32Array.from({ length: 200 }, (_, row) => (row < 4 ? 1 : 0)),
      },
    };
    expect(note(rare, 'auc')).toContain('4 rows only');
    expect(note(rare, 'log_loss')).toBeUndefined();
  });

  test('of a percentage error that hangs on a few labels near 0', () => {
    const values = regressionDuel(400, 3, { candidate: 1, champion: 1 });
    const labelled = (rows: number, label: (row: number) => number): Duel => {
      const labels = Float64Array.from({ length: rows }, (_, row) => label(row));
      const predictions = (by: number): Duel['candidate'] => ({
        ...{ task: 'regression', rows, scores: labels.map((value, row) => value + by + (row % 7) / 10) },
      });
      return { ...values, labels: { task: 'regression', values: labels }, candidate: predictions(1), champion: predictions(2) };
    };
    const of = (rows: number, zeros: number) =>
      note(
        labelled(rows, (row) => (row < zeros ? 0 : 10 + (row % 9))),
        'mape',
      );
    expect(of(999, 20)).toMatch(/999 rows may lack the labels near 0/);
    expect(of(1000, 0)).toBeUndefined();
    expect(of(1000, 4)).toMatch(/hangs on 3 rows with a label near 0/);
    expect(of(1000, 40)).toBeUndefined();
  });

  test('from one class, and the value of auc is undefined', () => {
    const single: Duel = { ...duel, labels: { task: 'binary', classes: ['no', 'yes'], values: new Int32Array(200) } };
    expect(note(single, 'auc')).toContain('one class');
    expect(run(single).metrics[0]!.candidate).toBeNaN();
  });

  test('when the metric is undefined in many resamples of blocks', () => {
    const values = Int32Array.from({ length: 200 }, (_, row) => (row < 20 ? 1 : 0));
    const blocks = Int32Array.from({ length: 200 }, (_, row) => Math.floor(row / 20));
    const clustered: Duel = { ...duel, labels: { task: 'binary', classes: ['no', 'yes'], values } };
    // The one block with positives is missing from about (1 − 1/10)^10 = 35 % of the resamples.
    expect(note(clustered, 'auc', blocks)).toContain('undefined in more than 5 %');
    expect(note(clustered, 'brier', blocks)).toBeUndefined();
  });

  test('from a score that is no number', () => {
    const scores = Float64Array.from(duel.champion.scores);
    scores[7] = Number.NaN;
    expect(note({ ...duel, champion: { ...duel.champion, scores } }, 'auc')).toBe(
      'the champion gives no number for 1 of 200 rows',
    );
  });
});

/** Coarse scores, so that many are tied. */
function threeScores(rows: number, random: Random): Duel['candidate'] {
  const scores = new Float64Array(rows * 3);
  for (let row = 0; row < rows; row++) {
    const parts = [1 + random.integer(5), 1 + random.integer(5), 1 + random.integer(5)];
    const total = parts.reduce((sum, part) => sum + part, 0);
    for (const [column, part] of parts.entries()) scores[row * 3 + column] = part / total;
  }
  return { task: 'multiclass', classes: ['a', 'b', 'c'], rows, scores };
}

/** DeLong, DeLong and Clarke-Pearson 1988, from the definition: placements of every row. */
function deLongError(duel: Duel): number {
  const { values } = duel.labels;
  const of = (label: number): number[] => [...values.keys()].filter((row) => values[row] === label);
  const [negatives, positives] = [of(0), of(1)];
  const wins = (a: number, b: number): number => (a > b ? 1 : a === b ? 0.5 : 0);
  const placements = (scores: Float64Array): { positive: number[]; negative: number[] } => {
    const score = (row: number): number => scores[row * 2 + 1]!;
    const mean = (list: number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
    return {
      positive: positives.map((row) => mean(negatives.map((other) => wins(score(row), score(other))))),
      negative: negatives.map((row) => mean(positives.map((other) => wins(score(other), score(row))))),
    };
  };
  const [candidate, champion] = [placements(duel.candidate.scores), placements(duel.champion.scores)];
  const variance = (a: number[], b: number[]): number => {
    const differences = a.map((value, index) => value - b[index]!);
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    return differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (differences.length - 1) / differences.length;
  };
  return Math.sqrt(variance(candidate.positive, champion.positive) + variance(candidate.negative, champion.negative));
}

describe('the average precision of many rows', () => {
  test('is linear in the blocks, and so close to the walk over rows that intervals agree', () => {
    const rows = 50_000;
    const duel = binaryDuel(rows, 4, { candidate: 0.5, champion: 0.9 });
    const random = new Random(6);
    const blocks = Int32Array.from({ length: rows }, () => random.integer(60));
    const pair = pairSamples({ ...duel, blocks });
    const prepared = prepareMetrics(['pr_auc'], pair.candidate, undefined, pair.blocks);
    const walked = prepareMetrics(['pr_auc'], pair.candidate);
    const out = new Float64Array(1);
    const at = (statistic: typeof walked, weights: Uint8Array): number => {
      statistic.evaluate(weights, out);
      return out[0]!;
    };
    const value = at(walked, new Uint8Array(rows).fill(1));
    expect(at(prepared, new Uint8Array(60).fill(1))).toBeCloseTo(value, 12);
    expect(prepared.visits).toBe(120);
    const weights = new Uint8Array(60);
    let [own, gap] = [0, 0];
    for (let draw = 0; draw < 40; draw++) {
      resamplerOf(pair).draw(random, weights);
      const exact = at(
        walked,
        Uint8Array.from(pair.blocks!.of, (block) => weights[block]!),
      );
      own += (exact - value) ** 2;
      gap += (exact - at(prepared, weights)) ** 2;
    }
    expect(Math.sqrt(gap / own)).toBeLessThan(0.1);
  });
});
