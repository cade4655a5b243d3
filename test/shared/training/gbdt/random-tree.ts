import type { Random } from '../../../../shared/core/random.js';
import type { Tree } from '../../../../shared/training/gbdt/tree.js';

/** A random tree over a numeric column 0 and a category column 1 of 200 levels. */
export function randomTree(random: Random, leaves: number): Tree {
  const left: number[] = [];
  const right: number[] = [];
  const categories: (Int32Array | undefined)[] = [];
  const slots: { node: number; side: number[] }[] = [];
  for (let node = 0; node < leaves - 1; node++) {
    if (node > 0) {
      const [slot] = slots.splice(random.integer(slots.length), 1);
      slot!.side[slot!.node] = node;
    }
    slots.push({ node, side: left }, { node, side: right });
    const size = random.integer(40);
    const members = new Set(Array.from({ length: size }, () => random.integer(random.uniform() < 0.5 ? 30 : 200)));
    categories.push(random.uniform() < 0.5 ? undefined : Int32Array.from([...members].sort((a, b) => a - b)));
  }
  slots.forEach((slot, leaf) => {
    slot.side[slot.node] = ~leaf;
  });
  const nodes = leaves - 1;
  return {
    columns: Int32Array.from(categories, (set) => (set ? 1 : 0)),
    thresholds: Float32Array.from(
      { length: nodes },
      () => [random.normal(), 0, Number.POSITIVE_INFINITY, 0.25][random.integer(4)]!,
    ),
    missingLeft: Uint8Array.from({ length: nodes }, () => random.integer(2)),
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    categories,
    gains: new Float64Array(nodes),
    values: Float64Array.from({ length: leaves }, () => Math.fround(random.normal())),
    rows: Float64Array.from({ length: leaves }, () => 1 + random.integer(50)),
  };
}
