import type { TypeName } from './imported-rule.js';

/** Types of pandas, Spark and SQL as ours. */
const TYPES: readonly (readonly [RegExp, readonly TypeName[]])[] = [
  // A column of whole numbers with gaps is floating point to pandas, but for its own types with a capital.
  [/^u?int(8|16|32|64)$/, ['integer without gaps']],
  [/^(u?int(_|8|16|32|64)?|integer(type)?|bigint|smallint|tinyint|long(type)?|shorttype|bytetype)$/i, ['integer']],
  [
    /^(float(_|16|32|64)?|double(_precision|type)?|floattype|decimal(type)?|numeric|real|number)$/,
    ['number', 'integer with gaps'],
  ],
  [/^(str(ing)?(type)?|object_?|varchar|text|char|unicode)$/i, ['string', 'date', 'timestamp', 'boolean with gaps']],
  [/^(bool(ean)?(_|type)?)$/i, ['boolean']],
  [/^(timestamp(type)?|datetime(64)?(\[.*\])?)$/i, ['timestamp', 'date']],
  [/^(date|datetype)$/i, ['date']],
];

/** Our types for the names of others; undefined when none of them is known. */
export function typesNamed(names: readonly string[]): readonly TypeName[] | undefined {
  const known = names.map((name) => TYPES.find(([form]) => form.test(name))?.[1]);
  return known.every((one) => one === undefined) ? undefined : [...new Set(known.flatMap((one) => one ?? []))];
}
