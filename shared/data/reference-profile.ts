import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.js';
import { BLOCK_UNITS, type Distribution } from './distribution/distribution.js';
import { COLUMN_TYPES, type ColumnSchema } from './table.js';

/**
 * What a model learned from, and what it answered on rows that it had not seen: `profile.json` of a bundle. Live rows and
 * answers are held against it. It names no value that few rows have.
 */
export interface ReferenceProfile {
  readonly format: 1;
  readonly kind: 'reference profile';
  readonly model: string;
  /** The raw columns of the rows that trained; of dates the parts that are features. */
  readonly inputs: Distribution;
  /** The answers on the held-out rows. */
  readonly predictions: Distribution;
  /** What was to be learned, of the rows that trained; absent in bundles of earlier versions. */
  readonly target?: Distribution;
}

/** What data was like when it was validated: a later run holds its own against it. It names no value that few rows have. */
export interface DataProfile {
  readonly format: 1;
  readonly kind: 'data profile';
  readonly model: string;
  readonly schema: readonly ColumnSchema[];
  /** Every watched column, the target among them; of timestamps the hour. */
  readonly data: Distribution;
}

/** The profile of a thousand columns is about 20 MB. */
const LARGEST_BYTES = 64 * 1024 * 1024;

const count = z.int().min(0);
const counts = z.array(count).max(100_000).readonly();
const key = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31);
const keys = z.array(key).max(10_000).readonly();
const name = z.string().max(2000);
const table = z.array(counts).max(10_000).readonly();
const resolution = z.int().min(-11).max(20);

const numberSchema = z.strictObject({
  kind: z.literal('numbers'),
  name,
  missing: count,
  moments: z.strictObject({ count, mean: z.number(), squares: z.number().min(0) }),
  ...{ resolution, keys, counts },
  blocks: z.strictObject({ resolution, keys, counts: table, missing: counts }),
});

const levelSchema = z.strictObject({
  kind: z.literal('levels'),
  name,
  missing: count,
  levels: z
    .array(z.strictObject({ value: name, count }))
    .max(10_000)
    .readonly(),
  other: z.strictObject({ levels: count, count, most: count }),
  blocks: z.strictObject({
    bins: z.union([z.array(name).max(1000).readonly(), z.int().min(2).max(1000)]),
    ...{ counts: table, other: counts, missing: counts },
  }),
});

export const distributionSchema = z
  .strictObject({
    rows: count,
    blocks: z
      .strictObject({
        unit: z.enum(BLOCK_UNITS),
        total: count,
        ids: z.array(z.int()).max(10_000).readonly(),
        rows: counts,
      })
      .exactOptional(),
    columns: z
      .array(z.discriminatedUnion('kind', [numberSchema, levelSchema]))
      .max(20_000)
      .readonly(),
  })
  .refine(isConsistent, { error: 'its lists do not belong together' });

const profileSchema = z.strictObject({
  format: z.literal(1),
  kind: z.literal('reference profile'),
  model: name,
  inputs: distributionSchema,
  predictions: distributionSchema,
  target: distributionSchema.exactOptional(),
});

const dataProfileSchema = z.strictObject({
  format: z.literal(1),
  kind: z.literal('data profile'),
  model: name,
  schema: z
    .array(z.strictObject({ name, type: z.enum(COLUMN_TYPES) }))
    .max(20_000)
    .readonly(),
  data: distributionSchema,
});

/** Lists of one thing have one length. */
function isConsistent({ blocks, columns }: Distribution): boolean {
  const length = blocks?.ids.length ?? 1;
  if (blocks && blocks.rows.length !== length) return false;
  return columns.every((column) => {
    const bins =
      column.kind === 'numbers'
        ? column.blocks.keys.length
        : typeof column.blocks.bins === 'number'
          ? column.blocks.bins
          : column.blocks.bins.length;
    const lists = [column.blocks.missing, ...(column.kind === 'levels' ? [column.blocks.other] : [])];
    return (
      (column.kind === 'levels' ||
        (column.keys.length === column.counts.length &&
          column.blocks.resolution <= column.resolution &&
          [column.keys, column.blocks.keys].every(ascends))) &&
      lists.every((list) => list.length === length) &&
      column.blocks.counts.length === length &&
      column.blocks.counts.every((row) => row.length === bins)
    );
  });
}

function ascends(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value > values[index - 1]!);
}

/**
 * Reads a profile that may come from anywhere, or from another version.
 * @param shown how to name it in messages
 * @throws UserError in one line, when it is of another format or no profile of a model
 */
export function parseReferenceProfile(text: string, shown: string): ReferenceProfile {
  const profile = parseProfile(text, shown);
  if (profile.kind === 'reference profile') return profile;
  throw wrong(shown, 'it is the profile of data that was validated, not that of a model');
}

/** The profile of a model, or of data that was validated. @throws UserError as `parseReferenceProfile` */
export function parseProfile(text: string, shown: string): ReferenceProfile | DataProfile {
  if (text.length > LARGEST_BYTES) throw wrong(shown, `it has more than ${LARGEST_BYTES} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(shown, `it is not JSON (${messageOf(error).slice(0, 100)})`, error);
  }
  const { kind, format } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: unknown; format?: unknown };
  if (kind === 'profile') throw wrong(shown, 'it is the report of the action "profile", not the profile of a model');
  if (kind !== 'reference profile' && kind !== 'data profile') throw wrong(shown, 'it is no profile of a model');
  if (format !== 1) throw wrong(shown, `it has format ${JSON.stringify(format)}, and this version reads format 1`);
  const parsed = (kind === 'data profile' ? dataProfileSchema : profileSchema).safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw wrong(shown, `its ${issue?.path.join('.') || 'document'} is wrong (${issue?.message})`);
}

function wrong(shown: string, what: string, cause?: unknown): UserError {
  const advice = '"train" of this version writes one that can; train again.';
  return new UserError(`${shown} cannot be the reference: ${what}. ${advice}`, { cause });
}
