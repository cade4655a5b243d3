import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { durationMs } from '../../core/duration.js';
import { UserError } from '../../core/errors.js';
import { formatBytes, formatDuration } from '../../core/format.js';
import type { Progress } from '../../core/progress.js';
import type { Dataset } from '../../data/dataset.js';
import { readGivenPredictions } from '../../data/given-predictions.js';
import { type PartFile, writePartFiles } from '../../data/part-files.js';
import type { Predictions } from '../../data/predictions.js';
import { rowsOfPart } from '../../data/select.js';
import type { Split } from '../../data/split.js';
import type { ColumnSchema } from '../../data/table.js';
import type { FeaturePlan } from '../../features/plan.js';
import { adoptModel } from '../../onnx/adopt.js';
import { type Signature, TENSOR_OF_COLUMN } from '../../onnx/signature.js';
import { primaryMetric } from '../../spec/chosen-metrics.js';
import type { LoadedSpec } from '../../spec/load.js';
import { createMask, environmentOfCommand } from './environment.js';
import { faultOf } from './fault.js';
import { ProgressFile } from './progress-file.js';
import { readReported } from './reported-metrics.js';
import { type CommandEnd, runCommand } from './run-command.js';

export interface CommandRequest {
  readonly dataset: Dataset;
  readonly split: Split;
  readonly loaded: Pick<LoadedSpec, 'spec' | 'locate'>;
  /** The spec file. */
  readonly specFile: string;
  /** Where the command runs: the model's folder. */
  readonly directory: string;
  /** A folder for the files that go between; it is emptied first. */
  readonly folder: string;
  /** The raw columns that the command gets, in order. */
  readonly features: readonly ColumnSchema[];
  /** The target's classes, the positive one last; empty for regression. */
  readonly classes: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  readonly progress: Progress;
}

/** What a command left behind, ready for a bundle: a model, or what its model has predicted for the test rows. */
export interface CommandModel {
  readonly model?: Uint8Array;
  readonly signature: Signature;
  readonly predictions?: Predictions;
  readonly plan: FeaturePlan;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** The last step of progress.ndjson; 0 without it. */
  readonly iterations: number;
  readonly curve: readonly { readonly step: number; readonly value: number }[];
  readonly curveMetric: string;
  /** What the command says of itself in metrics.json; it is shown and decides nothing. */
  readonly reported: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** A file of ONNX is one Protocol Buffers message, which ends at 2 GiB; whoever needs as much needs another way. */
const LARGEST_MODEL_BYTES = 1024 * 1024 * 1024;

/** Rows that the model is tried on before anything else is done with it. */
const TRIED_ROWS = 2_000;

/**
 * Trains by the user's own command: writes the rows, runs it, and takes what it leaves.
 * @throws UserError when it fails, takes too long, is cancelled, or leaves no usable model
 */
export async function trainByCommand(request: CommandRequest): Promise<CommandModel> {
  const { loaded, directory, folder, features, log } = request;
  const { spec, locate } = loaded;
  const { command } = spec.train;
  if (command === undefined) throw new Error('the spec has no train.command');
  const output = join(folder, 'output');
  const variables = await prepare(request, output);

  const mask = createMask(request.env);
  const progressFile = new ProgressFile(join(output, 'progress.ndjson'), (line) => request.progress(mask(line)));
  log(`Running ${mask(command.trim().split('\n')[0]!)}`);
  let end: CommandEnd;
  try {
    end = await runCommand({
      command,
      directory,
      env: environmentOfCommand(request.env, variables),
      ...(spec.train.timeout !== undefined && { timeoutMs: durationMs(spec.train.timeout) }),
      onLine: (line) => log(mask(line)),
    });
  } finally {
    await progressFile.end();
  }
  if (end.leftBehind) log('The command left processes running; they have been ended.');
  const fault = faultOf(end, `train.timeout (${spec.train.timeout})`);
  if (fault) throw wrong(mask(fault), locate);
  log(`The command ended well after ${formatDuration(end.seconds)}`);

  const made = await takeOver(request, output);
  if (progressFile.ignored > 0)
    log(`progress.ndjson: ${progressFile.ignored} lines are no JSON object with a number "step" and are left out`);
  const curve = progressFile.curve(primaryMetric(spec));
  return {
    ...made,
    plan: planOf(features, made.signature),
    params: spec.train.params,
    iterations: Math.max(0, Math.trunc(curve?.points.at(-1)?.step ?? 0)),
    curve: curve?.points ?? [],
    curveMetric: curve?.metric ?? '',
    reported: await readReported(join(output, 'metrics.json')),
    seconds: end.seconds,
  };
}

/** The model that the command wrote, in our form; without one, its predictions. */
async function takeOver(
  { dataset, split, loaded, features, classes, log }: CommandRequest,
  output: string,
): Promise<Pick<CommandModel, 'model' | 'signature' | 'predictions'>> {
  const { spec, locate } = loaded;
  const bytes = await readModel(join(output, 'model.onnx'), locate);
  if (!bytes) {
    const file = join(output, 'predictions.parquet');
    if (!(await isRegular(file)))
      throw wrong('ended well but wrote no model.onnx: write it into the folder that the variable MLOPS_OUTPUT names', locate);
    log('There is no model.onnx: the predictions that the command wrote are judged');
    const rows = rowsOfPart(split.parts, 'test').length;
    const what = 'the predictions.parquet that train.command wrote';
    const predictions = await readGivenPredictions(file, { what, task: spec.task, classes, rows }).catch((error: unknown) =>
      placed(error, locate),
    );
    const inputs = features.map(({ name, type }) => ({ name, column: type, tensor: TENSOR_OF_COLUMN[type] }));
    return { predictions, signature: { inputs, outputs: [] } };
  }
  const validation = rowsOfPart(split.parts, 'validation');
  const tried = validation.length > 0 ? validation : rowsOfPart(split.parts, 'train');
  return adoptModel(bytes, {
    what: 'the model.onnx that train.command wrote',
    name: spec.name,
    task: spec.task,
    classes,
    columns: features,
    named: {
      columns: 'MLOPS_FEATURES',
      classes: 'train on the target as it stands in MLOPS_TRAIN, or on its index in MLOPS_CLASSES',
    },
    rows: await dataset.table(
      features.map(({ name }) => name),
      tried.slice(0, TRIED_ROWS),
    ),
  }).catch((error: unknown) => placed(error, locate));
}

/** A mistake of the command's own, at its place in the spec. */
function wrong(message: string, locate: LoadedSpec['locate']): UserError {
  return new UserError({ message: `train.command ${message}`, location: locate(['train', 'command']) });
}

function placed(error: unknown, locate: LoadedSpec['locate']): never {
  if (!(error instanceof UserError)) throw error;
  throw new UserError({ message: error.message, location: locate(['train', 'command']) }, { cause: error });
}

/** Writes the files that the command reads. @returns the variables that name them */
async function prepare(request: CommandRequest, output: string): Promise<Record<string, string>> {
  const { dataset, split, loaded, folder, features, classes } = request;
  const { spec } = loaded;
  await rm(folder, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const format = spec.train.format ?? 'parquet';
  const fileOf = (part: string): string => join(folder, `${part}.${format}`);
  const files: PartFile[] = [
    { part: 'train', file: fileOf('train'), labelled: true },
    { part: 'validation', file: fileOf('validation'), labelled: true },
    { part: 'test', file: fileOf('test'), labelled: false },
  ];
  const { target, weight } = await writePartFiles(dataset, { parts: split.parts, features, format, files });
  const params = join(folder, 'params.json');
  await writeFile(params, `${JSON.stringify(spec.train.params, null, 2)}\n`);
  return {
    MLOPS_SPEC: request.specFile,
    MLOPS_PARAMS: params,
    MLOPS_TRAIN: fileOf('train'),
    MLOPS_VALIDATION: fileOf('validation'),
    MLOPS_TEST: fileOf('test'),
    MLOPS_TARGET: target,
    MLOPS_TASK: spec.task,
    MLOPS_CLASSES: JSON.stringify(classes),
    MLOPS_FEATURES: JSON.stringify(features.map(({ name }) => name)),
    MLOPS_WEIGHT: weight ?? '',
    MLOPS_OUTPUT: output,
    MLOPS_SEED: String(spec.seed),
  };
}

/** The bytes of a model; undefined when there is none. */
async function readModel(file: string, locate: LoadedSpec['locate']): Promise<Uint8Array | undefined> {
  const found = await lstat(file).catch(() => undefined);
  if (!found) return undefined;
  if (!found.isFile())
    throw wrong('wrote a model.onnx that is no regular file; write the file itself, no link or folder', locate);
  if (found.size > LARGEST_MODEL_BYTES)
    throw wrong(
      `wrote a model.onnx of ${formatBytes(found.size)}; accepted are at most ${formatBytes(LARGEST_MODEL_BYTES)}`,
      locate,
    );
  return readFile(file);
}

async function isRegular(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => undefined))?.isFile() === true;
}

/** The raw columns that the graph reads, as they are: what it makes of them is its own affair. */
function planOf(features: readonly ColumnSchema[], signature: Signature): FeaturePlan {
  const read = new Set(signature.inputs.map(({ name }) => name));
  return {
    features: features
      .filter(({ name }) => read.has(name))
      .map(({ name, type }) =>
        type === 'string' ? { name, kind: 'categorical', from: name, levels: [] } : { name, kind: 'numeric', from: name },
      ),
  };
}
