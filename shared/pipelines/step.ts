import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { BUNDLE_FILES } from '../bundle/files.js';
import { messageOf, UserError } from '../core/errors.js';
import { parseSpec } from '../spec/load.js';
import { type PipelineStep, SPEC_FILE, STEPS, SUMMARY_FILE } from './steps.js';

/** As much as a step reads of what Kubeflow tells it of itself. */
const executorInputSchema = z.object({
  inputs: z.object({ parameterValues: z.object({ spec: z.string() }) }),
  outputs: z.object({
    artifacts: z.record(z.string(), z.object({ artifacts: z.array(z.looseObject({ name: z.string(), uri: z.string() })) })),
    outputFile: z.string(),
  }),
});
type ExecutorInput = z.output<typeof executorInputSchema>;

interface StepArguments {
  readonly step: PipelineStep;
  readonly executor: ExecutorInput;
  /** Paths of artifacts, by the action's inputs and by the step's outputs. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
}

/** Where the action writes its outputs: paths of files, all of which are known here. */
const OUTPUT_FILE = 'outputs';

export interface StepPlace {
  readonly env: NodeJS.ProcessEnv;
  /** The folder of the bundles; default: where this one is. */
  readonly dist?: string;
  /** Default: the system's folder for temporary files. */
  readonly temp?: string;
}

/**
 * Runs one step of a pipeline in its container: lays the spec into an empty folder, runs the action's bundle there with its
 * inputs, and hands what that leaves on as artifacts, also when it fails.
 * @param args the action's name, `--executor-input JSON`, `--input name=path`, `--output name=path`
 * @returns the exit status of the action
 * @throws UserError when the arguments are not those of a compiled pipeline
 */
export async function runPipelineStep(args: readonly string[], place: StepPlace): Promise<number> {
  const { step, executor, inputs, outputs } = readArguments(args);
  const folder = await mkdtemp(join(place.temp ?? tmpdir(), `${step.action}-`));
  try {
    const { spec } = executor.inputs.parameterValues;
    await writeFile(join(folder, SPEC_FILE), spec);
    for (const name of [SUMMARY_FILE, OUTPUT_FILE]) await writeFile(join(folder, name), '');
    const env = await environmentOf(step, inputs, spec, folder, place.env);
    const dist = place.dist ?? fileURLToPath(new URL('.', import.meta.url));
    const status = await runNode(join(dist, `${step.action}.js`), folder, env);
    for (const { name, path } of step.leaves) await handOn(join(folder, path), outputs.get(name)!);
    await writeFile(await madeFor(executor.outputs.outputFile), JSON.stringify(await executorOutput(step, executor, folder)));
    return status;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readArguments(args: readonly string[]): StepArguments {
  const wrong = (what: string): UserError =>
    new UserError(`${what}: this program runs the steps of a pipeline that the action "pipeline" has compiled`);
  const option = { type: 'string', multiple: true, default: [] as string[] } as const;
  const options = { 'executor-input': { type: 'string' }, input: option, output: option } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw wrong(messageOf(error));
  }
  const [action] = parsed.positionals;
  const step = STEPS.find((candidate) => candidate.action === action);
  if (!step) throw wrong(`${JSON.stringify(action ?? '')} is no step (${STEPS.map((one) => one.action).join(', ')})`);
  let executor: ExecutorInput;
  try {
    executor = executorInputSchema.parse(JSON.parse(parsed.values['executor-input'] ?? ''));
  } catch (error) {
    throw wrong(`--executor-input is not what Kubeflow gives (${messageOf(error).slice(0, 200)})`);
  }
  const paths = (given: readonly string[] | undefined, names: readonly string[]): ReadonlyMap<string, string> => {
    const found = new Map((given ?? []).map((text) => [text.split('=', 1)[0]!, text.slice(text.indexOf('=') + 1)]));
    const missing = names.find((name) => !found.get(name));
    if (missing !== undefined) throw wrong(`the artifact ${missing} has no path`);
    return found;
  };
  return {
    ...{ step, executor },
    inputs: paths(parsed.values.input, Object.keys(step.takes)),
    outputs: paths(
      parsed.values.output,
      step.leaves.map(({ name }) => name),
    ),
  };
}

/** What the action finds in its environment: a runner without GitHub. */
async function environmentOf(
  step: PipelineStep,
  inputs: ReadonlyMap<string, string>,
  spec: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<NodeJS.ProcessEnv> {
  const kept = Object.entries(env).filter(([name]) => !/^(GITHUB|ACTIONS|RUNNER|INPUT)_/.test(name));
  const given = new Map(Object.entries(step.inputs).map(([name, value]) => [name, env[inputName(name)] ?? value]));
  for (const [name, path] of inputs) given.set(name, name === 'data' ? await dataFiles(path, spec) : path);
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries([...given].map(([name, value]) => [inputName(name), value])),
    GITHUB_WORKSPACE: folder,
    GITHUB_OUTPUT: join(folder, OUTPUT_FILE),
    GITHUB_STEP_SUMMARY: join(folder, SUMMARY_FILE),
    RUNNER_TEMP: folder,
  };
}

const inputName = (name: string): string => `INPUT_${name.toUpperCase()}`;

/** The data's artifact as lines for the input `data`: a file, or in a folder those that the spec names. */
async function dataFiles(path: string, spec: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    throw new UserError(`The data is not there (${path}): see the run's parameter data_uri.`, { cause: error });
  });
  if (!found.isDirectory()) return path;
  const { data } = parseSpec(spec, SPEC_FILE).spec;
  return [...new Set([data.path].flat().map((name) => join(path, basename(name))))].join('\n');
}

function runNode(file: string, cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file], { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
    // A pod that is taken away asks its first process alone.
    const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
    const signals = ['SIGTERM', 'SIGINT'] as const;
    for (const signal of signals) process.on(signal, forward);
    const done = (end: () => void): void => {
      for (const signal of signals) process.off(signal, forward);
      end();
    };
    child.once('error', (error) => done(() => reject(error)));
    child.once('exit', (code, signal) => done(() => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))));
  });
}

/** Copies what a step has left, file or folder, to where Kubeflow takes it from. A step that failed may have left nothing. */
async function handOn(source: string, target: string): Promise<void> {
  if ((await stat(source).catch(() => undefined)) === undefined) return;
  await cp(source, await madeFor(target), { recursive: true });
}

async function madeFor(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  return file;
}

/** What Kubeflow shows of artifacts: the metrics, and which model it is. */
async function executorOutput(step: PipelineStep, { outputs }: ExecutorInput, folder: string): Promise<object> {
  const artifacts: Record<string, object> = {};
  for (const { name, kind, path } of step.leaves) {
    const [artifact] = outputs.artifacts[name]?.artifacts ?? [];
    if (!artifact) continue;
    const metadata =
      kind === 'metrics'
        ? await readJson(join(folder, path))
        : kind === 'model'
          ? modelFacts(await readJson(join(folder, path, BUNDLE_FILES.manifest)))
          : {};
    artifacts[name] = { artifacts: [{ ...artifact, metadata: { ...metadata } }] };
  }
  return { artifacts };
}

function modelFacts(manifest: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { name, task, digest, algorithm } = manifest;
  return { name, task, digest, algorithm, framework: 'onnx' };
}

/** A flat JSON document; empty when the step has not come that far. */
async function readJson(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
