import { isAbsolute } from 'node:path/posix';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.js';
import { COLUMN_TYPES } from '../data/table.js';
import type { Validation } from '../data/validation.js';
import type { Comparison } from '../evaluation/comparison.js';
import { outcomeOf } from '../evaluation/gates.js';

/** What a report can be made of. */
export type Result = Comparison | Validation;

/** A result file beyond this is refused before it is read as JSON. */
export const LARGEST_RESULT_BYTES = 2_000_000;

/** Results are flat: the deepest value of a real one is at depth 5. */
const DEEPEST = 12;

const finite = z.number();
const count = z.int().min(0);
const name = z.string().max(2000);
const sentence = z.string().max(20_000);
const list = <Item extends z.ZodType>(item: Item, most: number) => z.array(item).max(most).readonly();

const intervalSchema = z.strictObject({ low: finite, high: finite });

const outcomeSchema = z.enum(['pass', 'fail', 'inconclusive', 'skipped']);

const gateSchema = z.strictObject({
  text: name,
  line: z.int().min(1).exactOptional(),
  metric: name,
  outcome: outcomeSchema,
  required: name,
  value: finite.exactOptional(),
  interval: intervalSchema.exactOptional(),
  rowsToDecide: finite.min(0).exactOptional(),
  note: sentence.exactOptional(),
});

const verdictSchema = z.enum(['better', 'worse', 'equivalent', 'no evidence', 'identical', 'not comparable', 'first model']);

const metricShape = {
  name,
  better: z.enum(['higher', 'lower']),
  candidate: finite.nullable(),
  candidateInterval: intervalSchema.exactOptional(),
  champion: finite.nullable().exactOptional(),
  difference: finite.exactOptional(),
  interval: intervalSchema.exactOptional(),
  sign: z.enum(['better', 'worse', 'no evidence', 'identical']).exactOptional(),
  note: sentence.exactOptional(),
};

const sliceSchema = z.strictObject({ ...metricShape, slice: name, rows: count, adjustedP: finite.exactOptional() });

const modelShape = {
  digest: name,
  algorithm: name,
  params: z.record(name, z.union([z.string().max(2000), finite, z.boolean()])),
  features: list(name, 20_000),
  iterations: count,
  trainingSeconds: finite.min(0),
  trainingRows: count,
  dataRows: count,
  sizeBytes: count,
  latency: z
    .strictObject({
      p50Ms: finite,
      p99Ms: finite,
      batch: z.strictObject({ rows: count, p50Ms: finite, p99Ms: finite }).exactOptional(),
    })
    .exactOptional(),
  memoryBytes: finite.min(0).exactOptional(),
  importance: list(z.strictObject({ feature: name, importance: finite }), 20_000),
  recorded: z.record(name, finite).exactOptional(),
  commit: name.exactOptional(),
  runUrl: name.exactOptional(),
};

const probability = finite.min(0).max(1);

const chiSquare = z.strictObject({ statistic: finite.min(0), p: probability });

const shares = list(finite, 10_000);

const classCounts = z.strictObject({ decided: count, right: count });

const figureShape = { value: finite, rows: count, testSet: name };

const matrix = list(list(count, 12), 12);

const bins = list(z.strictObject({ rows: count, predicted: finite, observed: finite }), 100);

const groupRates = z.strictObject({
  selected: finite.nullable().exactOptional(),
  found: finite.nullable().exactOptional(),
  excess: finite.nullable(),
});

/** `comparison.json`, strictly: unknown keys, numbers that are not finite and texts beyond all measure are refused. */
export const comparisonSchema = z.strictObject({
  format: z.literal(1),
  kind: z.literal('comparison'),
  model: name,
  spec: name.exactOptional(),
  task: z.enum(['binary', 'multiclass', 'regression']),
  primary: name,
  verdict: verdictSchema,
  reason: sentence.exactOptional(),
  gates: list(gateSchema, 1000),
  gatesOutcome: outcomeSchema,
  blocked: z.boolean(),
  metrics: list(z.strictObject(metricShape), 5000),
  baseline: z.record(name, finite).exactOptional(),
  slices: list(sliceSchema, 5000),
  slicesLeftOut: count,
  minRows: count,
  confidence: finite.gt(0).lt(1),
  rows: z.strictObject({ test: count, used: count, seenByChampion: count, older: count.exactOptional(), unlabelled: count }),
  candidate: z.strictObject(modelShape),
  champion: z.strictObject({ ...modelShape, reference: name }).exactOptional(),
  changes: list(
    z.strictObject({
      kind: z.enum(['algorithm', 'param', 'feature', 'target', 'data', 'split', 'seed', 'signature', 'drift']),
      name,
      before: sentence.exactOptional(),
      after: sentence.exactOptional(),
    }),
    20_000,
  ),
  fairness: list(
    z.strictObject({
      column: name,
      groups: list(z.strictObject({ name, rows: count, candidate: groupRates, champion: groupRates.exactOptional() }), 1000),
    }),
    100,
  ).exactOptional(),
  classes: list(
    z.strictObject({ name, rows: count, candidate: classCounts, champion: classCounts.exactOptional() }),
    1000,
  ).exactOptional(),
  confusion: z.strictObject({ classes: list(name, 12), candidate: matrix, champion: matrix.exactOptional() }).exactOptional(),
  calibration: z.strictObject({ candidate: bins, champion: bins.exactOptional() }).exactOptional(),
  search: z
    .strictObject({
      searched: count,
      loss: z.enum(['squared error', 'absolute error']),
      found: list(
        z.strictObject({ parts: list(name, 2), rows: count, difference: finite, interval: intervalSchema, adjustedP: finite }),
        100,
      ),
    })
    .exactOptional(),
  retraining: z
    .strictObject({
      trainings: z.int().min(2).max(1000),
      metrics: list(z.strictObject({ name, spread: finite.min(0), low: finite, high: finite }), 5000),
    })
    .exactOptional(),
  disagreement: z
    .strictObject({
      ...{ rows: count, forTheBetter: count, forTheWorse: count },
      mcnemar: z.strictObject({ exactP: probability, corrected: chiSquare, uncorrected: chiSquare }).exactOptional(),
    })
    .exactOptional(),
  disagreeing: z
    .strictObject({
      answer: z.enum(['positive class', 'own class', 'value']),
      rows: list(
        z.strictObject({
          ...{ id: name.exactOptional(), label: name, candidate: finite, champion: finite },
          columns: list(
            z.strictObject({
              ...{ name, value: name.nullable(), candidate: finite.exactOptional(), champion: finite.exactOptional() },
            }),
            100,
          ),
        }),
        50,
      ),
      hidden: count,
    })
    .exactOptional(),
  curve: z
    .strictObject({
      kind: z.enum(['roc', 'confusion', 'residuals', 'coverage']),
      title: name,
      xLabel: name,
      yLabel: name,
      x: shares,
      candidate: shares,
      champion: shares.exactOptional(),
    })
    .exactOptional(),
  candidates: list(
    z.strictObject({
      ...{ name, digest: name, best: z.boolean(), metric: z.strictObject(metricShape), verdict: verdictSchema },
      ...{ gatesOutcome: outcomeSchema, blocked: z.boolean(), failed: list(name, 1000) },
    }),
    50,
  ).exactOptional(),
  history: z
    .strictObject({
      metric: name,
      better: z.enum(['higher', 'lower']),
      versions: list(z.strictObject({ version: name, at: name, ...figureShape }), 100),
      candidate: z.strictObject(figureShape),
      leftOut: list(z.strictObject({ version: name, reason: sentence }), 100),
      band: z.strictObject({ version: name, from: finite, to: finite }).exactOptional(),
    })
    .exactOptional(),
  leakage: finite.exactOptional(),
  looks: count.exactOptional(),
  commit: name.exactOptional(),
  createdAt: name,
  tool: name,
});

const failingSample = z.strictObject({
  row: count.exactOptional(),
  value: sentence,
  at: z.strictObject({ file: name, line: z.int().min(1) }).exactOptional(),
});

/** Sums of shares may end a rounding above 1. */
const share = finite.min(0).max(1 + 1e-9);
const sharesSchema = z.strictObject({ reference: share, current: share });

const driftSchema = z.strictObject({
  reference: z.strictObject({ kind: z.enum(['model', 'profile', 'data', 'previous']), shown: name, rows: count }),
  rows: count,
  minEffect: finite.min(0),
  alpha: share,
  columns: list(
    z.strictObject({
      ...{ name, from: name, isTarget: z.boolean(), drifted: z.boolean(), effect: finite.min(0) },
      measure: z.enum(['wasserstein', 'jensen-shannon']),
      adjustedP: share.exactOptional(),
      psi: finite,
      missing: sharesSchema,
      detail: sentence,
      groups: list(
        z.strictObject({
          kind: z.enum(['range', 'value', 'other', 'missing']),
          ...{ low: finite.exactOptional(), high: finite.exactOptional() },
          ...{ value: sentence.exactOptional(), reference: share, current: share },
        }),
        100,
      ),
      method: z
        .strictObject({
          name: z.enum(['ks', 'psi', 'wasserstein', 'js', 'chi2', 'z', 'anderson']),
          ...{ value: finite, threshold: finite.min(0) },
        })
        .exactOptional(),
      note: sentence.exactOptional(),
      unfit: z.literal(true).exactOptional(),
    }),
    20_000,
  ),
  schemaChanges: list(z.strictObject({ column: name, change: z.enum(['gone', 'new', 'type']), detail: sentence }), 20_000),
  notices: list(sentence, 100),
});

/** `validation.json`, as strictly. */
export const validationSchema = z.strictObject({
  format: z.literal(1),
  kind: z.literal('validation'),
  model: name,
  spec: name.exactOptional(),
  contract: name.exactOptional(),
  passed: z.boolean(),
  rows: count,
  schema: list(z.strictObject({ name, type: z.enum(COLUMN_TYPES) }), 20_000),
  rules: list(
    z.strictObject({
      column: name.exactOptional(),
      rule: name,
      required: sentence,
      found: sentence,
      severity: z.enum(['error', 'warning']),
      passed: z.boolean(),
      failing: count.exactOptional(),
      considered: count.exactOptional(),
      observed: z.union([finite, sentence]).exactOptional(),
      samples: list(failingSample, 1000).exactOptional(),
      line: z.int().min(1).exactOptional(),
    }),
    20_000,
  ),
  warnings: list(sentence, 1000),
  drift: driftSchema.exactOptional(),
  noReference: sentence.exactOptional(),
  seconds: finite.min(0),
  commit: name.exactOptional(),
  createdAt: name,
  tool: name,
});

const resultSchema = z.discriminatedUnion('kind', [comparisonSchema, validationSchema]);

const VERDICTS_OF_TWO: readonly Comparison['verdict'][] = ['better', 'worse', 'equivalent', 'no evidence', 'identical'];

function leadsOut(path: string | undefined): boolean {
  return path !== undefined && (isAbsolute(path) || /(^|[\\/])\.\.([\\/]|$)/.test(path));
}

/** Where a result of the right form contradicts itself, in words; such a file was not written by this project. */
function contradiction(result: Result): string | undefined {
  if (leadsOut(result.spec)) return 'spec leads out of the repository';
  if (result.kind === 'validation' && leadsOut(result.contract)) return 'contract leads out of the repository';
  if (result.kind === 'validation') {
    const failing = result.rules.some(({ passed, severity }) => !passed && severity === 'error');
    return result.passed === failing ? 'passed contradicts the rules' : undefined;
  }
  if (outcomeOf(result.gates) !== result.gatesOutcome) return 'gatesOutcome contradicts the gates';
  const { gatesOutcome, blocked, verdict, champion, metrics, primary, curve } = result;
  if (gatesOutcome === 'fail' ? !blocked : blocked && gatesOutcome !== 'inconclusive') return 'blocked contradicts the gates';
  if (VERDICTS_OF_TWO.includes(verdict) && !champion) return `verdict is ${verdict} without a champion`;
  if (!metrics.some(({ name: metric }) => metric === primary)) return 'the primary metric is not among the metrics';
  const named = result.candidates?.filter(({ best }) => best);
  if (named && (named.length !== 1 || named[0]!.digest !== result.candidate.digest)) return 'the best candidate is another one';
  const intervals = [
    ...metrics,
    ...result.slices,
    ...result.gates,
    ...(result.candidates ?? []).map(({ metric }) => metric),
  ].flatMap((item) => [
    ...('interval' in item && item.interval ? [item.interval] : []),
    ...('candidateInterval' in item && item.candidateInterval ? [item.candidateInterval] : []),
  ]);
  if (intervals.some(({ low, high }) => low > high)) return 'an interval ends before it begins';
  const { confusion } = result;
  const sizes = [confusion?.candidate, confusion?.champion].flatMap((rows) =>
    rows ? [rows, ...rows].map(({ length }) => length) : [],
  );
  if (sizes.some((size) => size !== confusion?.classes.length)) return 'the confusion matrix is not square';
  const lengths = curve && [curve.candidate, ...(curve.champion ? [curve.champion] : [])].map((values) => values.length);
  if (lengths?.some((length) => length !== curve?.x.length)) return 'the curve has ends without partners';
  return undefined;
}

/**
 * Reads a result file that anybody may have written. Nothing in it is evaluated; what does not have exactly the form
 * of a result is refused.
 * @throws UserError with one line that says what is wrong first
 */
export function parseResult(text: string): Result {
  const bytes = Buffer.byteLength(text);
  if (bytes > LARGEST_RESULT_BYTES) {
    throw new UserError(`the result has ${bytes} bytes; at most ${LARGEST_RESULT_BYTES} are read`);
  }
  if (depthOf(text) > DEEPEST)
    throw new UserError(`the result is nested deeper than ${DEEPEST} levels: it is no result of this project`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError(
      `the result is not JSON (${oneLine(messageOf(cause), 120)}); it must be the file that compare or validate wrote`,
      { cause },
    );
  }
  const parsed = resultSchema.safeParse(value);
  if (parsed.success) {
    const reason = contradiction(parsed.data);
    if (reason)
      throw new UserError(`the result contradicts itself: ${reason}; it must be the file that compare or validate wrote`);
    return parsed.data;
  }
  const issue = parsed.error.issues[0]!;
  const place = issue.path.length === 0 ? 'the result' : `the result's ${oneLine(issue.path.map(String).join('.'), 100)}`;
  const more = parsed.error.issues.length > 1 ? ` (and ${parsed.error.issues.length - 1} more)` : '';
  throw new UserError(
    `${place}: ${oneLine(issue.message, 200)}${more}; it must be the file that compare or validate wrote, of format 1`,
  );
}

/** The deepest nesting of brackets outside strings, without recursion. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth--;
  }
  return deepest;
}

function oneLine(value: string, longest: number): string {
  const line = value.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}
