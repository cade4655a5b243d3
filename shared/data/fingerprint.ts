import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/json.js';
import type { StoredColumn } from './load.js';
import type { ColumnSchema } from './table.js';

/** Identifies the rows that a model saw, in any file order and file format; a manifest holds it. */
export interface RowsFingerprint {
  readonly digest: string;
  readonly rows: number;
  /** Sorted by name. */
  readonly schema: readonly ColumnSchema[];
  readonly where?: string;
}

/**
 * The digest of the rows of a dataset, whatever their order, file format and column order.
 *
 * It is the sha256 of the columns (names, and kinds in which an integer is a number and a date a timestamp, since files
 * disagree about those) followed by the sorted sequence of the 16-byte row hashes. Sorting, unlike adding or XOR-ing
 * the hashes, keeps duplicates and loses nothing: two sets of rows have one digest only when sha256 or the MD5 of two
 * different rows collide. By chance that is below 1e-24 for 10 million rows. MD5 can be made to collide on purpose, so
 * the digest tells versions of data apart; it is no seal against somebody who writes the data.
 * @param hashes the row hashes in ascending order
 */
export function rowsDigest(columns: readonly StoredColumn[], hashes: Uint8Array): string {
  const kinds = { integer: 'number', date: 'timestamp' } as const;
  const header = [...columns]
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ name, type }) => ({ name, kind: type === 'integer' || type === 'date' ? kinds[type] : type }));
  const digest = createHash('sha256').update(canonicalJson(header)).update('\n').update(hashes).digest('hex');
  return `sha256:${digest}`;
}
