import type { DerivedFeature } from './schema.js';

/** What the transforms of `features.derive` are made of: known here, so that mistakes are told at their line. */

type SourceType = 'string' | 'integer' | 'number' | 'boolean' | 'date' | 'timestamp';

export type TransformName = Exclude<keyof DerivedFeature, 'from' | 'name'>;

interface Sources {
  readonly types: readonly SourceType[];
  /** How a message calls these types. */
  readonly called: string;
  /** Columns that make one feature; absent: one, and a list of columns makes a feature of each. */
  readonly columns?: { readonly min: number; readonly max: number };
}

const NUMBERS = { types: ['integer', 'number', 'boolean'], called: 'a number or boolean' } as const;
const MOMENTS = { types: ['date', 'timestamp'], called: 'a date or timestamp' } as const;
const TEXTS = { types: ['string'], called: 'text' } as const;
const CATEGORIES = { types: ['string', 'integer'], called: 'text or whole numbers' } as const;

const SOURCES: { readonly [Name in TransformName]: Sources } = {
  parts: MOMENTS,
  cyclic: MOMENTS,
  since: MOMENTS,
  log: NUMBERS,
  clip: NUMBERS,
  bins: NUMBERS,
  quantile_bins: NUMBERS,
  ratio: { ...NUMBERS, columns: { min: 2, max: 2 } },
  difference: { ...NUMBERS, columns: { min: 2, max: 2 } },
  interaction: {
    types: ['string', 'integer', 'number', 'boolean'],
    called: 'text, a number or a boolean',
    columns: { min: 2, max: 6 },
  },
  length: TEXTS,
  hashed_tokens: TEXTS,
  tfidf: TEXTS,
  target_encoding: CATEGORIES,
  frequency_encoding: CATEGORIES,
  missing: { types: ['string', 'integer', 'number', 'boolean', 'date', 'timestamp'], called: 'any column' },
  one_hot: CATEGORIES,
};

/** The transform of an item; the schema has made sure that there is one. */
export function transformOf(item: DerivedFeature): TransformName {
  return Object.keys(SOURCES).find((name): name is TransformName => item[name as TransformName] !== undefined)!;
}

/** What is wrong with a column as the source of a transform, in one line. */
export function sourceProblem(transform: TransformName, column: string, type: SourceType): string | undefined {
  const { types, called } = SOURCES[transform];
  if (types.includes(type)) return undefined;
  const advice =
    (transform === 'difference' || transform === 'ratio') && (type === 'date' || type === 'timestamp')
      ? '; since gives the days between two dates'
      : '';
  const needs = transform === 'parts' ? 'parts need' : `${transform} needs`;
  return `features.derive: ${needs} ${called}, but column ${JSON.stringify(column)} is of type ${type}${advice}`;
}

/** What is wrong with the number of columns, in one line. */
export function countProblem(transform: TransformName, columns: number): string | undefined {
  const wanted = SOURCES[transform].columns;
  if (!wanted || (columns >= wanted.min && columns <= wanted.max)) return undefined;
  const range = wanted.min === wanted.max ? `exactly ${wanted.min}` : `${wanted.min} to ${wanted.max}`;
  return `features.derive: ${transform} is made of ${range} columns, but from names ${columns}: from: [first, second]`;
}

/** The columns that an item reads, `since` included where it names one of the columns. */
export function columnsRead(item: DerivedFeature, isColumn: (name: string) => boolean): string[] {
  const { from, since } = item;
  return [...[from].flat(), ...(since !== undefined && isColumn(since) ? [since] : [])];
}

const MOMENT = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?Z?$/;

/** A date or time of ISO 8601 (UTC) as microseconds since 1970-01-01; undefined when it is none. */
export function momentOf(text: string): bigint | undefined {
  if (!MOMENT.test(text)) return undefined;
  const [date, time = '00:00'] = text.replace('Z', '').split(/[T ]/);
  const at = Date.parse(`${date}T${time}Z`);
  // Date.parse takes the 31st of February for the 3rd of March.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== date) return undefined;
  return BigInt(at) * 1000n;
}
