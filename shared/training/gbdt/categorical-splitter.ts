import type { SplitSettings } from './settings.js';
import { boundedGain, gainToBeat, type LeafSums, leafGain, type Split } from './split.js';

/** Gaps of a shell sort (Ciura 2001): short lists of floats, no allocation, and ties are broken by bin. */
const GAPS = [132, 57, 23, 10, 4, 1];

/**
 * Finds the best set of categories to send left. Where a feature has few bins: one category against the rest. Else the categories
 * are sorted by G / (H + cat_smooth), and sets are taken from both ends of that order, which for these losses holds the best
 * of all sets (Fisher 1958, as LightGBM does). Missing values count as one more category; categories without a bin of their
 * own always stay on the right, and so do unseen ones.
 */
export class CategoricalSplitter {
  readonly #settings: SplitSettings;
  readonly #order = new Int32Array(256);
  readonly #key = new Float64Array(256);

  constructor(settings: SplitSettings) {
    this.#settings = settings;
  }

  /**
   * Writes the best set into `best` where it beats what is there.
   * @param offset where the feature's bins start in the histogram
   * @param categories bins of a category of their own: 0 .. categories − 1
   * @param valueBins the bin of missing values
   */
  find(
    histogram: Float64Array,
    offset: number,
    categories: number,
    valueBins: number,
    feature: number,
    leaf: LeafSums,
    best: Split,
  ): void {
    if (valueBins <= this.#settings.maxCatToOnehot)
      this.#oneVersusRest(histogram, offset, categories, valueBins, feature, leaf, best);
    else this.#sorted(histogram, offset, categories, valueBins, feature, leaf, best);
  }

  #oneVersusRest(
    histogram: Float64Array,
    offset: number,
    categories: number,
    valueBins: number,
    feature: number,
    leaf: LeafSums,
    best: Split,
  ): void {
    const { lambdaL2, minSumHessianInLeaf, minDataInLeaf } = this.#settings;
    const minRows = Math.max(1, minDataInLeaf);
    const rowsPerHessian = leaf.rows / leaf.hessian;
    const toBeat = gainToBeat(leaf, this.#settings);
    for (let candidate = 0; candidate <= categories; candidate++) {
      const bin = candidate === categories ? valueBins : candidate;
      const gradient = histogram[offset + 2 * bin]!;
      const hessian = histogram[offset + 2 * bin + 1]!;
      const rows = Math.floor(hessian * rowsPerHessian + 0.5);
      const restHessian = leaf.hessian - hessian;
      if (rows < minRows || leaf.rows - rows < minRows) continue;
      if (hessian < minSumHessianInLeaf || restHessian < minSumHessianInLeaf) continue;
      const gain = this.#gainOf(leaf, gradient, hessian, lambdaL2) - toBeat;
      if (!(gain > best.gain)) continue;
      this.#order[0] = bin;
      this.#record(best, gain, feature, valueBins, leaf, gradient, hessian, lambdaL2, 0, 1, 1);
    }
  }

  #sorted(
    histogram: Float64Array,
    offset: number,
    categories: number,
    valueBins: number,
    feature: number,
    leaf: LeafSums,
    best: Split,
  ): void {
    const settings = this.#settings;
    const { minSumHessianInLeaf, minDataPerGroup } = settings;
    const minRows = Math.max(1, settings.minDataInLeaf);
    const lambdaL2 = settings.lambdaL2 + settings.catL2;
    const rowsPerHessian = leaf.rows / leaf.hessian;
    const toBeat = gainToBeat(leaf, settings);
    const used = this.#sort(histogram, offset, categories, valueBins, rowsPerHessian);
    const longest = Math.min(settings.maxCatThreshold, (used + 1) >> 1);
    for (let direction = 1; direction >= -1; direction -= 2) {
      const start = direction === 1 ? 0 : used - 1;
      let leftGradient = 0;
      let leftHessian = 0;
      let leftRows = 0;
      let groupRows = 0;
      for (let length = 1; length <= longest; length++) {
        const bin = this.#order[start + direction * (length - 1)]!;
        const hessian = histogram[offset + 2 * bin + 1]!;
        const rows = Math.floor(hessian * rowsPerHessian + 0.5);
        leftGradient += histogram[offset + 2 * bin]!;
        leftHessian += hessian;
        leftRows += rows;
        groupRows += rows;
        if (leftRows < minRows || leftHessian < minSumHessianInLeaf) continue;
        const rightRows = leaf.rows - leftRows;
        const rightHessian = leaf.hessian - leftHessian;
        if (rightRows < minRows || rightRows < minDataPerGroup || rightHessian < minSumHessianInLeaf) break;
        if (groupRows < minDataPerGroup) continue;
        groupRows = 0;
        const gain = this.#gainOf(leaf, leftGradient, leftHessian, lambdaL2) - toBeat;
        if (!(gain > best.gain)) continue;
        this.#record(best, gain, feature, valueBins, leaf, leftGradient, leftHessian, lambdaL2, start, direction, length);
      }
    }
  }

  /** What both sides of a split save, with these sums on one of them. */
  #gainOf(leaf: LeafSums, gradient: number, hessian: number, lambdaL2: number): number {
    const { lambdaL1 } = this.#settings;
    const otherGradient = leaf.gradient - gradient;
    const otherHessian = leaf.hessian - hessian;
    if (leaf.bounds) {
      const other = { gradient: otherGradient, hessian: otherHessian };
      return boundedGain({ gradient, hessian }, other, lambdaL1, lambdaL2, leaf.bounds, 0);
    }
    return leafGain(gradient, hessian, lambdaL1, lambdaL2) + leafGain(otherGradient, otherHessian, lambdaL1, lambdaL2);
  }

  /** Puts the bins with enough rows into order; returns how many they are. */
  #sort(histogram: Float64Array, offset: number, categories: number, valueBins: number, rowsPerHessian: number): number {
    const order = this.#order;
    const key = this.#key;
    const { catSmooth } = this.#settings;
    const enough = Math.max(1, catSmooth);
    let used = 0;
    for (let candidate = 0; candidate <= categories; candidate++) {
      const bin = candidate === categories ? valueBins : candidate;
      const hessian = histogram[offset + 2 * bin + 1]!;
      if (Math.floor(hessian * rowsPerHessian + 0.5) < enough) continue;
      key[bin] = histogram[offset + 2 * bin]! / (hessian + catSmooth);
      order[used++] = bin;
    }
    for (const gap of GAPS) {
      for (let from = gap; from < used; from++) {
        const bin = order[from]!;
        const value = key[bin]!;
        let to = from;
        for (; to >= gap; to -= gap) {
          const other = order[to - gap]!;
          const otherValue = key[other]!;
          if (otherValue < value || (otherValue === value && other < bin)) break;
          order[to] = other;
        }
        order[to] = bin;
      }
    }
    return used;
  }

  #record(
    best: Split,
    gain: number,
    feature: number,
    valueBins: number,
    leaf: LeafSums,
    leftGradient: number,
    leftHessian: number,
    lambdaL2: number,
    start: number,
    direction: number,
    length: number,
  ): void {
    best.gain = gain;
    best.feature = feature;
    best.categorical = true;
    best.bin = 0;
    best.leftSet.fill(0);
    for (let step = 0; step < length; step++) {
      const bin = this.#order[start + direction * step]!;
      best.leftSet[bin >> 5]! |= 1 << (bin & 31);
    }
    best.missingLeft = ((best.leftSet[valueBins >> 5]! >>> (valueBins & 31)) & 1) === 1;
    best.leftGradient = leftGradient;
    best.leftHessian = leftHessian;
    best.rightGradient = leaf.gradient - leftGradient;
    best.rightHessian = leaf.hessian - leftHessian;
    best.lambdaL2 = lambdaL2;
  }
}
