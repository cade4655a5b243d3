import type { FeatureBins } from './binning.js';
import { CategoricalSplitter } from './categorical-splitter.js';
import type { HistogramLayout } from './histogram.js';
import { findThreshold } from './numeric-splitter.js';
import type { SplitSettings } from './settings.js';
import type { LeafSums, Split } from './split.js';

/** Finds the best split of a leaf over all its features. */
export class Splitter {
  readonly #features: readonly FeatureBins[];
  readonly #layout: HistogramLayout;
  readonly #settings: SplitSettings;
  readonly #directions: readonly number[] | undefined;
  readonly #categorical: CategoricalSplitter;

  /** @param directions of monotone constraints, by position; absent: there are none */
  constructor(
    features: readonly FeatureBins[],
    layout: HistogramLayout,
    settings: SplitSettings,
    directions?: readonly number[],
  ) {
    this.#directions = directions;
    this.#features = features;
    this.#layout = layout;
    this.#settings = settings;
    this.#categorical = new CategoricalSplitter(settings);
  }

  /**
   * Writes the best split on the features [from, to) into `best`; of equal ones the first feature and bin. Its gain is 0 when no split
   * is allowed or worth it.
   * @param allowed features that this tree may use, by position: 1 or 0
   */
  find(histogram: Float64Array, leaf: LeafSums, allowed: Uint8Array, best: Split, from: number, to: number): void {
    best.gain = 0;
    if (!(leaf.hessian > 0)) return;
    for (let feature = from; feature < to; feature++) {
      if (allowed[feature] === 0) continue;
      const bins = this.#features[feature]!;
      const offset = this.#layout.offsets[feature]!;
      const direction = this.#directions?.[feature] ?? 0;
      if (bins.kind === 'numeric')
        findThreshold(histogram, offset, bins.valueBins, feature, leaf, this.#settings, best, direction);
      else this.#categorical.find(histogram, offset, bins.categories.length, bins.valueBins, feature, leaf, best);
    }
  }
}
