import type { TensorType } from '../../onnx/signature.js';
import { describe, quote, RequestError } from '../request-error.js';
import { type ColumnPlan, isRecord, planColumns, Unreadable, writeTable } from '../row-readers.js';
import type { ScoredRows } from '../scored-rows.js';
import type { Servable, ServedColumn, ServedOutput } from '../servable.js';
import { valuesJson } from './prediction-json.js';
import { assertJson, JSON_TYPE, jsonOf, type Protocol } from './protocol.js';

/**
 * The Open Inference Protocol, version 2, over REST: a tensor a column by name, [N] or [N, 1], and the graph's outputs as
 * tensors. Source: kserve/open-inference-protocol, specification/protocol/inference_rest.md.
 */
export const oip: Protocol = {
  name: 'oip',

  parse(body, contentType, { servable }) {
    assertJson(contentType);
    const request = jsonOf(body);
    if (!isRecord(request)) throw new RequestError(400, `found ${describe(request)}; accepted is an object with "inputs"`);
    const id = readId(request.id);
    const inputs = readInputs(request.inputs, servable);
    const outputs = readOutputs(request.outputs, servable);
    const rows = inputs[0]!.rows;
    const { scores } = servable;
    const fetches = outputs.map(({ name }) => (scores && name === scores.label ? scores.output : name));
    return {
      rows,
      ...(id !== undefined && { ids: rows === 1 ? [id] : Array.from({ length: rows }, (_, row) => `${id}-${row + 1}`) }),
      fetches: [...new Set([...fetches, ...(scores ? [scores.output] : [])])],
      write: (buffer, at) =>
        writeTable(servable, planInputs(inputs, servable), rows, (row, position) => cellOf(inputs[position]!, row), buffer, at),
      render(scored) {
        const head = `{"model_name":${JSON.stringify(servable.name)},"model_version":${JSON.stringify(servable.version)}`;
        const echo = id === undefined ? '' : `,"id":${JSON.stringify(id)}`;
        return `${head}${echo},"outputs":[${outputs.map((output) => outputJson(scored, output)).join(',')}]}`;
      },
    };
  },

  renderError(_status, message) {
    return { contentType: JSON_TYPE, body: JSON.stringify({ error: message }) };
  },
};

/** The datatypes of tensors in this protocol. */
const DATATYPES: Readonly<Record<TensorType, string>> = {
  string: 'BYTES',
  bool: 'BOOL',
  int32: 'INT32',
  int64: 'INT64',
  float32: 'FP32',
  float64: 'FP64',
};

/** Answer of GET /v2/models/{name}. */
export function oipMetadata(servable: Servable, versions: readonly string[]): Readonly<Record<string, unknown>> {
  const { name, columns, outputs } = servable;
  return {
    name,
    versions,
    platform: 'onnx_onnxv1',
    inputs: columns.flatMap((column) =>
      column.tensor === undefined
        ? []
        : [
            {
              name: column.name,
              datatype: DATATYPES[column.tensor],
              shape: column.rank === 1 ? [-1] : [-1, column.width],
              ...(isInstant(column) && { parameters: { content_type: 'datetime' } }),
            },
          ],
    ),
    outputs: outputs.map(({ name: output, tensor, shape }) => ({
      name: output,
      datatype: DATATYPES[tensor],
      shape: shape.map((size) => (size === 'N' ? -1 : size)),
    })),
  };
}

interface InputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly rows: number;
  readonly width: number;
  /** Flat, or a list a row. */
  readonly data: readonly unknown[];
}

const INTEGER_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  INT8: [-(2 ** 7), 2 ** 7 - 1],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  INT64: [-(2 ** 63), 2 ** 63],
  UINT8: [0, 2 ** 8 - 1],
  UINT16: [0, 2 ** 16 - 1],
  UINT32: [0, 2 ** 32 - 1],
  UINT64: [0, 2 ** 64],
};
const FLOATS = ['FP16', 'FP32', 'FP64'];
const NUMBERS = [...Object.keys(INTEGER_RANGES), ...FLOATS];
const ALL_DATATYPES = ['BOOL', ...NUMBERS, 'BYTES'];

function readId(id: unknown): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id !== 'string' || id.length > 200) throw new RequestError(400, `"id": found ${describe(id)}; accepted is a text`);
  return id;
}

function readInputs(value: unknown, { columns }: Servable): readonly InputTensor[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new RequestError(400, `"inputs": found ${describe(value)}; accepted is a list with a tensor for each column`);
  }
  const inputs = value.map((item: unknown) => readInput(item, columns));
  const [first] = inputs;
  const other = inputs.find(({ rows }) => rows !== first!.rows);
  if (other) {
    throw new RequestError(
      400,
      `inputs ${quote(first!.name)} and ${quote(other.name)} have ${first!.rows} and ${other.rows} rows; accepted is the same number in all`,
    );
  }
  return inputs;
}

function readInput(item: unknown, columns: readonly ServedColumn[]): InputTensor {
  if (!isRecord(item) || typeof item.name !== 'string') {
    throw new RequestError(400, '"inputs": an item has no "name"; accepted are objects with name, shape, datatype and data');
  }
  const { name, shape, datatype, data, parameters } = item;
  const refuse = (what: string): RequestError => new RequestError(400, `input ${quote(name)}: ${what}`);
  if (isRecord(parameters) && parameters.binary_data_size !== undefined) {
    throw refuse('its data is binary, which is an extension that this server does not have; send "data" as JSON');
  }
  if (typeof datatype !== 'string' || !ALL_DATATYPES.includes(datatype)) {
    throw refuse(`found the datatype ${describe(datatype)}; accepted are ${ALL_DATATYPES.join(', ')}`);
  }
  const sizes = Array.isArray(shape) ? (shape as readonly unknown[]) : [];
  const [rows, width = 1] = sizes;
  if (sizes.length < 1 || sizes.length > 2 || !isSize(rows) || !isSize(width)) {
    throw refuse(`found the shape ${shapeText(shape)}; accepted are [N] and [N, 1]`);
  }
  const accepted = columns.find((column) => column.name === name)?.width ?? 1;
  if (width !== accepted) throw refuse(`found the shape ${shapeText(shape)}; accepted is [${rows}, ${accepted}]`);
  if (!Array.isArray(data)) throw refuse(`found ${describe(data)} as its data; accepted is a list`);
  const values = data as readonly unknown[];
  // The shape is only believed once there are as many values.
  const isFlat = values.length === rows * width && !Array.isArray(values[0]);
  const isNested = values.length === rows && values.every((row) => Array.isArray(row) && row.length === width);
  if (!isFlat && !isNested) {
    throw refuse(`its data has ${values.length} values where its shape ${shapeText(shape)} tells of ${rows * width}`);
  }
  return { name, datatype, rows, width, data: values };
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function shapeText(shape: unknown): string {
  if (!Array.isArray(shape)) return describe(shape);
  const shown = shape.slice(0, 4).map((size: unknown) => (typeof size === 'number' ? String(size) : describe(size)));
  return `[${shown.join(', ')}${shape.length > shown.length ? ', ...' : ''}]`;
}

function isInstant({ type }: ServedColumn): boolean {
  return type === 'date' || type === 'timestamp';
}

/** The datatypes that can hold the values of a column. */
function datatypesFor(column: ServedColumn): readonly string[] {
  if (column.type === 'string') return ['BYTES'];
  if (isInstant(column)) return ['INT64', 'BYTES'];
  if (column.type === 'boolean') return ['BOOL', ...NUMBERS];
  return column.type === 'integer' && column.width === 1 ? [...NUMBERS, 'BYTES'] : NUMBERS;
}

function planInputs(inputs: readonly InputTensor[], servable: Servable): ColumnPlan {
  const plan = planColumns(
    servable,
    inputs.map(({ name }) => name),
  );
  if (plan.problem !== undefined) return plan;
  for (const [position, index] of plan.indexes.entries()) {
    const { name, datatype } = inputs[position]!;
    const accepted = datatypesFor(servable.columns[index]!);
    if (accepted.includes(datatype)) continue;
    return { ...plan, problem: `input ${quote(name)}: found the datatype ${datatype}; accepted are ${accepted.join(', ')}` };
  }
  return plan;
}

/** A value, checked against the datatype that the request gives it; null is missing. */
function cellOf({ name, datatype, width, data }: InputTensor, row: number): unknown {
  const item = data[row];
  if (width > 1) return Array.isArray(item) ? item : data.slice(row * width, (row + 1) * width);
  const value: unknown = Array.isArray(item) ? item[0] : item;
  return value === null || fits(value, datatype)
    ? value
    : new Unreadable(`input ${quote(name)}: found ${describe(value)}; accepted is a value of the datatype ${datatype} or null`);
}

function fits(value: unknown, datatype: string): boolean {
  if (datatype === 'BYTES') return typeof value === 'string';
  if (datatype === 'BOOL') return typeof value === 'boolean' || value === 0 || value === 1;
  if (typeof value !== 'number') return false;
  const range = INTEGER_RANGES[datatype];
  return range === undefined || (Number.isInteger(value) && value >= range[0] && value <= range[1]);
}

function readOutputs(value: unknown, { outputs }: Servable): readonly ServedOutput[] {
  if (value === undefined || value === null) return outputs;
  if (!Array.isArray(value)) throw new RequestError(400, `"outputs": found ${describe(value)}; accepted is a list`);
  if (value.length === 0) return outputs;
  return value.map((item: unknown) => {
    const name = isRecord(item) ? item.name : item;
    const output = isRecord(item) ? outputs.find((candidate) => candidate.name === name) : undefined;
    if (output) return output;
    const names = outputs.map((candidate) => quote(candidate.name)).join(', ');
    throw new RequestError(400, `"outputs": found ${describe(name)}; accepted are objects with the name ${names}`);
  });
}

function outputJson(scored: ScoredRows, { name, tensor, shape }: ServedOutput): string {
  const { rows, servable } = scored;
  const head = `{"name":${JSON.stringify(name)},"datatype":"${DATATYPES[tensor]}","shape":`;
  if (servable.scores && name === servable.scores.label) {
    const { classes } = servable.scores;
    const labels = Array.from({ length: rows }, (_, row) => JSON.stringify(classes[scored.labelIndex(row)]));
    return `${head}[${rows}],"data":[${labels.join(',')}]}`;
  }
  const { values, start, width } = scored.output(name)!;
  const dims = shape.length === 1 ? `[${rows}]` : `[${rows},${rows === 0 ? sizeOf(shape) : width}]`;
  const end = start + rows * width;
  const data =
    tensor === 'bool'
      ? Array.from({ length: end - start }, (_, at) => values[start + at] === 1).join(',')
      : valuesJson(values, start, end);
  return `${head}${dims},"data":[${data}]}`;
}

function sizeOf(shape: readonly (number | 'N')[]): number {
  const size = shape[1];
  return typeof size === 'number' ? size : 1;
}
