import { Random } from '../../core/random.js';

/** Streams of the seed: rows and features must not share their random numbers. */
const ROW_STREAM = 0x726f77;
const FEATURE_STREAM = 0x636f6c;

/** Draws the rows and features of each round. The draws depend on the seed and the order of calls only. */
export class Sampling {
  readonly #rows: number;
  readonly #features: number;
  readonly #rowRandom: Random;
  readonly #featureRandom: Random;

  constructor(rows: number, features: number, seed: number) {
    this.#rows = rows;
    this.#features = features;
    this.#rowRandom = new Random(seed, ROW_STREAM);
    this.#featureRandom = new Random(seed, FEATURE_STREAM);
  }

  /** Flags a share of the rows, at least one. */
  drawRows(share: number): Uint8Array {
    return draw(this.#rowRandom, this.#rows, Math.max(1, Math.floor(this.#rows * share)));
  }

  /** Flags a share of the features, at least one. */
  drawFeatures(share: number): Uint8Array {
    if (share >= 1) return new Uint8Array(this.#features).fill(1);
    return draw(this.#featureRandom, this.#features, Math.max(1, Math.round(this.#features * share)));
  }
}

/** Flags `wanted` of `size` places, each set equally likely (Knuth, TAOCP 2, algorithm S). */
function draw(random: Random, size: number, wanted: number): Uint8Array {
  const flags = new Uint8Array(size);
  let left = Math.min(wanted, size);
  for (let place = 0; place < size && left > 0; place++) {
    if (random.uniform() * (size - place) >= left) continue;
    flags[place] = 1;
    left--;
  }
  return flags;
}
