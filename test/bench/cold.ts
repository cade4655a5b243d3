import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf } from '../../shared/core/errors.js';
import { readActions } from '../docs/action-files.js';
import { sample } from '../projects/flights/sample.js';
import { fairEnvironment } from './python.js';
import { type Benchmark, checkCases, type Measurement, type Peer, spreadOf } from './result.js';

const run = promisify(execFile);
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Seconds of one way from nothing to an evaluated model. */
interface Times {
  readonly installing: number;
  readonly computing: number;
  /** Of the model, so that one sees that both have made the same. */
  readonly auc: number;
}

const PEERS = ['pip', 'uv'] as const;

/**
 * From nothing to an evaluated ONNX model of 300,000 flights, in wall time: our bundles install their native modules
 * (npm, an empty cache and an empty tool cache), check the data, train and evaluate; the peer makes a virtual environment, installs
 * (no cache) and runs one script that does the same, but for what ours adds: intervals, slices, SHAP values, latency, a profile.
 * Both sides take turns. Then our `train` again, unchanged. Much of the time is downloads, so the network decides too. --quick makes
 * one turn of three.
 */
export const cold: Benchmark = async ({ quick, cases }) => {
  checkCases(cases, PEERS);
  const installers = PEERS.filter((name) => cases.length === 0 || cases.includes(name));
  const runs = quick ? 1 : 3;
  const ours: Times[] = [];
  const again: number[] = [];
  const theirs = new Map<string, Times[]>(PEERS.map((name) => [name, []]));
  const missing = new Map<string, string>(PEERS.map((name) => [name, 'not among the cases']));
  for (let turn = 0; turn < runs; turn++) {
    const project = await mkdtemp(join(tmpdir(), 'cold-'));
    try {
      await cp(path('../projects/flights/main'), project, { recursive: true });
      await sample.prepare(project);
      const { first, second } = await timeOurs(project);
      ours.push(first);
      again.push(second);
      say('ours', first, `, train again ${second.toFixed(2)} s`);
      for (const installer of installers) {
        try {
          const times = await timePeer(project, installer);
          theirs.get(installer)!.push(times);
          say(installer, times);
        } catch (error) {
          missing.set(installer, messageOf(error).split('\n')[0]!);
        }
      }
    } finally {
      await rm(project, { recursive: true, force: true });
    }
  }
  const measurement = (metric: string, of: (times: Times) => number, unit = 's'): Measurement => {
    const spread = spreadOf(ours.map(of));
    const peers = PEERS.map((installer): Peer => {
      const name = `${installer} install of scikit-learn, LightGBM, pandas, skl2onnx and a script`;
      const times = theirs.get(installer)!;
      if (times.length === 0) return { name, missing: missing.get(installer)! };
      const own = spreadOf(times.map(of));
      return { name, version: '', value: own.median, spread: own };
    });
    const better = unit === 's' ? 'lower' : 'higher';
    return { case: 'flights-300k', metric, unit, better, ours: spread.median, spread, peers };
  };
  const spread = spreadOf(again);
  return [
    measurement('nothing to evaluated model', ({ installing, computing }) => installing + computing),
    measurement('of that, installing', ({ installing }) => installing),
    measurement('of that, computing', ({ computing }) => computing),
    measurement('AUC on the test rows', ({ auc }) => auc, ''),
    {
      ...{ case: 'flights-300k', metric: 'train again, unchanged', unit: 's', better: 'lower', peers: [] },
      ...{ ours: spread.median, spread },
    },
  ];
};

function say(name: string, { installing, computing, auc }: Times, more = ''): void {
  console.error(
    `${name}: installing ${installing.toFixed(1)} s, computing ${computing.toFixed(1)} s, AUC ${auc.toFixed(4)}${more}`,
  );
}

async function timeOurs(project: string): Promise<{ first: Times; second: number }> {
  const place = await mkdtemp(join(tmpdir(), 'cold-tools-'));
  try {
    // Out of reach of this repository's node_modules, as on a runner.
    await cp(path('../../dist'), join(place, 'dist'), { recursive: true });
    const base: NodeJS.ProcessEnv = {
      PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
      HOME: process.env.HOME ?? '',
      ...settings(/^npm_config_(registry|.*proxy|cafile)$|^(https?|no)_proxy$|^NODE_EXTRA_CA_CERTS$/i),
      npm_config_cache: join(place, 'npm-cache'),
      RUNNER_TOOL_CACHE: join(place, 'tool-cache'),
      RUNNER_TEMP: place,
      GITHUB_WORKSPACE: project,
    };
    const actions = await readActions();
    let printed = '';
    const step = async (name: string, inputs: Readonly<Record<string, string>> = {}): Promise<void> => {
      const started = performance.now();
      const declared = Object.entries(actions.get(name)!.inputs).map(([input, { default: value = '' }]) => {
        const given = inputs[input] ?? (value.startsWith('${{') ? '' : value);
        return [`INPUT_${input.toUpperCase()}`, given] as const;
      });
      const { stdout } = await run(process.execPath, [join(place, 'dist', `${name}.js`)], {
        cwd: project,
        env: { ...base, ...Object.fromEntries(declared) },
        maxBuffer: 2 ** 26,
      });
      printed += stdout;
      console.error(`  ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    };
    const started = performance.now();
    await step('validate');
    await step('train');
    await step('evaluate', { model: '.mlops-actions/bundle', 'fail-on': 'never' });
    const all = (performance.now() - started) / 1000;
    const installing = Number(/Native modules: installed in ([\d.]+) s/.exec(printed)?.[1]);
    if (!(installing > 0)) throw new Error('the native modules were not installed: this is no cold start');
    const evaluated = JSON.parse(await readFile(join(project, '.mlops-actions/metrics.json'), 'utf8')) as { auc: number };
    if (!(evaluated.auc > 0.55)) throw new Error(`our model has an AUC of ${evaluated.auc}`);
    const restarted = performance.now();
    await step('train');
    return {
      first: { installing, computing: all - installing, auc: evaluated.auc },
      second: (performance.now() - restarted) / 1000,
    };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function timePeer(project: string, installer: string): Promise<Times> {
  const place = await mkdtemp(join(tmpdir(), 'cold-venv-'));
  try {
    await mkdir(place, { recursive: true });
    const python = join(place, 'venv/bin/python');
    const requirements = path('cold-requirements.txt');
    const env = { ...fairEnvironment(), PIP_DISABLE_PIP_VERSION_CHECK: '1', UV_CACHE_DIR: join(place, 'uv-cache') };
    const started = performance.now();
    await run('python3', ['-m', 'venv', join(place, 'venv')], { env });
    const pip = (...what: string[]) => run(python, ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', ...what], { env });
    if (installer === 'pip') await pip('-r', requirements);
    else {
      await pip('uv');
      await run(python, ['-m', 'uv', 'pip', 'install', '--quiet', '--python', python, '-r', requirements], { env });
    }
    const installed = performance.now();
    const { stdout } = await run(python, [path('cold-peer.py'), join(project, 'data/flights.parquet'), place], { env });
    const { auc } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { auc: number };
    if (!(auc > 0.55)) throw new Error(`its model has an AUC of ${auc}`);
    return { installing: (installed - started) / 1000, computing: (performance.now() - installed) / 1000, auc };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** The machine's own settings of registry and proxy, without which nothing can be installed here. */
function settings(names: RegExp): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.test(name)));
}
