import { createServer } from 'node:http';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/**
 * What a model costs to serve at least: node:http and onnxruntime-node, and nothing else. Reads JSON, makes the tensors
 * of this one model, runs the session on one thread, answers JSON. It checks nothing, limits nothing and counts nothing.
 * Its second argument "batched" makes it a harder one: requests of one turn of the event loop share a run, as ours do.
 */

interface Row {
  readonly date: string;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

const session = await InferenceSession.create(process.argv[2]!, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
});
const classes = ['false', 'true'];

async function scoresOf(rows: readonly Row[]): Promise<Float32Array> {
  const shape = [rows.length, 1];
  const { probabilities } = await session.run(
    {
      date: new Tensor(
        'int64',
        BigInt64Array.from(rows, (row) => BigInt(Date.parse(row.date) * 1000)),
        shape,
      ),
      distance: new Tensor(
        'int64',
        BigInt64Array.from(rows, (row) => BigInt(row.distance)),
        shape,
      ),
      origin: new Tensor(
        'string',
        rows.map((row) => row.origin),
        shape,
      ),
      destination: new Tensor(
        'string',
        rows.map((row) => row.destination),
        shape,
      ),
    },
    ['probabilities'],
  );
  return probabilities!.data as Float32Array;
}

interface Waiting {
  readonly rows: readonly Row[];
  resolve(scores: Float32Array): void;
}

let waiting: Waiting[] = [];

function scoresTogether(rows: readonly Row[]): Promise<Float32Array> {
  if (waiting.length === 0) setImmediate(() => void flush());
  return new Promise((resolve) => waiting.push({ rows, resolve }));
}

async function flush(): Promise<void> {
  const batch = waiting;
  waiting = [];
  const scores = await scoresOf(batch.flatMap(({ rows }) => rows));
  let at = 0;
  for (const { rows, resolve } of batch) {
    resolve(scores.subarray(2 * at, 2 * (at + rows.length)));
    at += rows.length;
  }
}

const score = process.argv[3] === 'batched' ? scoresTogether : scoresOf;

async function answer(body: string): Promise<string> {
  const { rows } = JSON.parse(body) as { rows: Row[] };
  const scores = await score(rows);
  return JSON.stringify({
    predictions: rows.map((_, row) => {
      const [no, yes] = [scores[row * 2]!, scores[row * 2 + 1]!];
      return { label: classes[yes >= 0.5 ? 1 : 0], probabilities: { false: no, true: yes } };
    }),
  });
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    void answer(Buffer.concat(chunks).toString('utf8')).then((text) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    });
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') console.log(`the floor listens on http://127.0.0.1:${address.port}`);
});
process.on('SIGTERM', () => process.exit(0));
