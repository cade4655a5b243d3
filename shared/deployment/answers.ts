import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { Predictions } from '../data/predictions.js';
import type { GoldenRows } from './golden-rows.js';
import { errorText, type Sender } from './sender.js';

/** What `/predict` answers. */
export const predictResponseSchema = z.object({
  model: z.string(),
  version: z.string(),
  predictions: z.array(
    z.object({
      id: z.string().nullish(),
      label: z.union([z.string(), z.number(), z.boolean()]).nullish(),
      probabilities: z.record(z.string(), z.number()).nullish(),
      prediction: z.number().nullish(),
    }),
  ),
});

/** Answers to some rows, by one version. */
export interface Answers {
  readonly version: string;
  readonly rows: readonly { readonly label?: string; readonly scores: readonly number[] }[];
}

/** How answers differ from the model's own. */
export interface Comparison {
  readonly rows: number;
  /** Rows that differ by more than the tolerance. */
  readonly wrong: number;
  /** Largest difference of a score. */
  readonly worst: number;
  /** The first row that differs, in words. */
  readonly example?: string;
}

/** Two answers to one row are the same up to this much: what differs between processors is smaller, what a mistake makes is larger. */
export const TOLERANCE = 1e-5;

const BUSY_TRIES = 5;
const BUSY_WAIT_MS = 500;

/**
 * Asks for predictions by column name.
 * @param path `/models/flight-delay/predict`, or with `/versions/v1.2.0` in it
 * @param rows which of the golden rows, by their index
 */
export async function askPredictions(
  send: Sender,
  path: string,
  golden: GoldenRows,
  rows: readonly number[],
): Promise<Answers> {
  const ask = () =>
    send({
      ...{ method: 'POST', path, headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ rows: rows.map((row) => golden.rows[row]), ids: rows.map((row) => golden.ids[row]) }),
    });
  let answer = await ask();
  // A service that is busy with others says so, and nothing about the model.
  for (let tried = 1; answer.status === 429 && tried < BUSY_TRIES; tried++) {
    await setTimeout(tried * BUSY_WAIT_MS);
    answer = await ask();
  }
  if (answer.status !== 200) throw new UserError(`${path} answers ${errorText(answer)}`);
  const parsed = predictResponseSchema.safeParse(jsonOf(answer.text));
  if (!parsed.success)
    throw new UserError(`${path} answers with something that is no prediction (${answer.text.trim().slice(0, 80)})`);
  const { version, predictions } = parsed.data;
  if (predictions.length !== rows.length)
    throw new UserError(`${path} answers with ${predictions.length} predictions for ${rows.length} rows`);
  return {
    version,
    rows: predictions.map(({ label, probabilities, prediction }) => ({
      ...(label !== undefined && label !== null && { label: String(label) }),
      scores: scoresOf(golden.expected, probabilities, prediction),
    })),
  };
}

/** The scores in the order of the expected ones; NaN where the answer has none. */
function scoresOf(
  expected: Predictions,
  probabilities: Readonly<Record<string, number>> | null | undefined,
  prediction: number | null | undefined,
): readonly number[] {
  if (expected.task === 'regression') return [prediction ?? Number.NaN];
  return expected.classes.map((name) =>
    probabilities && Object.hasOwn(probabilities, name) ? probabilities[name]! : Number.NaN,
  );
}

/** Holds answers against what the model itself says of these rows. */
export function compareAnswers(golden: GoldenRows, answers: Answers, rows: readonly number[]): Comparison {
  const { expected } = golden;
  const width = expected.task === 'regression' ? 1 : expected.classes.length;
  let wrong = 0;
  let worst = 0;
  let example: string | undefined;
  for (const [at, row] of rows.entries()) {
    const { scores, label } = answers.rows[at]!;
    let difference = 0;
    for (let score = 0; score < width; score++) {
      const own = expected.scores[row * width + score]!;
      const found = scores[score]!;
      // A regression's values may be large, and a float holds seven digits of them.
      const distance = Math.abs(found - own) / (expected.task === 'regression' ? Math.max(1, Math.abs(own)) : 1);
      difference = Math.max(difference, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance);
    }
    worst = Math.max(worst, difference);
    const wanted = golden.labels?.[row];
    const isOtherLabel = wanted !== undefined && label !== undefined && label !== wanted;
    if (difference <= TOLERANCE && !isOtherLabel) continue;
    wrong++;
    const own = [...expected.scores.subarray(row * width, row * width + width)];
    example ??=
      difference > TOLERANCE
        ? `row ${golden.ids[row]}: ${shown(scores)}, the model itself says ${shown(own)}`
        : `row ${golden.ids[row]}: label ${JSON.stringify(label)}, the model itself says ${JSON.stringify(wanted)}`;
  }
  return { rows: rows.length, wrong, worst, ...(example !== undefined && { example }) };
}

/** `64 rows as the model itself answers them (largest difference 3.1e-8)`, or what differs. */
export function comparisonText({ rows, wrong, worst, example }: Comparison): string {
  if (wrong > 0) return `${wrong} of ${rows} rows differ by more than ${TOLERANCE}; ${example}`;
  return `${rows} ${rows === 1 ? 'row' : 'rows'} as the model itself answers (largest difference ${worst === 0 ? '0' : worst.toExponential(1)})`;
}

function shown(scores: readonly number[]): string {
  const texts = scores.slice(0, 4).map((score) => (Number.isNaN(score) ? 'nothing' : String(Number(score.toPrecision(6)))));
  return `[${texts.join(', ')}${scores.length > 4 ? ', …' : ''}]`;
}

/** The parsed text; undefined when it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
