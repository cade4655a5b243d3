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

const feature = z.discriminatedUnion('kind', [
  z.strictObject({ name: z.string(), kind: z.literal('numeric'), from: z.string() }),
  z.strictObject({ name: z.string(), kind: z.literal('date_part'), from: z.string(), part: z.enum(DATE_PARTS) }),
  z.strictObject({ name: z.string(), kind: z.literal('categorical'), from: z.string(), levels: z.array(z.string()) }),
]);

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
