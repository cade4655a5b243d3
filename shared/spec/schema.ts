import { z } from 'zod';

/**
 * The schema of `mlops.yaml`: every key of every action, with what it means. The JSON Schema for editors,
 * the loader's error messages and the types of the whole project come from here.
 */

const share = z.number().min(0).max(1);
const partShare = z.number().min(0).max(0.9);
const positiveInteger = z.int().min(1);
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d|w)$/)
  .describe('A duration: a number and a unit (s, m, h, d, w), such as 7d');
const severity = z.enum(['error', 'warning']);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const sqlText = z.string().min(1);
const columnName = z.string().min(1);
const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1)]);
const range = (value: z.ZodType<number>) => z.strictObject({ min: value.optional(), max: value.optional() });

export const taskSchema = z.enum(['binary', 'multiclass', 'regression']);

export const DATE_PARTS = ['year', 'quarter', 'month', 'day', 'weekday', 'hour', 'minute', 'is_weekend'] as const;
const datePart = z.enum(DATE_PARTS);

const dataSchema = z.strictObject({
  path: oneOrMore(z.string().min(1)).describe('File, glob or list: csv tsv parquet json ndjson, .gz .zst; local or https://'),
  where: sqlText.optional().describe('SQL condition: only rows that fulfil it are used'),
  time: columnName.optional().describe('The column with the time of the event'),
  key: oneOrMore(columnName).optional().describe('Column or columns that identify a row'),
  weight: columnName.optional().describe('The column with row weights'),
});

const targetSchema = z.strictObject({
  column: columnName.describe('The column to predict; the name of the result where sql derives it'),
  sql: sqlText.optional().describe('SQL expression that derives the target from other columns'),
  positive: scalar.optional().describe('Which value is the positive class'),
  classes: z.array(scalar).min(2).optional().describe('The classes in their order'),
});

const splitSchema = z.strictObject({
  by: z.union([z.enum(['hash', 'time']), z.strictObject({ group: columnName })]).default('hash'),
  validation: partShare.default(0.1).describe('Share of the rows that choose (early stopping, L2)'),
  test: partShare.default(0.2).describe('Share of the rows that judge'),
  calibration: partShare.default(0).describe('Share of the rows that calibrate probabilities'),
  stratify: z.boolean().default(true).describe('Keep the shares of the classes in every part (by: hash)'),
  hash_columns: z.array(columnName).min(1).optional().describe('The columns whose values decide the part of a row'),
});

const columnDrift = z.strictObject({
  method: z.enum(['psi', 'js', 'ks', 'wasserstein', 'chi2']).optional(),
  threshold: z.number().min(0).optional(),
});

export const columnRulesSchema = z.strictObject({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'date', 'timestamp']).optional(),
  required: z.boolean().optional().describe('The column must be there'),
  missing: z.strictObject({ max: share }).optional().describe('Largest accepted share of missing values'),
  unique: z.boolean().optional(),
  min: z.union([z.number(), z.string()]).optional(),
  max: z.union([z.number(), z.string()]).optional(),
  enum: z.array(scalar).min(1).optional(),
  pattern: z.string().min(1).optional().describe('Regular expression (RE2) that the whole value matches'),
  length: range(z.int().min(0)).optional(),
  format: z.string().min(1).optional().describe('strftime format of a date held as text'),
  distinct: range(z.int().min(0)).optional(),
  mean: range(z.number()).optional(),
  quantiles: z.record(z.string().regex(/^0?\.\d+$|^[01]$/), range(z.number())).optional(),
  monotone: z.enum(['increasing', 'decreasing', 'strictly_increasing', 'strictly_decreasing']).optional(),
  max_failing: share.optional().describe('Share of the rows that may fail each rule of this column'),
  severity: severity.optional(),
  where: sqlText.optional(),
  drift: columnDrift.optional(),
});

const contractSchema = z.strictObject({
  columns: z.record(columnName, columnRulesSchema).optional(),
  rows: z
    .strictObject({ min: z.int().min(0).optional(), max: z.int().min(0).optional(), change_max: z.number().min(0).optional() })
    .optional(),
  unique: z.array(z.array(columnName).min(1)).optional(),
  freshness: z.strictObject({ column: columnName, max_age: duration }).optional(),
  references: z
    .array(z.strictObject({ columns: z.array(columnName).min(1), file: z.string().min(1), to: z.array(columnName).min(1) }))
    .optional(),
  checks: z
    .array(
      z.strictObject({ name: z.string().min(1), sql: sqlText, max_failing: share.optional(), severity: severity.optional() }),
    )
    .optional(),
  drift: z
    .strictObject({ max_drifted_share: share.optional(), alpha: share.optional(), min_effect: z.number().min(0).optional() })
    .optional(),
});

const TRANSFORMS = {
  parts: z.array(datePart).min(1),
  cyclic: z.array(z.enum(['month', 'day', 'weekday', 'hour', 'minute'])).min(1),
  since: z.string(),
  log: z.literal(true),
  clip: range(z.number()),
  bins: z.union([positiveInteger, z.array(z.number()).min(1)]),
  quantile_bins: positiveInteger,
  ratio: z.literal(true),
  difference: z.literal(true),
  interaction: z.literal(true),
  length: z.literal(true),
  hashed_tokens: positiveInteger,
  tfidf: positiveInteger,
  target_encoding: z.literal(true),
  frequency_encoding: z.literal(true),
  missing: z.literal(true),
  one_hot: z.literal(true),
} as const;

/** The transforms that `features.derive` knows: each item has exactly one. */
export const TRANSFORM_NAMES = Object.keys(TRANSFORMS) as readonly (keyof typeof TRANSFORMS)[];

const deriveSchema = z
  .strictObject({ from: oneOrMore(columnName), name: z.string().min(1).optional(), ...z.object(TRANSFORMS).partial().shape })
  .refine((item) => TRANSFORM_NAMES.filter((name) => item[name] !== undefined).length === 1, {
    error: `each item of derive has exactly one transform of: ${TRANSFORM_NAMES.join(', ')}`,
  });

const featuresSchema = z.strictObject({
  use: z.array(columnName).min(1).optional().describe('The columns that are features; default: every column that may be'),
  exclude: z.array(columnName).optional(),
  derive: z.array(deriveSchema).optional(),
  select: z
    .strictObject({
      max: positiveInteger.optional(),
      min_importance: z.number().min(0).optional(),
      correlation_max: share.optional(),
      method: z.enum(['gain', 'permutation', 'null_importance']).optional(),
    })
    .optional(),
});

const trainSchema = z.strictObject({
  algorithm: z.enum(['gbdt', 'linear', 'baseline']).optional().describe('The built-in trainer (default gbdt)'),
  params: z.record(z.string(), scalar).default({}),
  objective: z.string().optional(),
  class_weight: z.union([z.literal('balanced'), z.record(z.string(), z.number().min(0))]).optional(),
  monotone: z.record(columnName, z.union([z.literal(-1), z.literal(0), z.literal(1)])).optional(),
  calibrate: z.enum(['none', 'isotonic', 'sigmoid']).optional(),
  threshold: z.strictObject({ metric: z.string() }).optional(),
  cross_validation: z.int().min(2).optional(),
  command: z.string().min(1).optional().describe('Any trainer: a command that writes model.onnx'),
  inputs: z.array(z.string()).optional(),
  format: z.enum(['parquet', 'csv']).optional(),
  features: z.enum(['raw', 'engineered']).optional(),
  timeout: duration.optional(),
  cache: z.boolean().default(true),
});

const dimensionSchema = z.union([
  z.array(scalar).min(1),
  z.strictObject({
    low: z.number().optional(),
    high: z.number().optional(),
    log: z.boolean().optional(),
    type: z.enum(['int', 'float']).optional(),
    step: z.number().optional(),
    values: z.array(scalar).min(1).optional(),
    when: z.record(z.string(), scalar).optional(),
  }),
]);

const tuneSchema = z.strictObject({
  metric: z.string().optional(),
  trials: positiveInteger.optional(),
  sampler: z.enum(['grid', 'random', 'sobol', 'tpe', 'gp']).optional(),
  rounds: positiveInteger.optional(),
  jobs: z.int().min(1).max(256).optional(),
  space: z.record(z.string(), dimensionSchema).optional(),
  pruner: z
    .strictObject({ name: z.literal('halving'), resource: z.string().optional(), factor: z.number().min(2).optional() })
    .optional(),
  budget_minutes: z.number().min(0).optional(),
});

const sliceSchema = z.union([
  columnName,
  z.strictObject({ name: z.string().min(1), sql: sqlText, min_rows: positiveInteger.optional() }),
]);

const evaluateSchema = z.strictObject({
  primary: z.string().optional().describe('The metric that gives the verdict'),
  metrics: z.array(z.string()).min(1).optional(),
  custom: z.record(z.string(), z.strictObject({ sql: sqlText, better: z.enum(['higher', 'lower']) })).optional(),
  margin: z.number().min(0).optional().describe('What counts as equal on the primary metric'),
  slices: z.array(sliceSchema).optional(),
  min_rows: positiveInteger.default(200).describe('Slices with fewer rows are left out'),
  protected: z.array(columnName).optional(),
  baseline: z.boolean().optional(),
  seeds: positiveInteger.optional(),
  bootstrap: z.int().min(100).max(100_000).default(2000),
  confidence: z.number().min(0.5).max(0.9999).default(0.95),
});

const registrySchema = z.strictObject({
  stages: z.array(z.string().min(1)).min(1).optional(),
  storage: z.enum(['release', 'artifact']).optional(),
  publish: z.array(z.enum(['predictions', 'profile'])).optional(),
  mlflow: z.strictObject({ tracking_uri: z.string().min(1) }).optional(),
  attest: z.boolean().optional(),
});

const deploySchema = z.strictObject({
  target: z.enum(['service', 'kubernetes', 'kserve', 'batch']).optional(),
  environment: z.string().optional(),
  url: z.string().optional(),
  namespace: z.string().optional(),
  image: z.string().optional(),
  replicas: range(z.int().min(0)).optional(),
  resources: z.record(z.string(), z.unknown()).optional(),
  canary: z.array(z.number().min(0).max(100)).optional(),
  batch: z.strictObject({ input: z.string(), output: z.string(), partition: z.string().optional() }).optional(),
});

const monitorSchema = z.strictObject({
  traffic: z.string().optional(),
  labels: z.strictObject({ path: z.string(), key: oneOrMore(columnName), delay: duration.optional() }).optional(),
  window: duration.optional(),
  min_rows: positiveInteger.optional(),
  breaches: positiveInteger.optional(),
  reference: z.enum(['training', 'previous', 'same_season']).optional(),
  metrics_url: z.string().optional(),
  min_effect: z.number().min(0).optional(),
  alpha: share.optional(),
  block: z.enum(['hour', 'day', 'week']).optional(),
});

const retrainSchema = z.strictObject({
  every: duration.optional(),
  when: z
    .array(
      z.union([
        z.strictObject({ drift: z.literal(true) }),
        z.strictObject({ metric: z.string(), below: z.number() }),
        z.strictObject({ metric: z.string(), above: z.number() }),
        z.strictObject({ new_rows: z.number().min(0) }),
      ]),
    )
    .optional(),
  window: z.union([z.literal('all'), duration]).optional(),
  promote: z.enum(['auto', 'ask', 'never']).optional(),
  cooldown: duration.optional(),
  budget_minutes: z.number().min(0).optional(),
  tune: z.boolean().optional(),
});

export const specSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
    .describe('The model: lower-case letters, digits and hyphens'),
  purpose: z.string().optional().describe('What the model is for; goes into the model card'),
  owners: z.array(z.string()).optional(),
  intended_use: z.string().optional(),
  out_of_scope: z.string().optional(),
  limitations: z.string().optional(),
  task: taskSchema,
  seed: z.int().min(0).max(0xffff_ffff).default(42),
  data: dataSchema,
  target: targetSchema,
  split: splitSchema.prefault({}),
  contract: z.union([z.string().min(1), contractSchema]).optional(),
  features: featuresSchema.prefault({}),
  train: trainSchema.prefault({}),
  tune: tuneSchema.optional(),
  evaluate: evaluateSchema.prefault({}),
  gates: z.array(z.string().min(1)).default([]).describe('Lines such as: auc >= 0.65, auc >= champion - 0.002'),
  gates_inconclusive: z.enum(['pass', 'fail']).default('pass'),
  registry: registrySchema.optional(),
  deploy: deploySchema.optional(),
  monitor: monitorSchema.optional(),
  retrain: retrainSchema.optional(),
});

/** A validated spec with its defaults filled in. */
export type Spec = z.output<typeof specSchema>;
export type Task = z.output<typeof taskSchema>;
export type ColumnRules = z.output<typeof columnRulesSchema>;
export type DerivedFeature = NonNullable<Spec['features']['derive']>[number];
export type DatePart = (typeof DATE_PARTS)[number];
