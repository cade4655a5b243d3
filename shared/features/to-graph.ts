import type { ColumnSchema } from '../data/table.js';
import type { GraphBuilder } from '../onnx/graph.js';
import { type SignatureInput, TENSOR_OF_COLUMN } from '../onnx/signature.js';
import { createCalendar } from './calendar-graph.js';
import type { Feature, FeaturePlan } from './plan.js';

const FLOAT32 = 1;

/**
 * Writes the plan as nodes: one input [N, 1] a raw column that a feature reads (in the order of the features), and one
 * float32 tensor [N, F] with the features in the plan's order.
 * @returns the tensor's name, and the inputs
 */
export function addFeatures(
  plan: FeaturePlan,
  schema: readonly ColumnSchema[],
  graph: GraphBuilder,
): { features: string; inputs: SignatureInput[] } {
  const inputs: SignatureInput[] = [];
  for (const name of new Set(plan.features.map((feature) => feature.from))) {
    const column = schema.find((candidate) => candidate.name === name)?.type;
    if (!column) throw new Error(`the schema has no column ${JSON.stringify(name)}`);
    const tensor = TENSOR_OF_COLUMN[column];
    inputs.push({ name: graph.input(name, tensor), column, tensor });
  }
  const calendarOf = new Map<string, ReturnType<typeof createCalendar>>();
  const columnOf = (feature: Feature): string => {
    const input = inputs.find((candidate) => candidate.name === feature.from)!;
    if (feature.kind === 'numeric') return numeric(input, graph);
    if (feature.kind === 'categorical') return categorical(input, feature.levels, graph);
    const calendar = calendarOf.get(input.name) ?? createCalendar(input.name, graph);
    calendarOf.set(input.name, calendar);
    return missingToNan(input.name, calendar(feature.part), graph);
  };
  const columns = plan.features.map(columnOf);
  return { features: graph.node('Concat', columns, { axis: { int: 1 } }), inputs };
}

function numeric(input: SignatureInput, graph: GraphBuilder): string {
  if (input.tensor === 'float32') return input.name;
  const cast = graph.node('Cast', [input.name], { to: { int: FLOAT32 } });
  return input.tensor === 'int64' ? missingToNan(input.name, cast, graph) : cast;
}

function categorical(input: SignatureInput, levels: readonly string[], graph: GraphBuilder): string {
  return graph.node(
    'LabelEncoder',
    [input.name],
    {
      keys_strings: { strings: ['', ...levels] },
      values_floats: { floats: [Number.NaN, ...levels.keys()] },
      default_float: { float: levels.length },
    },
    { domain: 'ai.onnx.ml' },
  );
}

/** `value` (float32), and NaN where the int64 `column` is missing. */
function missingToNan(column: string, value: string, graph: GraphBuilder): string {
  const smallest = graph.constant({ type: 'int64', shape: [], values: [-(2n ** 63n)] });
  const nan = graph.constant({ type: 'float32', shape: [], values: [Number.NaN] });
  return graph.node('Where', [graph.node('Equal', [column, smallest]), nan, value]);
}
