import type { ColumnSchema } from '../data/table.js';
import type { GraphBuilder } from '../onnx/graph.js';
import type { SignatureInput } from '../onnx/signature.js';
import { createNodes } from './nodes.js';
import { type FeaturePlan, sourcesOf } from './plan.js';
import { runsOf } from './runs.js';

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
  const { place, inputs } = createNodes(new Set(plan.features.flatMap(sourcesOf)), schema, graph);
  const columns = runsOf(plan.features).map((run) => run.nodes(place));
  return { features: graph.node('Concat', columns, { axis: { int: 1 } }), inputs };
}
