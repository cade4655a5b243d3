import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { durationMs } from '../../core/duration.js';
import { UserError } from '../../core/errors.js';
import { formatBytes, formatDuration } from '../../core/format.js';
import type { Progress } from '../../core/progress.js';
import type { Dataset } from '../../data/dataset.js';
import { type PartFile, writePartFiles } from '../../data/part-files.js';
import { rowsOfPart } from '../../data/select.js';
import type { Split } from '../../data/split.js';
import type { ColumnSchema } from '../../data/table.js';
import type { FeaturePlan } from '../../features/plan.js';
import { type AdoptedModel, adoptModel } from '../../onnx/adopt.js';
import { primaryMetric } from '../../spec/chosen-metrics.js';
import type { LoadedSpec } from '../../spec/load.js';
import { createMask, environmentOfCommand } from './environment.js';
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

/** What a command left behind, ready for a bundle. */
export interface CommandModel extends AdoptedModel {
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
  const { dataset, split, loaded, directory, folder, features, classes, log } = request;
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
  const fault = faultOf(end, spec.train.timeout);
  if (fault) throw new UserError({ message: `train.command ${mask(fault)}`, location: locate(['train', 'command']) });
  log(`The command ended well after ${formatDuration(end.seconds)}`);

  const bytes = await readModel(join(output, 'model.onnx'), locate);
  const validation = rowsOfPart(split.parts, 'validation');
  const tried = validation.length > 0 ? validation : rowsOfPart(split.parts, 'train');
  const adopted = await adoptModel(bytes, {
    what: 'the model.onnx that train.command wrote',
    name: spec.name,
    task: spec.task,
    classes,
    columns: features,
    rows: await dataset.table(
      features.map(({ name }) => name),
      tried.slice(0, TRIED_ROWS),
    ),
  }).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new UserError({ message: error.message, location: locate(['train', 'command']) }, { cause: error });
  });
  if (progressFile.ignored > 0)
    log(`progress.ndjson: ${progressFile.ignored} lines are no JSON object with a number "step" and are left out`);
  const curve = progressFile.curve(primaryMetric(spec));
  return {
    ...adopted,
    plan: planOf(features, adopted),
    params: spec.train.params,
    iterations: Math.max(0, Math.trunc(curve?.points.at(-1)?.step ?? 0)),
    curve: curve?.points ?? [],
    curveMetric: curve?.metric ?? '',
    reported: await readReported(join(output, 'metrics.json')),
    seconds: end.seconds,
  };
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

/** Why a command did not end well, in one line; undefined when it did. */
function faultOf({ reason, code, signal, seconds, lastLines }: CommandEnd, timeout: string | undefined): string | undefined {
  const after = `after ${formatDuration(seconds)}`;
  if (reason === 'cancelled') return `was cancelled ${after}, and its processes have been ended`;
  const said = lastLines.length === 0 ? 'it printed nothing' : `its last lines: ${lastWords(lastLines)}`;
  if (reason === 'timeout')
    return `took longer than train.timeout (${timeout}) and has been ended with all its processes; make it faster or raise the limit; ${said}`;
  if (code === 0) return undefined;
  const how =
    code === null
      ? `was ended by ${signal}${signal === 'SIGKILL' ? ' (out of memory?)' : ''}`
      : `ended with exit status ${code}`;
  return `${how} ${after}; ${said}`;
}

const SHOWN_CHARACTERS = 600;

function lastWords(lines: readonly string[]): string {
  const words = lines.slice(-5).join(' | ').trim();
  return words.length > SHOWN_CHARACTERS ? `…${words.slice(-SHOWN_CHARACTERS)}` : words;
}

async function readModel(file: string, locate: LoadedSpec['locate']): Promise<Uint8Array> {
  const wrong = (message: string): UserError =>
    new UserError({ message: `train.command ${message}`, location: locate(['train', 'command']) });
  const found = await lstat(file).catch(() => undefined);
  if (!found) throw wrong('ended well but wrote no model.onnx: write it into the folder that the variable MLOPS_OUTPUT names');
  if (!found.isFile()) throw wrong('wrote a model.onnx that is no regular file; write the file itself, no link or folder');
  if (found.size > LARGEST_MODEL_BYTES)
    throw wrong(`wrote a model.onnx of ${formatBytes(found.size)}; accepted are at most ${formatBytes(LARGEST_MODEL_BYTES)}`);
  return readFile(file);
}

/** The raw columns that the graph reads, as they are: what it makes of them is its own affair. */
function planOf(features: readonly ColumnSchema[], { signature }: AdoptedModel): FeaturePlan {
  const read = new Set(signature.inputs.map(({ name }) => name));
  return {
    features: features
      .filter(({ name }) => read.has(name))
      .map(({ name, type }) =>
        type === 'string' ? { name, kind: 'categorical', from: name, levels: [] } : { name, kind: 'numeric', from: name },
      ),
  };
}
