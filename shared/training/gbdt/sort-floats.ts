/** Keys are sorted by 11, 11 and 10 bits. */
const LOW = 2 ** 11;
const HIGH = 2 ** 10;

/**
 * Sorts the first `count` values in ascending order, with -0 before 0. A radix sort on the bits, which takes a fifth of the time that
 * Float32Array's own sort takes. Each loop is a function of its own: one that holds several is compiled anew after each of them.
 * @param values without NaN
 * @param room for as many numbers; what they are afterwards means nothing
 * @returns the sorted values, where they have been
 */
export function sortFloats(values: Float32Array, count: number, room: Int32Array): Float32Array {
  const sorted = new Int32Array(values.buffer, values.byteOffset, count);
  let [from, to] = [sorted, room.subarray(0, count)];
  const counts = [new Int32Array(LOW), new Int32Array(LOW), new Int32Array(HIGH)] as const;
  countKeys(from, ...counts);
  counts.forEach((places, pass) => {
    let next = 0;
    for (let digit = 0; digit < places.length; digit++) {
      const size = places[digit]!;
      places[digit] = next;
      next += size;
    }
    deal(from, to, places, 11 * pass);
    [from, to] = [to, from];
  });
  turnBack(from, sorted);
  return values.subarray(0, count);
}

/** Makes bits into keys that are ordered as unsigned integers: a positive number gets its sign bit set, a negative one all its bits turned. */
function countKeys(bits: Int32Array, low: Int32Array, middle: Int32Array, high: Int32Array): void {
  for (let at = 0; at < bits.length; at++) {
    const value = bits[at]!;
    const key = value ^ ((value >> 31) | 0x80000000);
    bits[at] = key;
    low[key & (LOW - 1)]!++;
    middle[(key >>> 11) & (LOW - 1)]!++;
    high[key >>> 22]!++;
  }
}

/** Deals keys out by one of their digits. */
function deal(from: Int32Array, to: Int32Array, places: Int32Array, shift: number): void {
  const mask = places.length - 1;
  for (let at = 0; at < from.length; at++) {
    const key = from[at]!;
    to[places[(key >>> shift) & mask]!++] = key;
  }
}

/** From keys to bits. */
function turnBack(keys: Int32Array, bits: Int32Array): void {
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!;
    bits[at] = key ^ (~(key >> 31) | 0x80000000);
  }
}
