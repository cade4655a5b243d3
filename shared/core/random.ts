/**
 * A seeded random source: sfc32 seeded through splitmix32. The same seed gives the same numbers on every
 * platform and in every version of this project, since models, splits and intervals depend on it.
 * Source: Chris Doty-Humphrey, PractRand (sfc32).
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed any finite number; only its lower 32 bits count. @param stream separates uses of one seed. */
  constructor(seed: number, stream = 0) {
    let state = (seed ^ Math.imul(stream, 0x9e3779b9)) >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      return mixed ^ (mixed >>> 15);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    for (let round = 0; round < 12; round++) this.uint32();
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number in [0, 1) with 32 random bits. */
  uniform(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** An integer in [0, limit). The bias is below limit / 2^32. */
  integer(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  /**
   * Adds one to `counts[start + integer(limit)]` for each of so many draws, the same draws that calls of integer() would
   * give. The state stays in local variables, which is several times faster. Counts wrap at what the array holds.
   */
  tally(counts: Uint8Array, start: number, limit: number, draws: number): void {
    let [a, b, c, counter] = [this.#a, this.#b, this.#c, this.#counter];
    const scale = limit / 0x1_0000_0000;
    for (let draw = 0; draw < draws; draw++) {
      const sum = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + sum) | 0;
      counts[start + (((sum >>> 0) * scale) >>> 0)]!++;
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#counter = counter;
  }

  /** A standard normal number (Marsaglia's polar method). */
  normal(): number {
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s);
    }
  }
}
