/**
 * A map from 64-bit hashes to small whole numbers, in typed arrays (12 bytes a place): a Map of strings or bigints takes
 * many times the memory for millions of rows. Two hashes of different rows are equal by chance with a probability below
 * 1e-6 even among 3 million.
 */
export class HashIndex {
  readonly #mask: number;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  /** The stored number plus 1; 0 is an empty place. */
  readonly #values: Uint32Array;

  /** @param capacity the most entries there will be */
  constructor(capacity: number) {
    const places = 2 ** Math.ceil(Math.log2(Math.max(16, capacity * 2)));
    this.#mask = places - 1;
    this.#high = new Uint32Array(places);
    this.#low = new Uint32Array(places);
    this.#values = new Uint32Array(places);
  }

  /** Stores the number of a hash unless it has one. @returns the number that it has now */
  add(high: number, low: number, value: number): number {
    const place = this.#find(high, low);
    if (this.#values[place] === 0) {
      this.#high[place] = high;
      this.#low[place] = low;
      this.#values[place] = value + 1;
    }
    return this.#values[place]! - 1;
  }

  /** The number of a hash, if it has one. */
  get(high: number, low: number): number | undefined {
    const value = this.#values[this.#find(high, low)]!;
    return value === 0 ? undefined : value - 1;
  }

  has(high: number, low: number): boolean {
    return this.#values[this.#find(high, low)] !== 0;
  }

  #find(high: number, low: number): number {
    // The hashes are uniform already, so their lowest bits are the place.
    let place = low & this.#mask;
    while (this.#values[place] !== 0 && (this.#high[place] !== high || this.#low[place] !== low))
      place = (place + 1) & this.#mask;
    return place;
  }
}

/** Which of many hashes stands where: 16 bytes each, of which the first 8 count. Undefined when one stands twice. */
export function indexHashes(hashes: Uint8Array): HashIndex | undefined {
  const words = hashWords(hashes);
  const index = new HashIndex(words.length / 4);
  for (let at = 0; at < words.length / 4; at++) {
    if (index.add(words[at * 4]!, words[at * 4 + 1]!, at) !== at) return undefined;
  }
  return index;
}

/** Hashes of 16 bytes as four 32-bit words a row. */
export function hashWords(hashes: Uint8Array): Uint32Array {
  return new Uint32Array(hashes.buffer, hashes.byteOffset, hashes.length / 4);
}
