import type { ColumnSchema } from '../data/table.js';
import type { GraphBuilder } from '../onnx/graph.js';
import { type SignatureInput, TENSOR_OF_COLUMN } from '../onnx/signature.js';
import { createCalendar } from './calendar-graph.js';
import type { FeatureNodes } from './transform.js';

export const FLOAT32 = 1;
export const INT64 = 7;
const FLOAT64 = 11;

/** The smallest 64-bit whole number, which stands for missing. */
const MISSING = -(2n ** 63n);

/** Starts the feature nodes of a graph, with an input for each of the raw columns. */
export function createNodes(
  columns: Iterable<string>,
  schema: readonly ColumnSchema[],
  graph: GraphBuilder,
): { readonly place: FeatureNodes; readonly inputs: SignatureInput[] } {
  const inputs: SignatureInput[] = [];
  for (const name of columns) {
    const column = schema.find((candidate) => candidate.name === name)?.type;
    if (!column) throw new Error(`the schema has no column ${JSON.stringify(name)}`);
    const tensor = TENSOR_OF_COLUMN[column];
    inputs.push({ name: graph.input(name, tensor), column, tensor });
  }
  const known = new Map<string, string>();
  const once = (key: string, make: () => string): string => {
    const name = known.get(key) ?? make();
    known.set(key, name);
    return name;
  };
  const calendars = new Map<string, ReturnType<typeof createCalendar>>();
  const input = (column: string): SignatureInput => inputs.find((candidate) => candidate.name === column)!;
  const missing = (column: string): string =>
    once(`missing ${column}`, () => {
      const { name, tensor } = input(column);
      if (tensor === 'string') return graph.node('Equal', [name, textConstant(graph, '')]);
      if (tensor === 'int64') {
        return graph.node('Equal', [name, graph.constant({ type: 'int64', shape: [], values: [MISSING] })]);
      }
      return graph.node('IsNaN', [name]);
    });
  const place: FeatureNodes = {
    graph,
    input,
    missing,
    once,
    number: (column) =>
      once(`number ${column}`, () => {
        const { name, tensor } = input(column);
        if (tensor === 'float64') return name;
        const cast = toFloat64(graph, name);
        return tensor === 'int64' ? graph.node('Where', [missing(column), float64(graph, Number.NaN), cast]) : cast;
      }),
    calendar(column) {
      const calendar = calendars.get(column) ?? createCalendar(column, graph);
      calendars.set(column, calendar);
      return calendar;
    },
  };
  return { place, inputs };
}

/** A number as a 64-bit constant that fits any shape. */
export function float64(graph: GraphBuilder, value: number): string {
  return graph.constant({ type: 'float64', shape: [], values: [value] });
}

/** A number as a 32-bit constant that fits any shape. */
export function float32(graph: GraphBuilder, value: number): string {
  return graph.constant({ type: 'float32', shape: [], values: [value] });
}

export function textConstant(graph: GraphBuilder, value: string): string {
  return graph.constant({ type: 'string', shape: [], values: [value] });
}

export function toFloat32(graph: GraphBuilder, value: string): string {
  return graph.node('Cast', [value], { to: { int: FLOAT32 } });
}

export function toFloat64(graph: GraphBuilder, value: string): string {
  return graph.node('Cast', [value], { to: { int: FLOAT64 } });
}

/** `value` (float32), and NaN where `missing` holds. */
export function nanWhere(graph: GraphBuilder, missing: string, value: string): string {
  return graph.node('Where', [missing, float32(graph, Number.NaN), value]);
}

/**
 * A number of each category of a text or whole-number column, as a float32 tensor [N, 1].
 * @param keys the categories: texts, or whole numbers as decimal text
 */
export function encodeLevels(
  { graph, input }: FeatureNodes,
  column: string,
  keys: readonly string[],
  values: readonly number[],
  missing: number,
  other: number,
): string {
  const { name, tensor } = input(column);
  const of =
    tensor === 'string'
      ? { keys_strings: { strings: ['', ...keys] } }
      : { keys_int64s: { ints: [MISSING, ...keys.map((key) => BigInt(key))] } };
  return graph.node(
    'LabelEncoder',
    [name],
    { ...of, values_floats: { floats: [missing, ...values] }, default_float: { float: other } },
    { domain: 'ai.onnx.ml' },
  );
}
