import { join, resolve } from 'node:path';
import { messageOf, UserError } from '../../shared/core/errors.js';
import { formatCount, formatDuration } from '../../shared/core/format.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { NOTABLE_LEAKAGE } from '../../shared/data/leakage.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import type { Predictions } from '../../shared/data/predictions.js';
import { rowsOfPart, selectLabels, selectWeights } from '../../shared/data/select.js';
import { fitSplit, type Split } from '../../shared/data/split.js';
import type { SplitRule } from '../../shared/data/split-rule.js';
import { type Labels, PARTS, type Table } from '../../shared/data/table.js';
import { computeMetrics } from '../../shared/evaluation/metrics.js';
import { openModel } from '../../shared/onnx/session.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { type ResolvedModel, resolveChampion } from '../../shared/registry/resolve.js';
import { renderTraining } from '../../shared/report/training.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { chosenMetrics } from '../../shared/spec/chosen-metrics.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import type { Spec } from '../../shared/spec/schema.js';
import { trainByCommand } from '../../shared/training/command/command.js';
import { fitFinished } from '../../shared/training/fit-finished.js';
import { prepareFit, rawColumns } from '../../shared/training/prepare-fit.js';
import { atItsKey } from './at-its-key.js';
import { leaveBundle, offerCandidate, profileOf, reuseBundle, type Trained } from './candidate.js';
import { fingerprintOf, ruleName } from './fingerprint.js';
import { findBundle, type Reuse, rememberBundle } from './reuse.js';
import { runPack } from './trials.js';

export interface TrainInputs {
  /** Overrides `train.cache`; undefined where the input is empty. */
  readonly cache: boolean | undefined;
  readonly champion: string;
  readonly data: readonly string[];
  readonly 'github-token': string | undefined;
  readonly output: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  readonly spec: string;
  /** A pack of tune-plan: then its trials are run, and no bundle is left. */
  readonly trials: string | undefined;
  /** A duration; undefined for all rows. */
  readonly window: string | undefined;
  readonly 'working-directory': string;
}

/** Fits features and model on the training rows and leaves one bundle, the candidate. */
export async function run(inputs: TrainInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, progress, log } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), {
    displayName: join(inputs['working-directory'], inputs.spec),
    overrides: Object.entries(inputs.params).map(([name, value]) => ({
      path: ['train', 'params', name],
      value,
      origin: 'input params',
    })),
  });
  const { spec } = loaded;
  const annotations: Annotation[] = loaded.notices.map((notice) => ({ ...notice, level: 'notice' }));

  const output = resolve(directory, inputs.output);
  const champion = once(() => findChampion(inputs, services, spec, directory));
  const { rule: frozen, notice } = await championSplit(inputs, spec, champion);
  if (notice) annotations.push(notice);
  const places = {
    directory,
    output,
    trustOutput: !environment.hasArtifacts,
    name: spec.name,
    frozen,
    champion: () => champion().catch((error: unknown) => (error instanceof UserError ? undefined : Promise.reject(error))),
  };
  const mayReuse = inputs.trials === undefined && (inputs.cache ?? spec.train.cache);
  const fingerprint = mayReuse ? await fingerprintOf(loaded, { directory, ...placeOf(inputs, services) }) : undefined;
  const reuse = fingerprint && (await findBundle(fingerprint, places));
  if (fingerprint && reuse?.bundle) return reuseBundle({ reuse, fingerprint, places, annotations, loaded, services });

  const dataset = await openDataset({
    spec,
    directory,
    workspace: environment.workspace,
    locate: (path) => loaded.locate(path),
    ...(inputs.data.length > 0 && { data: inputs.data }),
    progress,
  });
  try {
    annotations.push(...dataset.notices.map((message): Annotation => ({ message, level: 'notice' })));
    log(`${formatCount(dataset.rows)} rows, ${dataset.schema.length} columns`);
    const split = await fitSplit(dataset, spec, {
      ...(frozen && { frozen }),
      ...(inputs.window !== undefined && { window: inputs.window }),
    });
    log(
      PARTS.filter((part) => split.counts[part] > 0)
        .map((part) => `${part} ${formatCount(split.counts[part])}`)
        .join(' · '),
    );
    annotations.push(...split.notices.map((message): Annotation => ({ level: 'notice', message })));
    if (split.leakage.share >= NOTABLE_LEAKAGE) annotations.push(leakageWarning(split, loaded));

    if (inputs.trials !== undefined) {
      const place = { directory, workspace: environment.workspace, data: inputs.data };
      const outcome = await runPack(inputs.trials, { dataset, split, loaded, place, services });
      return { ...outcome, annotations: [...annotations, ...(outcome.annotations ?? [])] };
    }
    const trained =
      spec.train.command === undefined
        ? await trainOnSplit(dataset, split, loaded, services)
        : await trainWithCommand(dataset, split, loaded, { services, directory, specFile: join(directory, inputs.spec) });
    const profile = await profileOf(dataset, split, spec, trained);
    const known = fingerprint && { ...fingerprint, ...(frozen && { kept: ruleName(frozen) }) };
    const manifest = await leaveBundle(output, { dataset, split, spec, environment, profile, fingerprint: known, ...trained });
    log(`Bundle ${manifest.digest} in ${join(inputs['working-directory'], inputs.output)}`);
    if (fingerprint) await rememberBundle(fingerprint, places, output);
    const artifact = await offerCandidate(output, manifest, services);
    const { fitted, metrics } = trained;
    return {
      outputs: {
        'bundle-path': output,
        digest: manifest.digest,
        cached: 'false',
        artifact,
      },
      annotations,
      summary: renderTraining({
        manifest,
        metrics,
        importance: fitted.importance,
        ...(trained.explanation && { explanation: trained.explanation }),
        ...(trained.reported && { reported: trained.reported }),
        curve: fitted.curve,
        curveMetric: fitted.curveMetric,
        leakage: split.leakage.share,
        notices: loaded.notices.map(({ message }) => message),
        reuse: noReuse(mayReuse, reuse),
      }),
    };
  } finally {
    dataset.close();
  }
}

async function trainOnSplit(
  dataset: Dataset,
  split: Split,
  { spec, locate }: LoadedSpec,
  { progress, log }: RunnerServices,
): Promise<Trained> {
  const { columns, labels, request, finish } = await prepareFit(dataset, split, { spec, locate });
  log(`Training ${request.algorithm}`);
  const fitted = await atItsKey(locate, async () => fitFinished({ ...request, progress, locate }, await finish()));
  log(`Trained ${fitted.iterations} iterations in ${formatDuration(fitted.seconds)}`);

  // Rows come in the order of their hashes, so that the first ones are a sample.
  const sample = rowsOfPart(split.parts, 'test').slice(0, fitted.explain?.rows ?? 0);
  const explanation =
    sample.length > 0 && fitted.explain?.of(await dataset.table(columns, sample), await dataset.rowIds(sample));
  return {
    fitted,
    ...(explanation && { explanation }),
    ...(await scoreTest(dataset, split, { spec, columns, labels, fitted })),
  };
}

/** Trains by the user's own program, which gets the raw columns and leaves a graph. */
async function trainWithCommand(
  dataset: Dataset,
  split: Split,
  loaded: LoadedSpec,
  { services, directory, specFile }: { services: RunnerServices; directory: string; specFile: string },
): Promise<Trained> {
  const { spec } = loaded;
  const columns = await rawColumns(dataset, loaded);
  const labels = await dataset.labels();
  const model = await trainByCommand({
    dataset,
    split,
    loaded,
    specFile,
    directory,
    folder: join(workDirectory(directory), 'command'),
    features: columns.map((name) => dataset.schema.find((column) => column.name === name)!),
    classes: labels.task === 'regression' ? [] : labels.classes,
    env: process.env,
    log: services.log,
    progress: services.progress,
  });
  const { predictions, ...made } = model;
  const fitted = { ...made, classes: labels.task === 'regression' ? [] : labels.classes, importance: [] };
  const inputs = model.signature.inputs.map(({ name }) => name);
  return {
    fitted,
    reported: model.reported,
    ...(await scoreTest(dataset, split, { spec, columns: inputs, labels, fitted, predictions })),
  };
}

/** What is recorded is what the graph says of raw rows, as it will be served; not the trainer's own arithmetic. */
async function scoreTest(
  dataset: Dataset,
  split: Split,
  made: {
    spec: Spec;
    columns: readonly string[];
    labels: Labels;
    fitted: Trained['fitted'];
    /** Of a trainer whose model cannot be run here. */
    predictions?: Predictions | undefined;
  },
): Promise<Pick<Trained, 'metrics' | 'test'>> {
  const { spec, columns, labels, fitted } = made;
  const rows = rowsOfPart(split.parts, 'test');
  const predictions = made.predictions ?? (await predict(fitted, await dataset.table(columns, rows), spec));
  const testLabels = selectLabels(labels, rows);
  const weights = selectWeights(await dataset.weights(), rows);
  return {
    metrics: computeMetrics(chosenMetrics(spec), testLabels, predictions, {
      ...(fitted.threshold && { threshold: fitted.threshold.value }),
      ...(weights && { weights }),
    }),
    test: { rows, labels: testLabels, predictions },
  };
}

async function predict(fitted: Trained['fitted'], table: Table, spec: Spec): Promise<Predictions> {
  if (!fitted.model) throw new Error('there is neither a model nor its predictions');
  const model = await openModel(fitted.model);
  try {
    return await model.predict(table, { task: spec.task, classes: fitted.classes });
  } finally {
    await model.close();
  }
}

function placeOf(inputs: TrainInputs, { environment }: RunnerServices) {
  return { workspace: environment.workspace, data: inputs.data, window: inputs.window };
}

/** Why the model was trained and not reused, in a sentence. */
function noReuse(mayReuse: boolean, reuse: Reuse | undefined): string {
  if (!mayReuse) return '';
  if (!reuse) return 'It was trained because train.inputs names no files, so nobody knows whether the command has changed.';
  if (reuse.bundle || reuse.changed === undefined || reuse.changed.length === 0) return '';
  return `It was trained again because of what changed since ${reuse.since}: ${reuse.changed.join(', ')}.`;
}

function findChampion(
  inputs: TrainInputs,
  services: RunnerServices,
  spec: Spec,
  directory: string,
): Promise<ResolvedModel | undefined> {
  return resolveChampion(inputs.champion, {
    input: 'champion',
    model: spec.name,
    directory,
    branch: services.environment.baseBranch,
    connect: () => connectCandidates(services, inputs['github-token'], directory),
  });
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}

/**
 * The division of rows that the champion used, so that no row changes sides from one model to the next. Times divide
 * themselves; for hashes the cut points are frozen.
 */
async function championSplit(
  inputs: TrainInputs,
  spec: Spec,
  find: () => Promise<ResolvedModel | undefined>,
): Promise<{ rule?: SplitRule; notice?: Annotation }> {
  if (spec.split.by !== 'hash') return {};
  try {
    const champion = await find();
    return champion?.kind === 'bundle' ? { rule: champion.bundle.manifest.split } : {};
  } catch (error) {
    // A fresh division is right as well: the comparison leaves out what the champion has seen. So this is no failure,
    // unless the user named the model.
    if (!(error instanceof UserError) || inputs.champion !== 'auto') throw error;
    return {
      notice: { level: 'warning', message: `The champion's division of rows is not kept: ${messageOf(error)}` },
    };
  }
}

function leakageWarning(split: Split, loaded: LoadedSpec): Annotation {
  const { rows, share } = split.leakage;
  return {
    level: 'warning',
    message:
      `${formatCount(rows)} test rows (${(share * 100).toFixed(1)} %) stand again, the same in every column, among the training rows: ` +
      'the metrics are too good. Remove the duplicates, or divide by a group (split: { by: { group: <column> } }).',
    location: loaded.locate(['split']),
  };
}
