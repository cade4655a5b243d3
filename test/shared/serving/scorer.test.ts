import type { InferenceSession } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import type { Runtime } from '../../../shared/onnx/tensors.js';
import { RowBuffer } from '../../../shared/serving/row-buffer.js';
import { Scorer } from '../../../shared/serving/scorer.js';
import type { Servable } from '../../../shared/serving/servable.js';

const servable: Servable = {
  name: 'notes',
  version: 'v1.0.0',
  digest: `sha256:${'0'.repeat(64)}`,
  columns: [{ name: 'note', type: 'string', tensor: 'string', rank: 2, width: 1 }],
  outputs: [{ name: 'prediction', tensor: 'float32', shape: ['N', 1] }],
  scores: { task: 'regression', output: 'prediction', classes: [], threshold: 0.5 },
};

/** Gives the length of each text, and remembers the rows of each run. */
function setUp(): { scorer: Scorer; runs: number[] } {
  const runs: number[] = [];
  class Tensor {
    readonly data: readonly string[];
    constructor(_type: string, data: readonly string[]) {
      this.data = data;
    }
  }
  const session = {
    run: async ({ note }: { note: Tensor }) => {
      runs.push(note.data.length);
      return { prediction: { data: Float32Array.from(note.data, (text) => text.length) } };
    },
  };
  // Only what the scorer uses of both.
  return { scorer: new Scorer({ Tensor } as unknown as Runtime, session as unknown as InferenceSession), runs };
}

test('a long text of a request is not scored among many rows, whose memory it would multiply', async () => {
  const { scorer, runs } = setUp();
  const buffer = new RowBuffer(servable, 64);
  const long = 'x '.repeat(1_500_000);
  for (let row = 0; row < 64; row++) buffer.columns[0]!.set(row, row === 10 ? long : 'ab');
  const outputs = await scorer.run(buffer, 0, 64, ['prediction']);
  expect(runs).toEqual([10, 1, 53]);
  const lengths = Array.from({ length: 64 }, (_, row) => (row === 10 ? 3_000_000 : 2));
  expect(Array.from(outputs.get('prediction') as Float32Array)).toEqual(lengths);

  runs.length = 0;
  buffer.columns[0]!.set(10, 'ab');
  await scorer.run(buffer, 0, 64, ['prediction']);
  expect(runs).toEqual([64]);
});
