/**
 * Names of rows from what identifies them: 16-byte hashes, or the texts of a key. The n-th row of one identity, in
 * canonical order, is called `<id>-<n>` from the second on; rows of one hash are equal, so which is which does not matter.
 * @param rows the rows to name, by index; default all
 */
export function rowIds(identities: Uint8Array | readonly (string | null)[], rows?: Uint32Array): readonly string[] {
  const names = identities instanceof Uint8Array ? hashNames(identities) : identities.map((text) => text ?? '');
  const seen = new Map<string, number>();
  const ids = names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  });
  return rows ? Array.from(rows, (row) => ids[row]!) : ids;
}

function hashNames(hashes: Uint8Array): string[] {
  const bytes = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength);
  return Array.from({ length: bytes.length / 16 }, (_, row) => bytes.toString('hex', row * 16, row * 16 + 16));
}
