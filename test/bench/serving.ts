import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import autocannon from 'autocannon';
import { packBundle } from '../../shared/bundle/pack.js';
import { readBundle } from '../../shared/bundle/read.js';
import { ADMIN_PATHS, BUNDLE_CONTENT_TYPE, BUNDLE_HASH_HEADER } from '../../shared/serving/admin-api.js';
import { Project } from '../actions/project.js';
import { SERVER, type ServerProcess, startProcess } from '../serving/server-process.js';
import { type BenchOptions, type Measurement, type Spread, spreadOf } from './result.js';

const FLIGHTS = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url));
const FLOOR = fileURLToPath(new URL('serving-floor.ts', import.meta.url));
const CONNECTIONS = 32;
const SWAPS = 10;
const TOKEN = 'a token of the benchmark, which is long enough';

/** One load of one server. */
interface Outcome {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Processor time of the server a request, in microseconds. */
  readonly cpu: number;
  readonly failed: number;
}

/**
 * The server against the least that serving can cost (serving-floor.ts, without and with batches): the same model of 100 trees, the same bodies with
 * one row each, 32 connections. Client and server share the machine, so requests a second are those of both; the
 * processor time is the server's own. Then ten versions take each other's place under the same load.
 */
export async function serving(options: BenchOptions): Promise<readonly Measurement[]> {
  const [rounds, seconds] = options.quick ? [3, 2] : [7, 5];
  const directory = await mkdtemp(join(tmpdir(), 'bench-serving-'));
  const servers: ServerProcess[] = [];
  try {
    const bundles = await trainBundles(directory, options.quick ? 20_000 : 100_000);
    const bodies = await sampleBodies();
    const start = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> => {
      const server = await startProcess(args, env);
      servers.push(server);
      return server;
    };
    const MLOPS_SERVER_BUNDLE = bundles[0]!;
    const model = join(bundles[0]!, 'model.onnx');
    const floor = await start(['--import', 'tsx', FLOOR, model]);
    const batched = await start(['--import', 'tsx', FLOOR, model, 'batched']);
    const ours = await start([SERVER], { MLOPS_SERVER_BUNDLE });
    const logging = await start([SERVER], { MLOPS_SERVER_BUNDLE, MLOPS_SERVER_TRAFFIC: join(directory, 'traffic') });
    const contenders = [
      { name: 'floor', server: floor },
      { name: 'batched', server: batched },
      { name: 'plain', server: ours },
      { name: 'logged', server: logging },
    ];
    const outcomes = new Map<string, Outcome[]>(contenders.map(({ name }) => [name, []]));
    for (const { server } of contenders) await load(server, bodies, 1);
    for (let round = 0; round < rounds; round++) {
      console.log(`round ${round + 1} of ${rounds}`);
      // Whoever comes first is another one each time.
      const order = contenders.map((_, index) => contenders[(index + round) % contenders.length]!);
      for (const { name, server } of order) outcomes.get(name)!.push(await load(server, bodies, seconds));
    }
    const floors = [
      { name: 'node:http and onnxruntime-node', outcomes: outcomes.get('floor')! },
      { name: 'the same with our micro-batches', outcomes: outcomes.get('batched')! },
    ];
    const note = options.quick ? ' (quick)' : '';
    return [
      ...compared(`one row a request${note}`, outcomes.get('plain')!, floors),
      ...compared(`one row a request, every row logged${note}`, outcomes.get('logged')!, floors),
      ...(await swapUnderLoad(bundles, bodies, start, note)),
    ];
  } finally {
    for (const server of servers) await server.stop();
    await rm(directory, { recursive: true });
  }
}

interface Floor {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
}

function compared(name: string, ours: readonly Outcome[], floors: readonly Floor[]): Measurement[] {
  const line = (metric: string, unit: string, better: 'lower' | 'higher', of: (outcome: Outcome) => number): Measurement => ({
    ...alone(name, metric, unit, better, spreadOf(ours.map(of))),
    peers: floors.map((floor) => {
      const spread = spreadOf(floor.outcomes.map(of));
      return { name: floor.name, version: process.version, value: spread.median, spread };
    }),
  });
  // Of neighbours in time, so that a change of the machine's mood meets both sides.
  const shares = floors.map((floor) => {
    const spread = spreadOf(ours.map(({ perSecond }, round) => perSecond / floor.outcomes[round]!.perSecond));
    return alone(name, `share of ${floor.name}`, '', 'higher', spread);
  });
  return [
    line('requests a second', '', 'higher', ({ perSecond }) => perSecond),
    ...shares,
    line('server time a request', 'us', 'lower', ({ cpu }) => cpu),
    line('p50', 'ms', 'lower', ({ p50 }) => p50),
    line('p99', 'ms', 'lower', ({ p99 }) => p99),
  ];
}

function alone(name: string, metric: string, unit: string, better: 'lower' | 'higher', spread: Spread): Measurement {
  return { case: name, metric, unit, better, ours: spread.median, spread, peers: [] };
}

/** Versions come, take all the traffic, and go, while requests come in. */
async function swapUnderLoad(
  bundles: readonly string[],
  bodies: readonly string[],
  start: (args: readonly string[], env: Readonly<Record<string, string>>) => Promise<ServerProcess>,
  note: string,
): Promise<Measurement[]> {
  const server = await start([SERVER], { MLOPS_SERVER_TOKEN: TOKEN });
  const archives = await Promise.all(bundles.map((bundle) => packed(bundle)));
  const admin = adminOf(server.url);
  await admin.put('v1.0.0', archives[0]!);
  let isOver = false;
  const loading = load(server, bodies, 60, () => isOver);
  const swaps: number[] = [];
  for (let swap = 1; swap <= SWAPS; swap++) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const [old, next] = [`v1.${swap - 1}.0`, `v1.${swap}.0`];
    const started = performance.now();
    await admin.put(next, archives[swap % archives.length]!);
    await admin.shares({ [next]: 100 });
    await admin.remove(old);
    swaps.push(performance.now() - started);
  }
  isOver = true;
  const { failed, perSecond, p99 } = await loading;
  const name = `${SWAPS} swaps of the version under load${note}`;
  return [
    alone(name, 'failed requests', '', 'lower', spreadOf([failed])),
    alone(name, 'a swap, with upload and removal', 'ms', 'lower', spreadOf(swaps)),
    alone(name, 'requests a second', '', 'higher', spreadOf([perSecond])),
    alone(name, 'p99', 'ms', 'lower', spreadOf([p99])),
  ];
}

/** @param isOver ends the load before its time */
async function load(
  { url, child }: ServerProcess,
  bodies: readonly string[],
  seconds: number,
  isOver?: () => boolean,
): Promise<Outcome> {
  const before = cpuOf(child.pid!);
  const instance = autocannon({
    url: `${url}/predict`,
    connections: CONNECTIONS,
    duration: seconds,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    requests: bodies.map((body) => ({ body })),
  });
  const watch = setInterval(() => {
    if (isOver?.()) (instance as unknown as { stop(): void }).stop();
  }, 50);
  const result = await instance;
  clearInterval(watch);
  const requests = result['2xx'] + result.non2xx;
  return {
    perSecond: requests / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpu: ((cpuOf(child.pid!) - before) * 1e6) / requests,
    failed: result.non2xx + result.errors + result.timeouts,
  };
}

/** Clock ticks a second of /proc, on every Linux that Node runs on. */
const TICKS = 100;

/** Processor time of a process in seconds, of all its threads; NaN where there is no /proc. */
function cpuOf(pid: number): number {
  try {
    // The second field is the program's name in parentheses; the 14th and 15th are user and system time.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return Number.NaN;
  }
}

/** Two bundles of 100 trees. */
async function trainBundles(directory: string, rows: number): Promise<string[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const data = join(directory, 'flights.parquet');
  await connection.run(
    `COPY (SELECT date, delay, distance, origin, destination FROM read_parquet('${FLIGHTS}') USING SAMPLE reservoir(${rows} ROWS) REPEATABLE (42))
     TO '${data}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  const project = await Project.create();
  try {
    await copyFile(data, join(project.directory, 'flights.parquet'));
    const bundles: string[] = [];
    for (const leaves of [31, 30]) {
      await project.write(
        'mlops.yaml',
        `name: flight-delay
purpose: The benchmark of the server.
task: binary
data: { path: flights.parquet, time: date }
target: { column: late, sql: "delay > 15" }
split: { by: time, validation: 0.1, test: 0.2 }
features: { derive: [{ from: date, parts: [hour, weekday] }] }
train: { algorithm: gbdt, params: { num_leaves: ${leaves}, num_iterations: 100, early_stopping_round: 0 } }
evaluate: { primary: auc }
`,
      );
      const bundle = join(directory, `bundle-${leaves}`);
      await project.run('train', { output: bundle, champion: 'none' });
      bundles.push(bundle);
    }
    return bundles;
  } finally {
    await project.remove();
  }
}

/** Bodies with one real flight each. */
async function sampleBodies(): Promise<string[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT strftime(date, '%Y-%m-%dT%H:%M:%SZ') AS date, CAST(distance AS INTEGER) AS distance, origin, destination
     FROM read_parquet('${FLIGHTS}') USING SAMPLE reservoir(500 ROWS) REPEATABLE (1)`,
  );
  const bodies = reader.getRowObjectsJson().map((row) => JSON.stringify({ rows: [row] }));
  connection.closeSync();
  instance.closeSync();
  return bodies;
}

async function packed(directory: string): Promise<Buffer> {
  const { manifest } = await readBundle(directory, directory);
  const file = `${directory}.tar.gz`;
  await packBundle(directory, manifest, file);
  return readFile(file);
}

function adminOf(url: string): {
  put(version: string, archive: Buffer): Promise<void>;
  shares(shares: Readonly<Record<string, number>>): Promise<void>;
  remove(version: string): Promise<void>;
} {
  const call = async (method: string, path: string, headers: Record<string, string>, body?: Buffer | string): Promise<void> => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  };
  return {
    put: (version, archive) =>
      call(
        'PUT',
        ADMIN_PATHS.version('flight-delay', version),
        { 'content-type': BUNDLE_CONTENT_TYPE, [BUNDLE_HASH_HEADER]: createHash('sha256').update(archive).digest('hex') },
        archive,
      ),
    shares: (shares) =>
      call('POST', ADMIN_PATHS.traffic('flight-delay'), { 'content-type': 'application/json' }, JSON.stringify({ shares })),
    remove: (version) => call('DELETE', ADMIN_PATHS.version('flight-delay', version), {}),
  };
}
