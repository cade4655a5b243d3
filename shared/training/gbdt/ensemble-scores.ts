import type { Matrix } from '../../features/plan.js';
import type { Ensemble } from './booster.js';
import type { Tree } from './tree.js';

/** Rows that are scored at a time: laid out row by row, they and a tree stay in the first cache. */
const BLOCK = 64;

/** A tree in flat arrays: what is compared, where it goes, and the sets of categories as bits. */
interface FlatTree {
  readonly columns: Int32Array;
  readonly thresholds: Float32Array;
  readonly missingLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly values: Float64Array;
  /** Where a node's set begins in `words`; -1: it compares with its threshold. */
  readonly firstWord: Int32Array;
  readonly wordCount: Int32Array;
  readonly words: Int32Array;
}

/**
 * Raw scores of every row, by output: the base and the values of all trees, in the order of the rounds.
 * Numbers go left when `x <= threshold`, categories when the node's set holds them, missing values as the node says.
 */
export function scoreRows({ base, rounds }: Ensemble, matrix: Matrix): Float64Array[] {
  const scores = Array.from(base, (own) => new Float64Array(matrix.rows).fill(own));
  const trees = rounds.flatMap((round) =>
    round.flatMap((tree, output) => (tree ? [{ tree: flatten(tree), scores: scores[output]! }] : [])),
  );
  const width = matrix.columns.length;
  const block = new Float32Array(BLOCK * width);
  for (let from = 0; from < matrix.rows; from += BLOCK) {
    const count = Math.min(BLOCK, matrix.rows - from);
    matrix.columns.forEach(({ values }, column) => {
      for (let row = 0; row < count; row++) block[row * width + column] = values[from + row]!;
    });
    for (const own of trees) addTree(own.tree, block, width, own.scores, from, count);
  }
  return scores;
}

function flatten(tree: Tree): FlatTree {
  const { columns, thresholds, missingLeft, left, right, values, categories } = tree;
  const firstWord = new Int32Array(columns.length).fill(-1);
  const wordCount = new Int32Array(columns.length);
  const words: number[] = [];
  categories.forEach((set, node) => {
    if (!set) return;
    firstWord[node] = words.length;
    wordCount[node] = set.length > 0 ? (set[set.length - 1]! >> 5) + 1 : 0;
    const own = new Int32Array(wordCount[node]!);
    for (const category of set) own[category >> 5]! |= 1 << (category & 31);
    words.push(...own);
  });
  return { columns, thresholds, missingLeft, left, right, values, firstWord, wordCount, words: Int32Array.from(words) };
}

function addTree(tree: FlatTree, block: Float32Array, width: number, scores: Float64Array, from: number, count: number): void {
  const { columns, thresholds, missingLeft, left, right, values, firstWord, wordCount, words } = tree;
  const root = columns.length > 0 ? 0 : -1;
  for (let row = 0; row < count; row++) {
    const start = row * width;
    let node = root;
    while (node >= 0) {
      const value = block[start + columns[node]!]!;
      const first = firstWord[node]!;
      let goesLeft: boolean;
      if (first < 0) goesLeft = value <= thresholds[node]! || (Number.isNaN(value) && missingLeft[node] === 1);
      else if (Number.isNaN(value)) goesLeft = missingLeft[node] === 1;
      else {
        // A category beyond the set's words is not in it.
        const word = value >> 5;
        goesLeft = word >= 0 && word < wordCount[node]! && ((words[first + word]! >>> (value & 31)) & 1) === 1;
      }
      node = goesLeft ? left[node]! : right[node]!;
    }
    scores[from + row]! += values[~node]!;
  }
}
