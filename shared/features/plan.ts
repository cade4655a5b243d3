import type { DatePart } from '../spec/schema.js';

/**
 * The one definition of every feature: fitted on training rows, kept in the manifest, written as ONNX nodes, and
 * read by the trainer. Order is the order of the matrix's columns.
 */
export interface FeaturePlan {
  readonly features: readonly Feature[];
}

/** What every feature has: its name, and its kind, which is the transform that computes it (transforms/). */
interface Named<Kind extends string> {
  readonly name: string;
  readonly kind: Kind;
}

/** A feature of one raw column. */
interface OfOne<Kind extends string> extends Named<Kind> {
  readonly from: string;
}

/** A feature of several raw columns, in this order. */
interface OfMany<Kind extends string> extends Named<Kind> {
  readonly from: readonly string[];
}

/** Parts of a date that go round: after December comes January. */
export type CyclicPart = Extract<DatePart, 'month' | 'day' | 'weekday' | 'hour' | 'minute'>;

export type Feature =
  /** The column as a 32-bit float; missing stays missing (NaN). Booleans are 0 and 1. */
  | OfOne<'numeric'>
  /** A part of a date or timestamp, UTC: month 1-12, day 1-31, weekday 0 (Monday) - 6, hour 0-23, is_weekend 0/1. */
  | (OfOne<'date_part'> & { readonly part: DatePart })
  /**
   * A category by its level's index. `levels` are the frequent levels of the training rows, most frequent first
   * (ties by text). Rare and unseen levels share index `levels.length`; missing is NaN.
   */
  | (OfOne<'categorical'> & { readonly levels: readonly string[] })
  /** Sine or cosine of a part of a date on its circle. */
  | (OfOne<'cyclic'> & { readonly part: CyclicPart; readonly wave: 'sin' | 'cos' })
  /** Days (with their fractions) since a moment: microseconds since 1970-01-01 UTC, as decimal text. */
  | (OfOne<'days_since'> & { readonly origin: string })
  /** Days of the first moment since the second. */
  | OfMany<'days_between'>
  /** The natural logarithm of 1 + x; missing where x is -1 or below. */
  | OfOne<'log'>
  /** The number, or the bound that it is beyond. */
  | (OfOne<'clip'> & { readonly min?: number; readonly max?: number })
  /** How many of the ascending edges a number has reached: 0 below the first, `edges.length` from the last on. */
  | (OfOne<'bins'> & { readonly edges: readonly number[] })
  /** First by second; missing where the second is 0. */
  | OfMany<'ratio'>
  /** First minus second. */
  | OfMany<'difference'>
  /** The numbers multiplied. */
  | OfMany<'product'>
  /**
   * Categories joined: the index of a combination. `levels` are the frequent combinations of the training rows, most
   * frequent first. Rare and unseen ones share index `levels.length`; missing where one of them is.
   */
  | (OfMany<'crossed'> & { readonly levels: readonly (readonly string[])[] })
  /** Characters (code points) of a text. */
  | OfOne<'length'>
  /** How many of a text's words fall into a bucket: MurmurHash3 (32 bits, seed 0) of the word, modulo `buckets`. */
  | (OfOne<'hashed_tokens'> & { readonly buckets: number; readonly bucket: number })
  /** How often a word stands in a text, times its weight. `spellings` are all forms of the word in the training rows. */
  | (OfOne<'tfidf'> & { readonly word: string; readonly spellings: readonly string[]; readonly weight: number })
  /**
   * The mean of the target of a category's training rows, drawn towards the mean of all the more, the fewer rows there
   * are; of a class, its share. Level i has `values[i]`; `other` is for rare and unseen levels.
   */
  | (OfOne<'target_encoding'> & Encoded & { readonly ofClass?: string })
  /** The share of the training rows that a category has; 0 for rare and unseen levels. */
  | (OfOne<'frequency_encoding'> & Encoded)
  /** 1 where the column is missing, else 0. */
  | OfOne<'missing'>
  /** 1 where the column has this level, else 0; also where it is missing. */
  | (OfOne<'one_hot'> & { readonly level: string });

/** Categories that are told apart by a number of each. */
interface Encoded {
  readonly levels: readonly string[];
  readonly values: readonly number[];
  readonly other: number;
}

export type FeatureKind = Feature['kind'];
export type FeatureOf<Kind extends FeatureKind> = Extract<Feature, { readonly kind: Kind }>;

/** The raw columns that a feature reads. */
export function sourcesOf(feature: Feature): readonly string[] {
  return typeof feature.from === 'string' ? [feature.from] : feature.from;
}

/** The training matrix, by column: exactly what the graph's feature nodes compute, value for value. */
export interface Matrix {
  readonly rows: number;
  readonly columns: readonly MatrixColumn[];
}

export interface MatrixColumn {
  readonly name: string;
  /** 32-bit values, NaN for missing; a category's index. */
  readonly values: Float32Array;
  /** Categories: how many indices there are (the frequent levels and one for the rest). */
  readonly levels?: number;
}
