import { fromBinary } from '@bufbuild/protobuf';
import { type GraphProto, ModelProtoSchema, type NodeProto, type TensorProto, TensorProto_DataLocation } from 'onnx-buf';
import { UserError } from '../core/errors.js';

/**
 * Refuses bytes that are no ONNX model, and a model that keeps weights in other files: a bundle holds one file, and a
 * model of a pull request must not name paths of the machine that judges it.
 * @param what how the message names the model: its path, for instance
 */
export function assertSelfContained(bytes: Uint8Array, what: string): void {
  let model: ReturnType<typeof fromBinary<typeof ModelProtoSchema>>;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw new UserError(`${what} is not an ONNX model: its content (${bytes.length} bytes) cannot be parsed`, { cause: error });
  }
  if (!model.graph || model.graph.output.length === 0) {
    throw new UserError(`${what} is not an ONNX model: it holds no graph (${bytes.length} bytes)`);
  }
  const external = [...graphTensors(model.graph), ...model.functions.flatMap((body) => [...nodeTensors(body.node)])].find(
    isExternal,
  );
  if (external) {
    throw new UserError(
      `${what} keeps the tensor ${JSON.stringify(external.name)} in another file; save the model as one file (onnx.save with save_as_external_data=False)`,
    );
  }
}

function isExternal(tensor: TensorProto): boolean {
  return tensor.dataLocation === TensorProto_DataLocation.EXTERNAL || tensor.externalData.length > 0;
}

function* graphTensors(graph: GraphProto): Generator<TensorProto> {
  yield* graph.initializer;
  for (const sparse of graph.sparseInitializer) {
    if (sparse.values) yield sparse.values;
    if (sparse.indices) yield sparse.indices;
  }
  yield* nodeTensors(graph.node);
}

function* nodeTensors(nodes: readonly NodeProto[]): Generator<TensorProto> {
  for (const { attribute } of nodes) {
    for (const value of attribute) {
      if (value.t) yield value.t;
      yield* value.tensors;
      if (value.g) yield* graphTensors(value.g);
      for (const graph of value.graphs) yield* graphTensors(graph);
    }
  }
}
