import { encodeLevels, INT64, nanWhere } from '../nodes.js';
import type { FeatureOf } from '../plan.js';
import { type Categories, categories, categoriesOf, MIN_LEVEL_ROWS, noLevels } from '../raw.js';
import { type Derive, type FeatureNodes, single } from '../transform.js';

/** Most frequent combinations that keep an index of their own. */
const MAX_COMBINATIONS = 254;

/** Categories of several columns joined into one. */
export const crossed = single<'crossed'>({
  levels: (feature) => feature.levels.length + 1,
  values(feature, table) {
    const digits = digitsOf(feature);
    const columns = feature.from.map((name) => categories(feature, name, table));
    const digitsOfCodes = columns.map(({ keys }, at) =>
      keys.map((key) => (key === '' ? Number.NaN : (digits.indexOf[at]!.get(key) ?? digits.indexOf[at]!.size))),
    );
    return Float32Array.from({ length: table.rows }, (_, row) => {
      let number = 0;
      for (const [at, { codes }] of columns.entries()) number = number * digits.sizes[at]! + digitsOfCodes[at]![codes[row]!]!;
      return Number.isNaN(number) ? Number.NaN : (digits.levelOf.get(number) ?? feature.levels.length);
    });
  },
  nodes(feature, place) {
    const { graph, missing } = place;
    const digits = digitsOf(feature);
    const number = feature.from
      .map((name, at) => {
        const keys = [...digits.indexOf[at]!.keys()];
        const digit = encodeLevels(place, name, keys, [...keys.keys()], keys.length, keys.length);
        return graph.node('Cast', [digit], { to: { int: INT64 } });
      })
      .reduce((left, digit, at) => {
        const size = graph.constant({ type: 'int64', shape: [], values: [BigInt(digits.sizes[at]!)] });
        return graph.node('Add', [graph.node('Mul', [left, size]), digit]);
      });
    return nanWhere(
      graph,
      feature.from.map(missing).reduce((left, right) => graph.node('Or', [left, right])),
      levelNodes(place, number, digits, feature),
    );
  },
});

function levelNodes({ graph }: FeatureNodes, number: string, digits: Digits, feature: FeatureOf<'crossed'>): string {
  return graph.node(
    'LabelEncoder',
    [number],
    {
      keys_int64s: { ints: Array.from(digits.levelOf.keys(), BigInt) },
      values_floats: { floats: [...digits.levelOf.values()] },
      default_float: { float: feature.levels.length },
    },
    { domain: 'ai.onnx.ml' },
  );
}

/** A combination as one number, whose digits are the places of its texts among those of that column. */
interface Digits {
  readonly indexOf: readonly ReadonlyMap<string, number>[];
  /** Values of a digit: the texts, and one for all others. */
  readonly sizes: readonly number[];
  readonly levelOf: ReadonlyMap<number, number>;
}

function digitsOf({ from, levels }: FeatureOf<'crossed'>): Digits {
  const indexOf = from.map((_, at) => {
    const index = new Map<string, number>();
    for (const level of levels) if (!index.has(level[at]!)) index.set(level[at]!, index.size);
    return index;
  });
  const sizes = indexOf.map((index) => index.size + 1);
  const numberOf = (level: readonly string[]): number =>
    level.reduce((number, text, at) => number * sizes[at]! + indexOf[at]!.get(text)!, 0);
  return { indexOf, sizes, levelOf: new Map(levels.map((level, index) => [numberOf(level), index])) };
}

/** Numbers are multiplied, categories joined; whole numbers beside text are categories. */
export const deriveInteraction: Derive = ({ name }, from, { typeOf, column, problem }) => {
  const named = name ?? [...from, 'interaction'].join('_');
  const types = from.map(typeOf);
  if (!types.includes('string')) return [{ name: named, kind: 'product', from }];
  const odd = types.findIndex((type) => type !== 'string' && type !== 'integer');
  if (odd >= 0) {
    problem(
      `features.derive: interaction joins categories with each other or multiplies numbers, but column ${JSON.stringify(from[odd])} ` +
        `is of type ${types[odd]} beside text; bin it into a whole-number column first, or leave it out`,
    );
    return [];
  }
  const known = from.map((each) => categoriesOf(column(each)));
  const levels = frequentCombinations(known);
  if (levels.length === 0) problem(noLevels('interaction', from, known));
  return [{ name: named, kind: 'crossed', from, levels }];
};

function frequentCombinations(columns: readonly Categories[]): string[][] {
  const rows = columns[0]!.codes.length;
  let combined = new Float64Array(rows);
  let texts: string[][] = [[]];
  for (const { codes, keys } of columns) {
    // Keys may repeat, so texts and not codes are told apart.
    const textOf = new Map<string, number>();
    const ids = keys.map((key) => {
      const id = textOf.get(key) ?? textOf.size;
      textOf.set(key, id);
      return id;
    });
    const known = [...textOf.keys()];
    const next = new Map<number, number>();
    const joined: string[][] = [];
    const numbered = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const id = ids[codes[row]!]!;
      const pair = combined[row]! * known.length + id;
      let number = next.get(pair);
      if (number === undefined) {
        number = joined.length;
        next.set(pair, number);
        joined.push([...texts[combined[row]!]!, known[id]!]);
      }
      numbered[row] = number;
    }
    combined = numbered;
    texts = joined;
  }
  const counts = new Float64Array(texts.length);
  for (const number of combined) counts[number]! += 1;
  return texts
    .map((level, number) => ({ level, rows: counts[number]!, text: JSON.stringify(level) }))
    .filter(({ level, rows }) => rows >= MIN_LEVEL_ROWS && !level.includes(''))
    .sort((a, b) => b.rows - a.rows || (a.text < b.text ? -1 : 1))
    .slice(0, MAX_COMBINATIONS)
    .map(({ level }) => level);
}
