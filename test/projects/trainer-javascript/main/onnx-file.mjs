// As much of ONNX's Protocol Buffers as a linear model with a softmax needs: onnx.proto names the fields by these numbers.

const varint = (value) => {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
};
const integer = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field, content) => {
  const buffer = Buffer.from(content);
  return Buffer.concat([varint(field * 8 + 2), varint(buffer.length), buffer]);
};
const message = (field, ...parts) => bytes(field, Buffer.concat(parts));

const FLOAT = 1;
const tensor = (name, dims, values) =>
  message(
    5,
    ...dims.map((size) => integer(1, size)),
    integer(2, FLOAT),
    bytes(8, name),
    bytes(9, Buffer.from(Float32Array.from(values).buffer)),
  );
const node = (operator, inputs, output) =>
  message(1, ...inputs.map((name) => bytes(1, name)), bytes(2, output), bytes(3, output), bytes(4, operator));
const value = (field, name, width) =>
  message(
    field,
    bytes(1, name),
    message(2, message(1, integer(1, FLOAT), message(2, message(1, bytes(2, 'N')), message(1, integer(1, width))))),
  );

/** Missing values become the mean, columns are scaled, and a softmax makes probabilities: one input [N, features]. */
export function softmaxModel(statistics, weights, bias) {
  const [width, classes] = [statistics.length, bias.length];
  const graph = message(
    7,
    node('IsNaN', ['features'], 'missing'),
    node('Where', ['missing', 'mean', 'features'], 'filled'),
    node('Sub', ['filled', 'mean'], 'centred'),
    node('Div', ['centred', 'deviation'], 'scaled'),
    node('MatMul', ['scaled', 'weights'], 'products'),
    node('Add', ['products', 'bias'], 'scores'),
    node('Softmax', ['scores'], 'probabilities'),
    bytes(2, 'softmax'),
    tensor(
      'mean',
      [width],
      statistics.map(({ mean }) => mean),
    ),
    tensor(
      'deviation',
      [width],
      statistics.map(({ deviation }) => deviation),
    ),
    tensor('weights', [width, classes], weights.flat()),
    tensor('bias', [classes], bias),
    value(11, 'features', width),
    value(12, 'probabilities', classes),
  );
  return Buffer.concat([integer(1, 8), graph, message(8, integer(2, 13))]);
}
