import { z } from 'zod';
import { messageOf, UserError } from '../../core/errors.js';
import type { StoredType } from '../canonical.js';
import { SAMPLES } from '../contract/measure.js';
import type { Distribution } from '../distribution/distribution.js';
import { distributionSchema } from '../reference-profile.js';
import { COLUMN_TYPES } from '../table.js';
import type { FailingSample } from '../validation.js';
import { MOST_SHARDS, type Shard } from './shard.js';

/**
 * What a shard has found, for the job that merges: its `shard.json`. It holds no verdict. Rows are counted from 1
 * within the shard.
 */
export interface ShardDocument {
  readonly format: 1;
  readonly kind: 'validation shard' | 'profile shard';
  readonly model: string;
  readonly shard: Shard;
  /** Of the spec, and of a contract in a file of its own: shards of another one are not of this data's. */
  readonly spec: string;
  readonly tool: string;
  readonly commit?: string;
  readonly data: ShardData;
  readonly rules: readonly ShardRule[];
  /** The side file with values that have to be told apart; absent where no rule needs them. */
  readonly values?: { readonly rows: number; readonly sha256: string };
  /** What the rows are like; where there is a reference, counted as that is. */
  readonly distribution?: Distribution;
  /** Of a profile: what else is known of each column. */
  readonly description?: readonly ShardDescription[];
  /** What its columns are in the data. */
  readonly watched?: readonly { readonly name: string; readonly from: string; readonly isTarget: boolean }[];
  readonly target?: ShardTarget;
  /** Why there is no target. */
  readonly targetProblem?: string;
  /** The digest of the reference that the distribution is counted like. */
  readonly like?: string;
}

export interface ShardData {
  /** The same for all shards of the same files. */
  readonly digest: string;
  readonly files: readonly string[];
  /** Before `data.where`. */
  readonly rowsRead: number;
  readonly rows: number;
  readonly columns: readonly ShardColumn[];
  readonly notices: readonly string[];
}

export interface ShardColumn {
  readonly name: string;
  readonly type: StoredType;
  /** Rows that have a value; absent where all files say the type themselves. */
  readonly present?: number;
}

export interface ShardRule {
  readonly column?: string;
  readonly rule: string;
  /** What was measured, by the names of the rule's aggregates. */
  readonly found: Readonly<Record<string, number | string>>;
  /** Of a rule that nothing has to be measured for. */
  readonly passed?: boolean;
  /** Columns that conditions of the user's read. */
  readonly reads?: readonly string[];
  /** The first rows that fail. */
  readonly samples?: readonly FailingSample[];
  /** Of a rule about the order of rows: the first and the last that count. */
  readonly first?: FailingSample;
  readonly last?: FailingSample;
  /** Of a rule whose values are in the side file. */
  readonly values?: { readonly rows: number; readonly different: number };
  /** Why the shards cannot decide it. */
  readonly undecided?: string;
}

/** A column in the rows of a shard; dates in microseconds since 1970. */
export interface ShardDescription {
  readonly name: string;
  /** Rows that have a value. */
  readonly present: number;
  /** Of texts the fewest and the most characters; absent where there is none, and of truth values. */
  readonly min?: number;
  readonly max?: number;
  readonly zeros: number;
  readonly negative: number;
  readonly infinite: number;
  /** Of texts, all together. */
  readonly characters?: number;
  /** The smallest hashes of its different values, ascending; all of them where they are few. */
  readonly hashes: readonly number[];
}

/** What is to be predicted, in the rows of a shard. */
export interface ShardTarget {
  readonly name: string;
  readonly type: StoredType;
  /** The columns that it is read from. */
  readonly columns: readonly string[];
  /** Rows by the canonical text, of so many values at most; of a quantity, the smallest and the largest value. */
  readonly values: readonly (readonly [value: string, rows: number])[];
}

/** A target with more values has too many for classes, which is all that has to be known of it. */
export const MOST_TARGET_VALUES = 2000;

/** Characters of a value of the target; longer ones are cut. */
export const LONGEST_VALUE = 2000;

/**
 * Different values are estimated from the smallest of their hashes (k minimum values; Beyer et al., 2007): up to this many
 * the number is exact, beyond it has a relative standard error of 1 / √(k − 2).
 */
export const SMALLEST_HASHES = 1024;

/** The largest document that is read, in bytes. */
export const LARGEST_DOCUMENT = 64 * 1024 ** 2;

const count = z.int().min(0);
const text = (most: number) => z.string().max(most);
const sample = z.strictObject({
  row: z.int().min(1).exactOptional(),
  value: text(2000),
  at: z.strictObject({ file: text(1000), line: z.int().min(1) }).exactOptional(),
});
const storedType = z.enum([...COLUMN_TYPES, 'nested']);

const schema = z.strictObject({
  format: z.literal(1),
  kind: z.enum(['validation shard', 'profile shard']),
  model: text(200),
  shard: z.strictObject({ index: z.int().min(1).max(MOST_SHARDS), count: z.int().min(1).max(MOST_SHARDS) }),
  ...{ spec: text(100), tool: text(100), commit: text(100).exactOptional() },
  data: z.strictObject({
    digest: text(100),
    files: z.array(text(4000)).max(100_000).readonly(),
    ...{ rowsRead: count, rows: count },
    columns: z
      .array(z.strictObject({ name: text(2000), type: storedType, present: count.exactOptional() }))
      .max(20_000)
      .readonly(),
    notices: z.array(text(4000)).max(1000).readonly(),
  }),
  rules: z
    .array(
      z.strictObject({
        column: text(2000).exactOptional(),
        rule: text(2000),
        found: z.record(text(100), z.union([z.number(), text(2000)])).readonly(),
        passed: z.boolean().exactOptional(),
        reads: z.array(text(2000)).max(20_000).readonly().exactOptional(),
        samples: z.array(sample).max(SAMPLES).readonly().exactOptional(),
        ...{ first: sample.exactOptional(), last: sample.exactOptional() },
        values: z.strictObject({ rows: count, different: count }).exactOptional(),
        undecided: text(1000).exactOptional(),
      }),
    )
    .max(50_000)
    .readonly(),
  values: z.strictObject({ rows: count, sha256: text(100) }).exactOptional(),
  distribution: distributionSchema.exactOptional(),
  description: z
    .array(
      z.strictObject({
        ...{ name: text(2000), present: count, min: z.number().exactOptional(), max: z.number().exactOptional() },
        ...{ zeros: count, negative: count, infinite: count, characters: count.exactOptional() },
        hashes: z.array(count).max(SMALLEST_HASHES).readonly(),
      }),
    )
    .max(20_001)
    .readonly()
    .exactOptional(),
  watched: z
    .array(z.strictObject({ name: text(2000), from: text(2000), isTarget: z.boolean() }))
    .max(20_000)
    .readonly()
    .exactOptional(),
  target: z
    .strictObject({
      ...{ name: text(2000), type: storedType, columns: z.array(text(2000)).max(20_000).readonly() },
      values: z
        .array(z.tuple([text(LONGEST_VALUE), count]).readonly())
        .max(MOST_TARGET_VALUES)
        .readonly(),
    })
    .exactOptional(),
  targetProblem: text(4000).exactOptional(),
  like: text(100).exactOptional(),
});

/**
 * Reads what a shard left, which may come from another version or from anybody.
 * @param shown how to name it in messages
 * @throws UserError in one line
 */
export function parseShardDocument(bytes: Buffer, shown: string): ShardDocument {
  const wrong = (what: string, cause?: unknown): UserError =>
    new UserError(`${shown} is no result of a shard: ${what}. Run the jobs of all shards again, with one version.`, { cause });
  if (bytes.length > LARGEST_DOCUMENT) throw wrong(`it has more than ${LARGEST_DOCUMENT} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw wrong(`it is not JSON (${messageOf(error).slice(0, 100)})`, error);
  }
  const { format } = (typeof value === 'object' && value !== null ? value : {}) as { format?: unknown };
  if (format !== 1) throw wrong(`it has format ${JSON.stringify(format) ?? 'none'}, and this version reads format 1`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw wrong(`its ${issue?.path.join('.') || 'document'} is wrong (${issue?.message})`);
}
