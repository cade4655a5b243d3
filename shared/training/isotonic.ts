/** A piecewise linear function that never falls: `y[i]` at `x[i]`, constant outside. */
export interface Piecewise {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

interface Block {
  weight: number;
  x: number;
  y: number;
}

/**
 * Isotonic regression by pooling adjacent violators (Ayer et al. 1955). Rows of the same x are one from the start, as scikit-learn
 * has it.
 * @param weights not negative; rows of weight 0 do not count
 * @returns the blocks in the order of x, with the weighted means of their rows; y ascends strictly
 */
export function poolViolators(x: Float64Array, y: Float64Array, weights?: Float64Array): readonly Readonly<Block>[] {
  const blocks: Block[] = [];
  for (const point of pointsOf(x, y, weights)) {
    let block = point;
    while (blocks.length > 0 && blocks.at(-1)!.y >= block.y) block = joined(blocks.pop()!, block);
    blocks.push(block);
  }
  return blocks;
}

/**
 * The calibration curve through the blocks' means (centred isotonic regression, Oron and Flournoy 2017): unlike steps it keeps apart
 * what the model tells apart, and a rounded x moves y little.
 * @param gap blocks nearer to each other than this are one, so that no piece is too steep
 */
export function centredIsotonic(x: Float64Array, y: Float64Array, weights: Float64Array | undefined, gap: number): Piecewise {
  const knots: Block[] = [];
  for (const block of poolViolators(x, y, weights)) {
    const last = knots.at(-1);
    if (last && block.x - last.x < gap) knots[knots.length - 1] = joined(last, block);
    else knots.push(block);
  }
  return { x: knots.map((knot) => knot.x), y: knots.map((knot) => knot.y) };
}

/** The function at a place. */
export function valueAt({ x, y }: Piecewise, place: number): number {
  if (place <= x[0]!) return y[0]!;
  // The last knot that is not above the place.
  let low = 0;
  let high = x.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle]! <= place) low = middle;
    else high = middle;
  }
  if (low === x.length - 1) return y[low]!;
  return y[low]! + ((place - x[low]!) / (x[low + 1]! - x[low]!)) * (y[low + 1]! - y[low]!);
}

function pointsOf(x: Float64Array, y: Float64Array, weights: Float64Array | undefined): Block[] {
  const order = Uint32Array.from(x, (_, row) => row).sort((a, b) => x[a]! - x[b]!);
  const points: Block[] = [];
  for (const row of order) {
    const weight = weights ? weights[row]! : 1;
    if (weight === 0) continue;
    const point = { weight, x: x[row]!, y: y[row]! };
    const last = points.at(-1);
    if (last && last.x === point.x) points[points.length - 1] = joined(last, point);
    else points.push(point);
  }
  return points;
}

function joined(a: Block, b: Block): Block {
  const weight = a.weight + b.weight;
  // Written so that equal numbers stay what they are.
  return { weight, x: a.x + (b.x - a.x) * (b.weight / weight), y: a.y + (b.y - a.y) * (b.weight / weight) };
}
