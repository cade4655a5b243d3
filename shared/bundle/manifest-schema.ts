import { z } from 'zod';
import { COLUMN_TYPES } from '../data/table.js';
import { DATE_PARTS, taskSchema } from '../spec/schema.js';

/**
 * The shape of `manifest.json`, for bundles that come from elsewhere. It says no more than the type `Manifest`; a test
 * holds the two against each other.
 */

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const count = z.int().min(0);
const share = z.number().min(0).max(1);
const tensor = z.enum(['string', 'int64', 'float32', 'float64', 'int32', 'bool']);
/** A file of the bundle's own directory: no folder, no way out of it. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
const shares = z.strictObject({ validation: share, calibration: share, test: share });
const cut = z.strictObject({ test: share, validation: share, calibration: share });
/** By class, and a class may be called anything: zod's record leaves out "__proto__". */
const cutsByClass = z.custom<Readonly<Record<string, z.output<typeof cut>>>>(
  (value) =>
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    Object.values(value).every((entry) => cut.safeParse(entry).success),
  'must be cuts by class',
);
const instant = z.string().regex(/^-?\d{1,20}$/);

const window = z.strictObject({ column: z.string(), after: instant }).exactOptional();

const split = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('hash'),
    columns: z.array(z.string()).min(1),
    shares,
    cuts: cutsByClass,
    window,
  }),
  z.strictObject({
    by: z.literal('time'),
    column: z.string(),
    shares,
    boundaries: z.strictObject({ validation: instant, calibration: instant, test: instant }),
    window,
  }),
  z.strictObject({ by: z.literal('group'), column: z.string(), shares, cut, window }),
]);

const texts = z.array(z.string());
const encoded = { levels: texts, values: z.array(z.number()), other: z.number() };
const ofOne = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.strictObject({ name: z.string(), kind: z.literal(kind), from: z.string(), ...shape });
const ofMany = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.strictObject({ name: z.string(), kind: z.literal(kind), from: texts, ...shape });

const feature = z.discriminatedUnion('kind', [
  ofOne('numeric', {}),
  ofOne('date_part', { part: z.enum(DATE_PARTS) }),
  ofOne('categorical', { levels: texts }),
  ofOne('cyclic', { part: z.enum(['month', 'day', 'weekday', 'hour', 'minute']), wave: z.enum(['sin', 'cos']) }),
  ofOne('days_since', { origin: instant }),
  ofMany('days_between', {}),
  ofOne('log', {}),
  ofOne('clip', { min: z.number().exactOptional(), max: z.number().exactOptional() }),
  ofOne('bins', { edges: z.array(z.number()), widths: count.exactOptional(), quantiles: count.exactOptional() }),
  ofMany('ratio', {}),
  ofMany('difference', {}),
  ofMany('product', {}),
  ofMany('crossed', { levels: z.array(texts) }),
  ofOne('length', {}),
  ofOne('hashed_tokens', { buckets: count, bucket: count }),
  ofOne('tfidf', { word: z.string(), spellings: texts, weight: z.number() }),
  ofOne('target_encoding', { ...encoded, ofClass: z.string().exactOptional() }),
  ofOne('frequency_encoding', encoded),
  ofOne('missing', {}),
  ofOne('one_hot', { level: z.string() }),
]);

const dropped = z.strictObject({
  feature: z.string(),
  reason: z.enum(['constant', 'duplicate', 'correlated', 'importance', 'chance', 'count']),
  of: z.string().exactOptional(),
  value: z.number().exactOptional(),
});

const selection = z.strictObject({
  method: z.enum(['gain', 'permutation', 'null_importance']),
  offered: count,
  dropped: z.array(dropped),
  spared: dropped.exactOptional(),
  kept: z.array(z.strictObject({ feature: z.string(), value: z.number() })).exactOptional(),
  validation: z.strictObject({ metric: z.enum(['log_loss', 'rmse']), all: z.number(), kept: z.number() }).exactOptional(),
});

export const manifestSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/),
  task: taskSchema,
  digest,
  signature: z.strictObject({
    inputs: z.array(z.strictObject({ name: z.string(), column: z.enum(COLUMN_TYPES), tensor })),
    outputs: z.array(z.strictObject({ name: z.string(), tensor, shape: z.array(z.union([z.number(), z.literal('N')])) })),
  }),
  classes: z.array(z.string()),
  target: z.strictObject({ column: z.string(), sql: z.string().exactOptional(), positive: z.string().exactOptional() }),
  algorithm: z.string(),
  command: z.string().exactOptional(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  features: z.strictObject({ features: z.array(feature) }),
  seed: count,
  threshold: z.number().exactOptional(),
  data: z.strictObject({
    digest,
    rows: count,
    schema: z.array(z.strictObject({ name: z.string(), type: z.enum(COLUMN_TYPES) })),
    where: z.string().exactOptional(),
    newest: z.strictObject({ column: z.string(), at: instant }).exactOptional(),
  }),
  split,
  training: z.strictObject({
    rows: z.strictObject({ train: count, validation: count, calibration: count, test: count }),
    seconds: z.number().min(0),
    iterations: count,
    leakage: share.exactOptional(),
    selection: selection.exactOptional(),
    crossValidation: z
      .strictObject({
        folds: count,
        rows: count,
        metrics: z.array(
          z.strictObject({
            name: z.string(),
            mean: z.number().nullable(),
            sd: z.number().nullable(),
            values: z.array(z.number().nullable()),
          }),
        ),
      })
      .exactOptional(),
    calibration: z.strictObject({ method: z.string(), rows: count, source: z.string() }).exactOptional(),
    threshold: z.strictObject({ metric: z.string(), reached: z.number(), rows: count, source: z.string() }).exactOptional(),
    finishedAt: z.iso.datetime(),
  }),
  context: z.strictObject({ time: z.string().exactOptional(), key: z.array(z.string()) }).exactOptional(),
  fingerprint: z
    .strictObject({ digest, parts: z.record(z.string(), z.string()), kept: z.string().exactOptional() })
    .exactOptional(),
  commit: z.string().exactOptional(),
  run: z.strictObject({ id: count, attempt: count, url: z.url({ protocol: /^https?$/ }) }).exactOptional(),
  tool: z.strictObject({ name: z.literal('mlops-actions'), version: z.string() }),
  files: z.record(fileName, z.strictObject({ sha256: digest, bytes: count })),
});
