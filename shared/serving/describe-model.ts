import type { InferenceSession } from 'onnxruntime-node';
import type { Manifest } from '../bundle/manifest.js';
import { UserError } from '../core/errors.js';
import { discoverInputs, discoverOutputs, type OutputLayout } from '../onnx/discover.js';
import { chooseScore } from '../onnx/outputs.js';
import type { TensorType } from '../onnx/signature.js';
import type { Scores, Servable, ServedColumn, ServedOutput } from './servable.js';

/** A graph's own account of itself. */
export interface GraphMetadata {
  readonly inputs: readonly InferenceSession.ValueMetadata[];
  readonly outputs: readonly InferenceSession.ValueMetadata[];
}

/** How a graph that comes without a manifest is called. */
export interface Naming {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

/**
 * What a bundle's model takes and gives.
 * @throws UserError when manifest and graph do not go together
 */
export function describeBundle(manifest: Manifest, version: string, graph: GraphMetadata): Servable {
  const { name, digest, task, classes, signature } = manifest;
  const layout = discoverOutputs(graph.outputs);
  const columns = graphColumns(graph).map((column): ServedColumn => {
    if (column.width > 1) return column;
    const known = signature.inputs.find((input) => input.name === column.name);
    if (!known || known.tensor !== column.tensor) {
      const found = known ? `as ${known.tensor}` : 'not at all';
      throw new UserError(
        `the graph has the input ${JSON.stringify(column.name)} (${column.tensor}), which the manifest's signature names ${found}`,
      );
    }
    return { ...column, type: known.column };
  });
  const score = chooseScore(layout, { task, classes }, task === 'regression' ? 1 : classes.length);
  return {
    name,
    version,
    digest,
    columns: [...columns, ...contextColumns(manifest, columns)],
    outputs: graphOutputs(graph),
    scores: {
      task,
      output: score,
      classes,
      threshold: manifest.threshold ?? EVEN,
      ...labelOutput(layout, graph),
    },
  };
}

/** Of a binary model that does not say it. */
const EVEN = 0.5;

/**
 * What a graph made elsewhere takes and gives, by type and shape. With a label beside its scores it is a classifier, with
 * one score a row a regression.
 * @param classesOf the classes that the graph names, for as many scores
 */
export function describeGraph(
  naming: Naming,
  graph: GraphMetadata,
  classesOf: (count: number) => readonly string[] | undefined,
): Servable {
  const layout = discoverOutputs(graph.outputs);
  const scores = guessScores(layout, classesOf);
  return {
    ...naming,
    columns: graphColumns(graph),
    outputs: graphOutputs(graph),
    ...(scores && { scores: { ...scores, ...(scores.task !== 'regression' && labelOutput(layout, graph)) } }),
  };
}

function guessScores(layout: OutputLayout, classesOf: (count: number) => readonly string[] | undefined): Scores | undefined {
  const [only, ...others] = layout.scores;
  if (!only || others.length > 0 || only.width === undefined || layout.zipMap !== undefined) return undefined;
  if (layout.label === undefined) {
    return only.width === 1 ? { task: 'regression', output: only.name, classes: [], threshold: EVEN } : undefined;
  }
  const count = Math.max(2, only.width);
  const classes = classesOf(count) ?? Array.from({ length: count }, (_, index) => String(index));
  return { task: count === 2 ? 'binary' : 'multiclass', output: only.name, classes, threshold: EVEN };
}

/** A label of texts is written by the server, which knows the threshold; one of numbers stays the graph's. */
function labelOutput({ label }: OutputLayout, { outputs }: GraphMetadata): { readonly label: string } | undefined {
  const isText = outputs.some((output) => output.isTensor && output.name === label && output.type === 'string');
  return label !== undefined && isText ? { label } : undefined;
}

function graphColumns({ inputs }: GraphMetadata): readonly ServedColumn[] {
  const layout = discoverInputs(inputs);
  if (layout.kind === 'columns') {
    return layout.inputs.map(({ name, column, tensor, rank }) => ({ name, type: column, tensor, rank, width: 1 }));
  }
  const { name, tensor, width } = layout;
  if (width === undefined || tensor === 'string' || tensor === 'bool') {
    throw new UserError(
      `the model's input ${JSON.stringify(name)} ${width === undefined ? 'does not say how many columns it takes' : `takes ${width} columns of ${tensor}`}; ` +
        'accepted are one input [N, 1] a column, or a single input [N, F] of numbers',
    );
  }
  return [{ name, type: 'number', tensor, rank: 2, width }];
}

const SERVED_TENSORS: ReadonlySet<string> = new Set<TensorType>(['string', 'int64', 'float32', 'float64', 'int32', 'bool']);

/** Tensors of other types, and what is no tensor, cannot be asked for. */
function graphOutputs({ outputs }: GraphMetadata): readonly ServedOutput[] {
  return outputs.flatMap((output) =>
    output.isTensor && SERVED_TENSORS.has(output.type) && output.shape.length <= 2
      ? [
          {
            name: output.name,
            tensor: output.type as TensorType,
            shape: output.shape.map((size, axis) => (typeof size === 'number' && axis > 0 ? size : 'N')),
          },
        ]
      : [],
  );
}

/** Key and event time, where the model does not take them itself. */
function contextColumns({ context, data }: Manifest, inputs: readonly ServedColumn[]): readonly ServedColumn[] {
  const names = new Set([...(context?.key ?? []), ...(context?.time === undefined ? [] : [context.time])]);
  for (const { name } of inputs) names.delete(name);
  return [...names].map((name) => ({
    name,
    type: data.schema.find((column) => column.name === name)?.type ?? 'string',
    rank: 1,
    width: 1,
  }));
}
