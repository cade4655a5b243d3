/**
 * What rows are called in predictions. The n-th row of one identity, in canonical order, is `<id>-<n>` from the second on.
 * @param rows the rows to name, by index; default all
 */

/** Names from the 16-byte row hashes in ascending order, as hex digits. Rows of one hash are equal, and neighbours. */
export function hashIds(hashes: Uint8Array, rows?: Uint32Array): readonly string[] {
  const bytes = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength);
  const count = bytes.length / 16;
  const firstOf = new Uint32Array(count);
  for (let row = 1; row < count; row++) {
    const same = bytes.compare(bytes, (row - 1) * 16, row * 16, row * 16, row * 16 + 16) === 0;
    firstOf[row] = same ? firstOf[row - 1]! : row;
  }
  const name = (row: number): string => {
    const digits = bytes.toString('hex', row * 16, row * 16 + 16);
    const before = row - firstOf[row]!;
    return before === 0 ? digits : `${digits}-${before + 1}`;
  };
  return rows ? Array.from(rows, name) : Array.from({ length: count }, (_, row) => name(row));
}

/** Names from the texts of the key, one a row. */
export function keyIds(keys: readonly (string | null)[], rows?: Uint32Array): readonly string[] {
  const seen = new Map<string, number>();
  const ids = keys.map((key) => {
    const text = key ?? '';
    const count = (seen.get(text) ?? 0) + 1;
    seen.set(text, count);
    return count === 1 ? text : `${text}-${count}`;
  });
  return rows ? Array.from(rows, (row) => ids[row]!) : ids;
}

/** SQL of the text of a key: `a`, or `a|b` of several columns with `|` and `\` escaped. */
export function keyText(texts: readonly string[]): string {
  if (texts.length === 1) return texts[0]!;
  const escaped = texts.map((text) => `replace(replace(coalesce(${text}, ''), '\\', '\\\\'), '|', '\\|')`);
  return escaped.join(" || '|' || ");
}
