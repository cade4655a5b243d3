import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../../shared/onnx/session.js';
import { createGraph } from '../../../shared/onnx/write.js';
import { tableOf } from '../features/tables.js';

describe('createGraph', () => {
  it('writes IR 10, opset 21, ai.onnx.ml 5 and its own name, and no time', () => {
    const write = (metadata: Record<string, string>): Uint8Array => {
      const graph = createGraph('small');
      const input = graph.input('x', 'float32');
      graph.output(graph.node('Neg', [input]), 'float32', ['N', 1]);
      return graph.toModel(metadata);
    };
    const bytes = write({ b: '2', a: '1' });
    expect(Buffer.compare(bytes, write({ a: '1', b: '2' }))).toBe(0);
    const model = fromBinary(ModelProtoSchema, bytes);
    expect(model.irVersion).toBe(10n);
    expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([
      ['', 21n],
      ['ai.onnx.ml', 5n],
    ]);
    expect(model.producerName).toBe('mlops-actions');
    expect(model.metadataProps.map(({ key, value }) => [key, value])).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it("names ONNX Runtime's own operators only where one is used", () => {
    const graph = createGraph('texts');
    const cut = graph.node('Tokenizer', [graph.input('x', 'string')], {}, { domain: 'com.microsoft' });
    graph.output(cut, 'string', ['N', 1]);
    const { opsetImport } = fromBinary(ModelProtoSchema, graph.toModel());
    expect(opsetImport.map(({ domain, version }) => [domain, version])).toEqual([
      ['', 21n],
      ['ai.onnx.ml', 5n],
      ['com.microsoft', 1n],
    ]);
  });

  it('writes equal constants once, and tells apart what only looks equal', () => {
    const graph = createGraph('constants');
    const one = graph.constant({ type: 'float32', shape: [2], values: [1, Number.NaN] });
    expect(graph.constant({ type: 'float32', shape: [2], values: Float32Array.of(1, Number.NaN) })).toBe(one);
    expect(graph.constant({ type: 'float32', shape: [2, 1], values: [1, Number.NaN] })).not.toBe(one);
    expect(graph.constant({ type: 'float64', shape: [2], values: [1, Number.NaN] })).not.toBe(one);
    const texts = graph.constant({ type: 'string', shape: [2], values: ['a,b', 'c'] });
    expect(graph.constant({ type: 'string', shape: [2], values: ['a', 'b,c'] })).not.toBe(texts);
  });

  it('carries every kind of value to ONNX Runtime', async () => {
    const graph = createGraph('values');
    const x = graph.input('x', 'float64');
    const whole = graph.constant({ type: 'int64', shape: [1, 1], values: [-(2n ** 40n)] });
    const small = graph.constant({ type: 'int32', shape: [1, 1], values: [-7] });
    const byte = graph.constant({ type: 'uint8', shape: [1, 1], values: Uint8Array.of(200) });
    const yes = graph.constant({ type: 'bool', shape: [1, 1], values: [1] });
    const half = graph.constant({ type: 'float64', shape: [1, 1], values: Float64Array.of(0.5) });
    const sum = [whole, small, byte, yes].reduce(
      (total, name) => graph.node('Add', [total, graph.node('Cast', [name], { to: { int: 11 } })]),
      graph.node('Mul', [x, half]),
    );
    graph.node('Identity', [sum], {}, { output: 'prediction' });
    graph.output('prediction', 'float64', ['N', 1]);
    const model = await openModel(graph.toModel());
    const { scores } = await model.predict(tableOf({ x: ['number', [3, -1]] }), { task: 'regression', classes: [] });
    await model.close();
    const constant = -(2 ** 40) - 7 + 200 + 1;
    expect([...scores]).toEqual([constant + 1.5, constant - 0.5]);
  });

  it('refuses what would be a broken file', () => {
    const graph = createGraph('broken');
    graph.input('x', 'float32');
    expect(() => graph.input('x', 'float32')).toThrow(/two values named "x"/);
    expect(() => graph.input('', 'float32')).toThrow(/cannot be empty/);
    expect(() => graph.output('y', 'float32', ['N', 1])).toThrow(/nothing named "y"/);
    expect(() => graph.constant({ type: 'float32', shape: [3], values: [1] })).toThrow(/holds 3 values, not 1/);
    expect(graph.freeName('x')).toBe('x_1');
    expect(graph.freeName('y')).toBe('y');
  });
});
