import { lstat, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { durationMs } from '../../core/duration.js';
import { UserError } from '../../core/errors.js';
import { formatDuration } from '../../core/format.js';
import type { Dataset } from '../../data/dataset.js';
import { writeJudgedFile } from '../../data/judged-file.js';
import { JUDGED, type JudgedModelRows } from '../../data/judged-values.js';
import type { ColumnSchema, Labels } from '../../data/table.js';
import type { MeasuredMetric } from '../../evaluation/measured-metrics.js';
import type { LoadedSpec } from '../../spec/load.js';
import type { Spec } from '../../spec/schema.js';
import { createMask, environmentOfCommand } from './environment.js';
import { faultOf } from './fault.js';
import { runCommand } from './run-command.js';

export interface MeasureRequest {
  readonly dataset: Dataset;
  readonly loaded: Pick<LoadedSpec, 'spec' | 'locate'>;
  /** The spec file. */
  readonly specFile: string;
  /** Where the commands run: the model's folder. */
  readonly directory: string;
  /** A folder for the files that go between; it is emptied before each run. */
  readonly folder: string;
  /** The judged rows; labels and predictions have their order. */
  readonly rows: Uint32Array;
  readonly labels: Labels;
  readonly candidate: Omit<JudgedModelRows, 'labels'>;
  readonly champion?: Omit<JudgedModelRows, 'labels'> | undefined;
  /** The columns of the data that the candidate reads. */
  readonly inputs: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

type CustomEntry = NonNullable<Spec['evaluate']['custom']>[string];
type Command = Omit<CustomEntry, 'sql' | 'command'> & { readonly name: string; readonly command: string };

const DEFAULT_TIMEOUT = '10m';

/** What is longer is no number. */
const LONGEST_RESULT_BYTES = 1_000;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Runs the commands of `evaluate.custom`, each once a model, on the same rows. A command is not told whose rows it has.
 * @throws UserError when one fails, takes too long, is cancelled, or leaves anything but one finite number
 */
export async function measureByCommands(request: MeasureRequest): Promise<readonly MeasuredMetric[]> {
  const { loaded, candidate, champion, folder, log } = request;
  const commands = Object.entries(loaded.spec.evaluate.custom ?? {}).flatMap(([name, { command, ...metric }]): Command[] =>
    command === undefined ? [] : [{ ...metric, name, command }],
  );
  const measured: MeasuredMetric[] = [];
  try {
    for (const command of commands) {
      const columns = columnsOf(command, request);
      log(`Measuring ${command.name} of the candidate`);
      const own = await measure(command, columns, candidate, request);
      if (champion) log(`Measuring ${command.name} of the champion`);
      measured.push({
        ...{ name: command.name, better: command.better, candidate: own },
        ...(champion && { champion: await measure(command, columns, champion, request) }),
      });
    }
  } finally {
    // The labels of held-out rows are not left lying about.
    if (commands.length > 0) await rm(folder, { recursive: true, force: true });
  }
  return measured;
}

/** @returns null for a model that gives no number for a row: a mean without these rows would flatter it */
async function measure(
  { name, command, format = 'parquet', timeout = DEFAULT_TIMEOUT }: Command,
  columns: readonly ColumnSchema[],
  model: Omit<JudgedModelRows, 'labels'>,
  { dataset, loaded, specFile, directory, folder, rows, labels, env, log }: MeasureRequest,
): Promise<number | null> {
  if (model.predictions.scores.some((score) => Number.isNaN(score))) return null;
  const { spec, locate } = loaded;
  const wrong = (message: string): UserError =>
    new UserError({
      message: `evaluate.custom.${name}.command ${message}`,
      location: locate(['evaluate', 'custom', name, 'command']),
    });
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const file = join(folder, `rows.${format}`);
  const result = join(folder, 'result.txt');
  const scores = await writeJudgedFile(dataset, rows, { ...model, labels }, { file, format, columns });
  const variables = {
    MLOPS_ROWS: file,
    MLOPS_RESULT: result,
    MLOPS_METRIC: name,
    MLOPS_TASK: spec.task,
    MLOPS_CLASSES: JSON.stringify(labels.task === 'regression' ? [] : labels.classes),
    MLOPS_SCORES: JSON.stringify(scores),
    MLOPS_COLUMNS: JSON.stringify(columns.map((column) => column.name)),
    MLOPS_WEIGHT: columns.find((column) => column.name === weightOf(dataset))?.name ?? '',
    MLOPS_SEED: String(spec.seed),
    MLOPS_SPEC: specFile,
  };
  const mask = createMask(env);
  const end = await runCommand({
    ...{ command, directory, env: environmentOfCommand(env, variables), timeoutMs: durationMs(timeout) },
    onLine: (line) => log(mask(line)),
  });
  if (end.leftBehind) log('The command left processes running; they have been ended.');
  const fault = faultOf(end, `evaluate.custom.${name}.timeout (${timeout})`);
  if (fault) throw wrong(mask(fault));
  const found = await readNumber(result);
  if (typeof found === 'string') throw wrong(mask(found));
  log(`${name}: ${found}, after ${formatDuration(end.seconds)}`);
  return found;
}

/** The number that a command left, or what is wrong with it. */
async function readNumber(file: string): Promise<number | string> {
  const asked = 'write one finite number into the file that the variable MLOPS_RESULT names';
  const found = await lstat(file).catch(() => undefined);
  if (!found) return `ended well but left no number: ${asked}`;
  if (!found.isFile()) return `left something that is no regular file where its number should be: ${asked}`;
  if (found.size > LONGEST_RESULT_BYTES) return `left ${found.size} bytes where one number is expected: ${asked}`;
  const text = (await readFile(file, 'utf8')).trim();
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  return text === '' ? `ended well but left no number: ${asked}` : `left ${JSON.stringify(text.slice(0, 80))}: ${asked}`;
}

/** What the command gets of the data: what the spec names, else what the candidate reads; and the weight. */
function columnsOf({ name, columns }: Command, { dataset, loaded: { locate }, inputs }: MeasureRequest): ColumnSchema[] {
  const isJudged = (column: string): boolean => (JUDGED as readonly string[]).includes(column.toLowerCase());
  const path = ['evaluate', 'custom', name, 'columns'] as const;
  const named = columns?.map((wanted, index) => {
    const location = locate([...path, index]);
    const column = dataset.column(wanted, location).name;
    if (!isJudged(column)) return column;
    throw new UserError({
      message: `evaluate.custom.${name}.columns: ${JSON.stringify(column)} would hide the column of that name that the command gets anyway; leave it out, or read the data under another name`,
      location,
    });
  });
  const weight = weightOf(dataset);
  const chosen = new Set([...(named ?? inputs.filter((column) => !isJudged(column))), ...(weight ? [weight] : [])]);
  return dataset.schema.filter((column) => chosen.has(column.name) && !isJudged(column.name));
}

function weightOf(dataset: Dataset): string | undefined {
  const { weight } = dataset.spec.data;
  return weight === undefined ? undefined : dataset.column(weight, dataset.locate(['data', 'weight'])).name;
}
