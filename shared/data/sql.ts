/** Text that stands in an SQL statement: everything of a user's that is not a checked expression goes through here. */

/** A column's or table's name, quoted, so that keywords, quotes, spaces and any script are just names. */
export function identifier(name: string): string {
  if (name.includes('\0')) throw new Error('an SQL name cannot contain a NUL character');
  return `"${name.replaceAll('"', '""')}"`;
}

/** A value as an SQL literal. Numbers with a fraction are DOUBLE, not DECIMAL. */
export function literal(value: string | number | boolean | bigint): string {
  switch (typeof value) {
    case 'string':
      return textLiteral(value);
    case 'boolean':
      return value ? 'TRUE' : 'FALSE';
    case 'bigint':
      return value < 0n ? `(${value})` : String(value);
    default:
      return numberLiteral(value);
  }
}

/** `[a, b]` of literals, for the functions that take lists. */
export function listLiteral(values: readonly string[]): string {
  return `[${values.map(textLiteral).join(', ')}]`;
}

/** SQL condition: a pattern that the engine takes matches the whole text. A search between its ends is faster than `regexp_full_match`. */
export function matchSql(text: string, pattern: string): string {
  // A quotation that is left open would take what follows for text.
  if (pattern.includes('\\Q')) return `regexp_full_match(${text}, ${literal(pattern)})`;
  return `regexp_matches(${text}, ${literal(`\\A(?:${pattern})\\z`)})`;
}

function textLiteral(text: string): string {
  const quoted = text.split('\0').map((part) => `'${part.replaceAll("'", "''")}'`);
  // A NUL would end the statement's text.
  return quoted.length === 1 ? quoted[0]! : `(${quoted.join(' || chr(0) || ')})`;
}

function numberLiteral(value: number): string {
  if (!Number.isFinite(value)) return `'${Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf'}'::DOUBLE`;
  if (Number.isSafeInteger(value)) return value < 0 ? `(${value})` : String(value);
  return `'${value}'::DOUBLE`;
}
