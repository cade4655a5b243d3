/** Fewer rows are sorted by comparisons: counting 65,536 digits would cost more. */
const FEW_ROWS = 4096;

const DIGIT = 0xffff;

/**
 * The rows in the order of several columns, all ascending, the first column first; rows that are equal in all of them in
 * the order they have. The same whatever the method; NaN comes last.
 */
export function orderOf(columns: readonly ArrayLike<number>[], rows: number): Uint32Array {
  const order = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  if (rows <= FEW_ROWS) {
    return order.sort((a, b) => {
      for (let at = 0; at < columns.length; at++) {
        const difference = compareNumbers(columns[at]![a]!, columns[at]![b]!);
        if (difference !== 0) return difference;
      }
      return a - b;
    });
  }
  return columns.reduceRight<Uint32Array<ArrayBuffer>>((sorted, column) => sortByColumn(sorted, column), order);
}

/** NaN after everything. */
function compareNumbers(left: number, right: number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  if (left === right) return 0;
  return (Number.isNaN(left) ? 1 : 0) - (Number.isNaN(right) ? 1 : 0);
}

/** A stable radix sort by the four 16-bit digits of the doubles, the lowest first; digits that all rows share are passed over. */
function sortByColumn(order: Uint32Array<ArrayBuffer>, column: ArrayLike<number>): Uint32Array<ArrayBuffer> {
  const rows = order.length;
  const keys = sortableBits(column, rows);
  const counts = new Uint32Array(DIGIT + 2);
  let from = order;
  let to = new Uint32Array(rows);
  for (let digit = 0; digit < 4; digit++) {
    counts.fill(0);
    for (let row = 0; row < rows; row++) counts[keys[row * 4 + digit]! + 1]!++;
    if (counts.includes(rows)) continue;
    for (let value = 0; value <= DIGIT; value++) counts[value + 1]! += counts[value]!;
    for (let at = 0; at < rows; at++) {
      const row = from[at]!;
      to[counts[keys[row * 4 + digit]!]!++] = row;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** The bits of each double so turned that larger numbers have larger bits: four 16-bit digits a row, the lowest first. */
function sortableBits(column: ArrayLike<number>, rows: number): Uint16Array {
  const values = new Float64Array(rows);
  // 0 is added since -0 equals 0 but has other bits.
  for (let row = 0; row < rows; row++) values[row] = column[row]! + 0;
  const words = new Uint32Array(values.buffer);
  const isLittle = new Uint16Array(Uint32Array.of(1).buffer)[0] === 1;
  if (!isLittle) throw new Error('the byte order of this machine is not known to the sort');
  for (let row = 0; row < rows; row++) {
    const high = words[row * 2 + 1]!;
    if (high >>> 31 === 1 && !Number.isNaN(values[row])) {
      words[row * 2] = ~words[row * 2]!;
      words[row * 2 + 1] = ~high;
    } else {
      words[row * 2 + 1] = (high & 0x7fffffff) | 0x80000000;
    }
  }
  return new Uint16Array(words.buffer);
}
