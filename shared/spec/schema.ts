import { z } from 'zod';
import { deploySchema, monitorSchema, registrySchema, retrainSchema } from './live-schema.js';
import { isMeasurement, isMetric } from './metrics.js';
import { ALGORITHMS } from './params.js';
import { columnName, duration, metricName, oneOrMore, positiveInteger, range, share } from './schema-values.js';

/**
 * The schema of `mlops.yaml`: every key of every action, with what it means; the sections on a model that has been judged stand in
 * live-schema.ts. The JSON Schema for editors, the loader's error messages and the types of the whole project come from here.
 */

const partShare = z.number().min(0).max(0.9);
const severity = z
  .enum(['error', 'warning'])
  .describe('Whether a failure fails the step (error, the default) or is only shown');
const maxFailing = share.describe('Share of the rows that may fail, 0 to 1 (default 0)');
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const sqlText = z.string().min(1);

export const taskSchema = z.enum(['binary', 'multiclass', 'regression']);

export const DATE_PARTS = ['year', 'quarter', 'month', 'day', 'weekday', 'hour', 'minute', 'is_weekend'] as const;
const datePart = z.enum(DATE_PARTS);

const dataSchema = z
  .strictObject({
    path: oneOrMore(z.string().min(1)).describe('File, glob or list: csv tsv parquet json ndjson, .gz .zst; local or https://'),
    where: sqlText.optional().describe('SQL condition: only rows that fulfil it are used'),
    time: columnName.optional().describe('The column with the time of the event'),
    key: oneOrMore(columnName).optional().describe('Column or columns that identify a row; never features'),
    weight: columnName.optional().describe('The column with row weights; never a feature'),
  })
  .describe('The rows');

const targetSchema = z
  .strictObject({
    column: columnName.describe('The column to predict; the name of the result where sql derives it'),
    sql: sqlText.optional().describe('SQL expression that derives the target from other columns; those are no features then'),
    positive: scalar.optional().describe('Which value is the positive class (task: binary)'),
    classes: z.array(scalar).min(2).optional().describe('The classes in their order'),
  })
  .describe('What is predicted');

const splitSchema = z
  .strictObject({
    by: z
      .union([z.enum(['hash', 'time']), z.strictObject({ group: columnName.describe('Rows of one value stay together') })])
      .default('hash')
      .describe('hash: at random, but the same for ever; time: the last rows judge; group: no group is in two parts'),
    validation: partShare.default(0.1).describe('Share of the rows that choose (early stopping, L2)'),
    test: partShare.default(0.2).describe('Share of the rows that judge'),
    calibration: partShare.default(0).describe('Share of the rows that calibrate probabilities'),
    stratify: z.boolean().default(true).describe('Keep the shares of the classes in every part (by: hash)'),
    hash_columns: z
      .array(columnName)
      .min(1)
      .optional()
      .describe('The columns whose values decide the part of a row (by: hash); default: data.key, else all columns'),
  })
  .describe('Which rows train, choose and judge');

const columnDrift = z.strictObject({
  method: z
    .enum(['ks', 'psi', 'wasserstein', 'js', 'chi2', 'z', 'anderson'])
    .optional()
    .describe('A method that decides alone, by the formula of Evidently; default: a change that is large and more than chance'),
  threshold: z
    .number()
    .min(0)
    .optional()
    .describe(
      'Drift is a distance from this on, or a p-value below it (ks, chi2, z, anderson); without a method the least effect',
    ),
});

const columnRulesSchema = z.strictObject({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'date', 'timestamp']).optional().describe('What the values are'),
  required: z.boolean().optional().describe('The column must be there (true), or may be absent (false); default true'),
  missing: z
    .strictObject({ max: share.describe('Largest accepted share, 0 to 1') })
    .optional()
    .describe('Missing values: null, NaN and empty text'),
  unique: z.boolean().optional().describe('No value stands twice'),
  min: z.union([z.number(), z.string()]).optional().describe('Smallest accepted value; dates as text, such as 2024-01-31'),
  max: z.union([z.number(), z.string()]).optional().describe('Largest accepted value; dates as text, such as 2024-01-31'),
  enum: z.array(scalar).min(1).optional().describe('The accepted values'),
  pattern: z.string().min(1).optional().describe('Regular expression (RE2) that the whole value matches'),
  length: range(z.int().min(0)).optional().describe('Characters of a text'),
  format: z.string().min(1).optional().describe('strftime format of a date held as text'),
  distinct: range(z.int().min(0)).optional().describe('Number of different values'),
  mean: range(z.number()).optional().describe('Mean of the values'),
  quantiles: z
    .record(
      z.string().regex(/^0?\.\d+$|^[01](\.0+)?$/, { error: 'a quantile is a number from 0 to 1, such as 0.5' }),
      range(z.number()),
    )
    .optional()
    .describe('Bounds of quantiles, such as 0.5: { min: 10, max: 20 }'),
  monotone: z
    .enum(['increasing', 'decreasing', 'strictly_increasing', 'strictly_decreasing'])
    .optional()
    .describe('Order of the values from row to row'),
  max_failing: share.optional().describe('Share of the rows that may fail each rule of this column (default 0)'),
  severity: severity.optional(),
  where: sqlText.optional().describe('SQL condition: only these rows are held against the rules of this column'),
  drift: columnDrift.optional().describe('Drift of this column against the reference'),
});

const contractSchema = z.strictObject({
  columns: z.record(columnName, columnRulesSchema).optional().describe('Rules a column'),
  rows: z
    .strictObject({
      min: z.int().min(0).optional().describe('Smallest accepted number of rows'),
      max: z.int().min(0).optional().describe('Largest accepted number of rows'),
      change_max: z.number().min(0).optional().describe('Largest accepted change against the reference, as a share'),
    })
    .optional()
    .describe('The number of rows'),
  unique: z.array(z.array(columnName).min(1)).optional().describe('Lists of columns whose values together never stand twice'),
  freshness: z.strictObject({ column: columnName, max_age: duration }).optional().describe('How old the newest row may be'),
  references: z
    .array(
      z.strictObject({
        columns: z.array(columnName).min(1),
        file: z.string().min(1).describe('The file with the known values'),
        to: z.array(columnName).min(1).describe('Its columns'),
      }),
    )
    .optional()
    .describe('Values that must stand in another file'),
  checks: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('What it is called in results'),
        sql: sqlText.describe('SQL condition that every row fulfils'),
        max_failing: maxFailing.optional(),
        severity: severity.optional(),
      }),
    )
    .optional()
    .describe('Conditions of your own'),
  drift: z
    .strictObject({
      max_drifted_share: share.optional().describe('Share of the columns that may drift'),
      alpha: share.optional().describe('Significance level'),
      min_effect: z.number().min(0).optional().describe('Drift below this is never reported'),
    })
    .optional()
    .describe('Drift of the whole table against the reference'),
});

const most = (largest: number) => z.int().min(1).max(largest);

const TRANSFORMS = {
  parts: z.array(datePart).min(1).describe('Parts of a date or timestamp (UTC); weekday 0 is Monday'),
  cyclic: z
    .array(z.enum(['month', 'day', 'weekday', 'hour', 'minute']))
    .min(1)
    .describe('Sine and cosine of parts of a date'),
  since: z.string().min(1).describe('Days since a date, or since another column'),
  log: z.literal(true).describe('log(1 + x); missing at -1 and below'),
  clip: range(z.number()).describe('Values outside become the bound'),
  bins: z.union([most(1000), z.array(z.number()).min(1).max(1000)]).describe('So many bins of equal width, or the edges'),
  quantile_bins: most(1000).describe('Bins with equally many rows'),
  ratio: z.literal(true).describe('First column by second; missing where the second is 0'),
  difference: z.literal(true).describe('First column minus second'),
  interaction: z.literal(true).describe('Columns multiplied, or categories joined'),
  length: z.literal(true).describe('Characters of a text'),
  hashed_tokens: most(1024).describe('Words of a text in so many hashed columns'),
  tfidf: most(1000).describe('TF-IDF of the most frequent words of a text'),
  target_encoding: z.literal(true).describe('Mean of the target a category, cross-fitted'),
  frequency_encoding: z.literal(true).describe('Share of the rows a category'),
  missing: z.literal(true).describe('1 where the value is missing'),
  one_hot: z.literal(true).describe('A column a category'),
} as const;

/** The transforms that `features.derive` knows: each item has exactly one. */
const TRANSFORM_NAMES = Object.keys(TRANSFORMS) as readonly (keyof typeof TRANSFORMS)[];

const deriveSchema = z
  .strictObject({
    from: oneOrMore(columnName).describe('The column or columns that it is made of'),
    name: z.string().min(1).optional().describe('Default: <from>_<transform>'),
    ...z.object(TRANSFORMS).partial().shape,
  })
  .refine((item) => TRANSFORM_NAMES.filter((name) => item[name] !== undefined).length === 1, {
    error: `an item of derive has exactly one transform of: ${TRANSFORM_NAMES.join(', ')}`,
  });

const featuresSchema = z
  .strictObject({
    use: z.array(columnName).min(1).optional().describe('The columns that are features; default: every column that may be'),
    exclude: z.array(columnName).optional().describe('Columns that are no features'),
    derive: z.array(deriveSchema).optional().describe('Features made of columns; they are added to the others'),
    select: z
      .strictObject({
        max: positiveInteger.optional().describe('Largest number of features'),
        min_importance: share.optional().describe('Smallest share of the importance, 0 to 1'),
        correlation_max: share.optional().describe('Of features that correlate more than this, the most important stays'),
        method: z
          .enum(['gain', 'permutation', 'null_importance'])
          .optional()
          .describe(
            'How importance is measured: gain in training (default), permutation on validation rows, or gain beyond what shuffled targets give',
          ),
      })
      .optional()
      .describe('Keep the features that matter; constant and duplicate ones are always dropped'),
  })
  .describe('What the model sees');

const trainSchema = z
  .strictObject({
    algorithm: z.enum(ALGORITHMS).optional().describe('The built-in trainer (default gbdt)'),
    params: z.record(z.string(), scalar).default({}).describe('Parameters of the algorithm, by the names of LightGBM'),
    objective: z
      .string()
      .optional()
      .describe('The loss; default: that of the task. For regression also quantile (params.alpha) and poisson'),
    class_weight: z
      .union([z.literal('balanced'), z.record(z.string(), z.number().min(0))])
      .optional()
      .describe('Weights of the classes: balanced (rare ones weigh more), or a number a class'),
    monotone: z
      .record(columnName, z.union([z.literal(-1), z.literal(0), z.literal(1)]))
      .optional()
      .describe('Features that may only raise (1) or lower (-1) the prediction'),
    calibrate: z
      .enum(['none', 'isotonic', 'sigmoid'])
      .optional()
      .describe('Calibration of the probabilities, in the graph: on split.calibration, else on out-of-fold predictions'),
    threshold: z
      .strictObject({ metric: metricName })
      .optional()
      .describe('Choose the threshold that is best for a metric (binary: f1, mcc, balanced_accuracy, accuracy)'),
    cross_validation: z
      .int()
      .min(2)
      .optional()
      .describe('Folds of the train part: mean and sd of the metrics, and the out-of-fold predictions'),
    command: z.string().min(1).optional().describe('Any trainer: a command that writes model.onnx'),
    inputs: z.array(z.string()).optional().describe('Globs of files that the command reads; part of the fingerprint'),
    format: z.enum(['parquet', 'csv']).optional().describe('Format of the files that the command gets'),
    features: z.enum(['raw', 'engineered']).optional().describe('What the command gets: raw columns or finished features'),
    timeout: duration.optional().describe('Longest time that the command may take, such as 30m'),
    cache: z.boolean().default(true).describe('Reuse the model when nothing that matters has changed'),
  })
  .describe('How the model is made: algorithm, or command');

const dimensionSchema = z.union([
  z.array(scalar).min(1),
  z.strictObject({
    low: z.number().optional(),
    high: z.number().optional(),
    log: z.boolean().optional().describe('Sample on a logarithmic scale'),
    type: z.enum(['int', 'float']).optional(),
    step: z.number().optional(),
    values: z.array(scalar).min(1).optional(),
    when: z.record(z.string(), scalar).optional().describe('Only where other parameters have these values'),
  }),
]);

const tuneSchema = z
  .strictObject({
    metric: metricName.optional().describe('What is optimised; default: the primary metric'),
    trials: positiveInteger.optional().describe('Number of trials'),
    sampler: z.enum(['grid', 'random', 'sobol', 'tpe', 'gp']).optional().describe('How trials are chosen'),
    rounds: positiveInteger.optional().describe('Rounds of jobs; later ones learn from earlier ones'),
    jobs: z.int().min(1).max(256).optional().describe('Jobs a round'),
    space: z.record(z.string(), dimensionSchema).optional().describe('What is tried, a parameter'),
    pruner: z
      .strictObject({
        name: z.literal('halving'),
        resource: z.string().optional().describe('The parameter that is rationed, such as num_iterations'),
        factor: z.number().min(2).optional().describe('Of so many trials, one goes on'),
      })
      .optional()
      .describe('Ends bad trials early'),
    budget_minutes: z.number().min(0).optional().describe('Longest time in all'),
  })
  .describe('The search for better parameters');

const sliceSchema = z.union([
  columnName,
  z.strictObject({
    name: z.string().min(1),
    sql: sqlText.describe('SQL condition: the rows of the slice'),
    min_rows: positiveInteger.optional(),
  }),
]);

const customName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'the name of a metric is made of letters, digits and underscores' })
  .refine((name) => !isMetric(name) && !isMeasurement(name) && name !== 'champion' && name !== 'slice', {
    error: 'this name has a meaning of its own; choose another',
  });

const customSchema = z
  .strictObject({
    sql: sqlText.optional().describe('SQL expression: the metric is its mean over the held-out rows'),
    command: z.string().min(1).optional().describe('A command that writes one number for the held-out rows of a model'),
    better: z.enum(['higher', 'lower']),
    columns: z
      .array(columnName)
      .min(1)
      .optional()
      .describe('The columns of the data that the command gets; default: those that the candidate reads'),
    format: z.enum(['parquet', 'csv']).optional().describe('Format of the file that the command gets; default parquet'),
    timeout: duration.optional().describe('A duration such as 30s: what the command may take for one model; default 10m'),
  })
  .refine(({ sql, command }) => (sql === undefined) !== (command === undefined), {
    error: 'a metric is either the mean of an expression (sql) or what a command finds (command): give one of the two',
  })
  .refine(({ sql, columns, format, timeout }) => sql === undefined || !(columns || format || timeout), {
    error: 'columns, format and timeout are of a command; an expression reads every column',
  });

const evaluateSchema = z
  .strictObject({
    primary: metricName.optional().describe('The metric that gives the verdict; default: auc, log_loss or rmse, by task'),
    metrics: z.array(metricName).min(1).optional().describe('The metrics that are computed and shown'),
    custom: z
      .record(customName, customSchema)
      .optional()
      .describe('Metrics of your own: the mean of an SQL expression, or the number that a command finds'),
    margin: z.number().min(0).optional().describe('What counts as equal on the primary metric'),
    slices: z.array(sliceSchema).optional().describe('Groups of rows that are judged by themselves: columns, or conditions'),
    min_rows: positiveInteger.default(200).describe('Slices with fewer rows are left out'),
    protected: z.array(columnName).optional().describe('Columns of groups that must be treated alike'),
    baseline: z
      .boolean()
      .optional()
      .describe('Show what the class shares or the mean of the training rows alone would reach; default true'),
    show_rows: z
      .int()
      .min(0)
      .max(50)
      .optional()
      .describe('So many rows on which the two models differ most go into the report with their columns; default 0: none'),
    hide: z.array(columnName).optional().describe('Columns that are never shown of single rows'),
    seeds: positiveInteger
      .optional()
      .describe(
        'Trainings in all (5, say): compare trains the candidate again with other seeds, and intervals hold that chance too',
      ),
    bootstrap: z.int().min(100).max(100_000).default(2000).describe('Resamples behind the intervals'),
    confidence: z.number().min(0.5).max(0.9999).default(0.95).describe('Confidence of the intervals'),
  })
  .describe('How models are judged');

export const specSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
    .describe("The model's name: lower-case letters, digits and hyphens, such as flight-delay"),
  purpose: z.string().optional().describe('What the model is for; goes into the model card'),
  owners: z.array(z.string()).optional().describe('Who answers for the model; goes into the model card'),
  intended_use: z.string().optional().describe('How the model is to be used; goes into the model card'),
  out_of_scope: z.string().optional().describe('What the model is not for; goes into the model card'),
  limitations: z.string().optional().describe('What the model does badly; goes into the model card'),
  task: taskSchema.describe('What kind of answer the model gives'),
  seed: z.int().min(0).max(0xffff_ffff).default(42).describe('Every random choice comes from it'),
  data: dataSchema,
  target: targetSchema,
  split: splitSchema.prefault({}),
  contract: z
    .union([z.string().min(1), contractSchema])
    .optional()
    .describe('What the data must be like: rules, or a file of Great Expectations, Frictionless, ODCS or pandera'),
  features: featuresSchema.prefault({}),
  train: trainSchema.prefault({}),
  tune: tuneSchema.optional(),
  evaluate: evaluateSchema.prefault({}),
  gates: z.array(z.string().min(1)).default([]).describe('Lines such as: auc >= 0.65, auc >= champion - 0.002'),
  gates_inconclusive: z.enum(['pass', 'fail']).default('pass').describe('Whether a gate that the data cannot decide blocks'),
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
