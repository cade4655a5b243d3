import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBundle } from '../../shared/bundle/read.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import { RegistryJob } from '../actions/registry-job.js';
import { CLASSES, csvOf, FLIGHT_SPEC, flights, ownScores } from '../python/flights.js';
import { findPackages, pythonJson } from '../python/packages.js';
import { type PythonServer, startMlflow, startServer } from '../python/server.js';
import { openRegistry, type RegistryScene } from '../shared/registry/scene.js';

/** register and promote against the real MLflow, and MLflow's own client as the reader of what they have left there. */

const mlflow = findPackages('mlflow', ['onnx', 'onnxruntime', 'pandas']);
const MODEL = 'flight-delay';

const params = (num_leaves: number) => ({ train: { algorithm: 'gbdt', params: { num_leaves, num_iterations: 20 } } });

interface Seen {
  readonly runs: readonly {
    readonly status: string;
    readonly name: string;
    readonly params: Readonly<Record<string, string>>;
    readonly metrics: Readonly<Record<string, number>>;
    readonly tags: Readonly<Record<string, string>>;
  }[];
  readonly versions: readonly {
    readonly version: string;
    readonly status: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly description: string;
  }[];
  readonly aliases: Readonly<Record<string, string>>;
  readonly description: string;
  readonly inputs: readonly object[];
  readonly outputs: readonly object[];
  readonly graph: readonly string[];
  readonly predictions: Readonly<Record<string, readonly [string, Readonly<Record<string, number>>]>>;
  readonly columns: readonly string[];
}

describe.skipIf(mlflow.skip)(mlflow.title, () => {
  let directory: string;
  let server: PythonServer;
  let scene: RegistryScene;
  let first: RegistryJob;
  let outcomes: Readonly<Record<'first' | 'second' | 'again' | 'promoted' | 'rolledBack', ActionOutcome>>;
  let seen: Seen;

  const open = async (leaves: number): Promise<RegistryJob> => {
    const job = await RegistryJob.open(scene, MODEL, {
      spec: { ...FLIGHT_SPEC, ...params(leaves), registry: { mlflow: { tracking_uri: server.url } } },
    });
    await writeFile(join(job.workspace, 'data.csv'), csvOf(flights(900)));
    return job;
  };
  const promote = async (model: string): Promise<ActionOutcome> => {
    const job = await open(4);
    await job.step('promote', { model, stage: 'staging' });
    return job.step('promote', { model, stage: 'production' });
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mlflow-'));
    [server, scene] = await Promise.all([
      startMlflow(mlflow.bin, directory),
      openRegistry({ github: { checkOpenApi: false } }),
    ]);
    first = await open(4);
    await first.step('train', { champion: 'none' });
    const firstly = await first.step('register');
    const job = await open(7);
    await job.step('train', { champion: 'none' });
    const second = await job.step('register');
    const again = await job.step('register');
    await promote(firstly.outputs.tag!);
    const promoted = await promote(second.outputs.tag!);
    const rolledBack = await (await open(4)).step('promote', { stage: 'production', rollback: 'true', reason: 'worse' });
    outcomes = { first: firstly, second, again, promoted, rolledBack };
    const client = fileURLToPath(new URL('client.py', import.meta.url));
    const args = [server.url, MODEL, join(first.workspace, 'data.csv')];
    const env = { MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true', HOME: directory };
    seen = (await pythonJson(mlflow, client, args, env)) as Seen;
  }, 480_000);
  afterAll(async () => {
    await Promise.all([server?.close(), scene?.close()]);
    await rm(directory, { recursive: true, force: true });
  });

  test('nothing went wrong, and the summaries say where MLflow has it', () => {
    const numbers = { first: 1, second: 2, again: 2, promoted: 2, rolledBack: 1 };
    for (const [name, outcome] of Object.entries(outcomes)) {
      expect(outcome.annotations, name).toEqual([]);
      const page = `${server.url}/#/models/${MODEL}/versions/${numbers[name as keyof typeof numbers]}`;
      expect(outcome.summary).toContain(`In MLflow it is <a href="${page}">version`);
    }
  });

  test('each version has its run, with params, metrics and tags', async () => {
    const { manifest, metrics } = await readBundle(join(first.workspace, '.mlops-actions/bundle'), 'the bundle');
    expect(seen.runs.map(({ name, status }) => [name, status])).toEqual([
      [`${MODEL}@v1.0.0`, 'FINISHED'],
      [`${MODEL}@v1.1.0`, 'FINISHED'],
    ]);
    const [run] = seen.runs;
    expect(run!.params).toMatchObject({ algorithm: 'gbdt', num_leaves: '4', num_iterations: '20', seed: '42' });
    expect(run!.metrics).toEqual(metrics);
    expect(run!.tags).toMatchObject({
      'mlops.version': 'v1.0.0',
      'mlops.digest': manifest.digest,
      'mlops.commit': scene.head,
      'mlops.run': `https://github.com/acme/models/actions/runs/${first.run.id}`,
      'mlops.url': outcomes.first.outputs.url,
      'mlflow.source.git.commit': scene.head,
      'mlflow.user': 'ann',
    });
    expect(JSON.parse(run!.tags['mlflow.log-model.history']!)).toMatchObject([{ artifact_path: 'model' }]);
  });

  test('the registered versions link back, and the alias is where the rollback has put it', () => {
    expect(seen.description).toBe('Warn travellers, when they book.');
    expect(seen.versions.map(({ version, status, tags }) => [version, status, tags['mlops.version']])).toEqual([
      ['1', 'READY', 'v1.0.0'],
      ['2', 'READY', 'v1.1.0'],
    ]);
    expect(seen.versions[0]!.description).toContain(`[${MODEL} v1.0.0](${outcomes.first.outputs.url})`);
    expect(seen.aliases).toEqual({ production: '1', staging: '2' });
  });

  test('it says what goes in and what comes out', () => {
    expect(seen.inputs).toEqual(
      [
        ['origin', 'string'],
        ['distance', 'any'],
        ['wind', 'double'],
        ['holiday', 'boolean'],
        ['departed', 'datetime'],
        ['day', 'datetime'],
      ].map(([name, type]) => ({ type, name, required: true })),
    );
    expect(seen.outputs).toMatchObject([
      { name: 'label', type: 'string' },
      { name: 'probabilities', type: 'map', values: { type: 'float' } },
    ]);
    expect(seen.columns).toEqual(['label', 'probabilities']);
    expect([...seen.graph].sort()).toEqual(['day', 'departed', 'distance', 'holiday', 'origin', 'wind']);
  });

  test('mlflow.pyfunc scores every row as we do, missing values too', async () => {
    const ours = await ownScores(first.workspace);
    expect(Object.keys(seen.predictions)).toHaveLength(ours.size);
    let most = 0;
    for (const [id, [onTime, late]] of ours) {
      const [label, theirs] = seen.predictions[id]!;
      most = Math.max(most, Math.abs(onTime! - theirs['on time']!), Math.abs(late! - theirs.late!));
      expect(label).toBe(late! >= 0.5 ? 'late' : 'on time');
    }
    expect(most).toBeLessThan(1e-6);
  });

  test('mlflow models serve answers over HTTP', { timeout: 360_000 }, async () => {
    const home = join(directory, 'serve');
    await mkdir(home);
    const serving = await startServer(
      join(mlflow.bin, 'mlflow'),
      home,
      '/ping',
      (port) => [
        ...['models', 'serve', '--model-uri', `models:/${MODEL}@production`, '--env-manager', 'local'],
        ...['--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
      ],
      { MLFLOW_TRACKING_URI: server.url, HOME: home },
    );
    try {
      const rows = [
        { origin: 'SFO', distance: 1200, wind: 1.5, holiday: true, departed: '2026-03-04T05:30:00', day: '2026-03-04' },
        { origin: null, distance: null, wind: null, holiday: null, departed: null, day: null },
      ];
      const response = await fetch(`${serving.url}/invocations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ dataframe_records: rows }),
      });
      const text = await response.text();
      expect(response.status, text).toBe(200);
      const { predictions } = JSON.parse(text) as { predictions: { label: string; probabilities: Record<string, number> }[] };
      expect(predictions).toHaveLength(2);
      for (const { label, probabilities } of predictions) {
        expect(Object.keys(probabilities)).toEqual(CLASSES);
        expect(label).toBe(probabilities.late! >= 0.5 ? 'late' : 'on time');
        expect(probabilities.late! + probabilities['on time']!).toBeCloseTo(1, 5);
      }
    } finally {
      await serving.close();
    }
  });
});
