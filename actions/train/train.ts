import { join, resolve } from 'node:path';
import { candidateArtifact } from '../../shared/bundle/files.js';
import type { Manifest } from '../../shared/bundle/manifest.js';
import { writeBundle } from '../../shared/bundle/write.js';
import { messageOf, UserError } from '../../shared/core/errors.js';
import { formatCount, formatDuration } from '../../shared/core/format.js';
import { toolVersion } from '../../shared/core/version.js';
import { columnKey } from '../../shared/data/column-names.js';
import { type Dataset, openDataset } from '../../shared/data/dataset.js';
import { NOTABLE_LEAKAGE } from '../../shared/data/leakage.js';
import { writePredictions } from '../../shared/data/parquet.js';
import type { Predictions } from '../../shared/data/predictions.js';
import { readReference } from '../../shared/data/reference.js';
import type { ReferenceProfile } from '../../shared/data/reference-profile.js';
import { rowsOfPart, selectLabels } from '../../shared/data/select.js';
import { fitSplit, type Split } from '../../shared/data/split.js';
import type { SplitRule } from '../../shared/data/split-rule.js';
import { type Labels, PARTS, type Table } from '../../shared/data/table.js';
import { newestLabelled } from '../../shared/data/window.js';
import { computeMetrics } from '../../shared/evaluation/metrics.js';
import { watchedInputs } from '../../shared/features/watched.js';
import { openModel } from '../../shared/onnx/session.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { resolveChampion } from '../../shared/registry/resolve.js';
import { modelBom } from '../../shared/report/bom.js';
import { renderModelCard } from '../../shared/report/model-card.js';
import { renderTraining } from '../../shared/report/training.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { chosenMetrics } from '../../shared/spec/chosen-metrics.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import type { Spec } from '../../shared/spec/schema.js';
import { type FittedModel, fitModel } from '../../shared/training/fit.js';
import { prepareFit } from './prepare-fit.js';
import { runPack } from './trials.js';

export interface TrainInputs {
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
  const { environment, progress, artifacts, log } = services;
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
    const { rule: frozen, notice } = await championSplit(inputs, services, spec, directory);
    if (notice) annotations.push(notice);
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
    const trained = await trainOnSplit(dataset, split, loaded, services);
    const output = resolve(directory, inputs.output);
    const profile = await profileOf(dataset, split, spec, trained);
    const manifest = await leaveBundle(output, { dataset, split, spec, environment, profile, ...trained });
    log(`Bundle ${manifest.digest} in ${join(inputs['working-directory'], inputs.output)}`);

    const artifact = candidateArtifact(spec.name);
    if (artifacts.available) {
      const files = ['manifest.json', ...Object.keys(manifest.files)].map((file) => join(output, file));
      await artifacts.upload(artifact, files, output);
      log(`Candidate left as artifact ${artifact}`);
    }
    const { fitted, metrics } = trained;
    return {
      outputs: {
        'bundle-path': output,
        digest: manifest.digest,
        artifact: artifacts.available ? artifact : '',
      },
      annotations,
      summary: renderTraining({
        manifest,
        metrics,
        importance: fitted.importance,
        curve: fitted.curve,
        curveMetric: fitted.curveMetric,
        leakage: split.leakage.share,
        notices: loaded.notices.map(({ message }) => message),
      }),
    };
  } finally {
    dataset.close();
  }
}

interface Trained {
  readonly fitted: FittedModel;
  readonly metrics: Readonly<Record<string, number>>;
  readonly test: { readonly rows: Uint32Array; readonly labels: Labels; readonly predictions: Predictions };
}

async function trainOnSplit(
  dataset: Dataset,
  split: Split,
  { spec, locate }: LoadedSpec,
  { progress, log }: RunnerServices,
): Promise<Trained> {
  const { columns, labels, request } = await prepareFit(dataset, split, { spec, locate });
  log(`Training ${request.algorithm}`);
  const fitted = await fitModel({ ...request, progress });
  log(`Trained ${fitted.iterations} iterations in ${formatDuration(fitted.seconds)}`);

  // What is recorded is what the graph says of raw rows, as it will be served; not the trainer's own arithmetic.
  const rows = rowsOfPart(split.parts, 'test');
  const test = await predict(fitted, await dataset.table(columns, rows), spec);
  const testLabels = selectLabels(labels, rows);
  return {
    fitted,
    metrics: computeMetrics(chosenMetrics(spec), testLabels, test),
    test: { rows, labels: testLabels, predictions: test },
  };
}

async function predict(fitted: FittedModel, table: Table, spec: Spec): Promise<Predictions> {
  const model = await openModel(fitted.model);
  try {
    return await model.predict(table, { task: spec.task, classes: fitted.classes });
  } finally {
    await model.close();
  }
}

/** What the monitoring will hold live rows and answers against. */
function profileOf(dataset: Dataset, split: Split, spec: Spec, { fitted, test }: Trained): Promise<ReferenceProfile> {
  const { time } = spec.data;
  return readReference(dataset, {
    model: spec.name,
    parts: split.parts,
    inputs: watchedInputs(fitted.signature, fitted.plan, time).watched,
    heldOut: test,
    time,
    unit: spec.monitor?.block ?? 'day',
  });
}

async function leaveBundle(
  output: string,
  made: Trained & { dataset: Dataset; split: Split; spec: Spec; environment: RunEnvironment; profile: ReferenceProfile },
): Promise<Manifest> {
  const { dataset, split, spec, environment, profile, fitted, metrics, test } = made;
  const { repository, runId, runAttempt, runUrl, headSha } = environment;
  const positive = spec.task === 'binary' ? fitted.classes.at(-1) : undefined;
  const newest = await newestLabelled(dataset, spec);
  const defined = Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
  return writeBundle(output, {
    manifest: {
      format: 1,
      name: spec.name,
      task: spec.task,
      signature: fitted.signature,
      classes: fitted.classes,
      target: {
        column: spec.target.column,
        ...(spec.target.sql !== undefined && { sql: spec.target.sql }),
        ...(positive !== undefined && { positive }),
      },
      algorithm: spec.train.algorithm ?? 'gbdt',
      params: fitted.params,
      features: fitted.plan,
      seed: spec.seed,
      ...(spec.task === 'binary' && { threshold: 0.5 }),
      data: { ...dataset.fingerprint, ...(newest && { newest }) },
      split: split.rule,
      training: {
        rows: split.counts,
        seconds: fitted.seconds,
        iterations: fitted.iterations,
        leakage: split.leakage.share,
        ...(fitted.selection && { selection: fitted.selection }),
        finishedAt: new Date().toISOString(),
      },
      context: contextColumns(dataset, spec),
      ...(headSha !== undefined && { commit: headSha }),
      ...(repository && runId !== undefined && { run: { id: runId, attempt: runAttempt, url: runUrl ?? '' } }),
      tool: { name: 'mlops-actions', version: toolVersion() },
    },
    model: fitted.model,
    metrics: Object.fromEntries(Object.keys(metrics).map((name) => [name, defined[name] ?? null])),
    importance: fitted.importance,
    profile,
    writePredictions: async (file) =>
      writePredictions(file, {
        ids: await dataset.rowIds(test.rows),
        labels: test.labels,
        predictions: test.predictions,
        classes: fitted.classes,
      }),
    render: (manifest) => ({
      card: renderModelCard(manifest, defined, spec),
      bom: `${JSON.stringify(modelBom(manifest), null, 2)}\n`,
    }),
  });
}

/** The columns of data.time and data.key as the data spells them; SQL, and so a spec, does not tell upper from lower case. */
function contextColumns(dataset: Dataset, spec: Spec): NonNullable<Manifest['context']> {
  const spelled = (name: string): string =>
    dataset.schema.find((column) => columnKey(column.name) === columnKey(name))?.name ?? name;
  const { time, key } = spec.data;
  return {
    ...(time !== undefined && { time: spelled(time) }),
    key: key === undefined ? [] : [key].flat().map(spelled),
  };
}

/**
 * The division of rows that the champion used, so that no row changes sides from one model to the next. Times divide
 * themselves; for hashes the cut points are frozen.
 */
async function championSplit(
  inputs: TrainInputs,
  services: RunnerServices,
  spec: Spec,
  directory: string,
): Promise<{ rule?: SplitRule; notice?: Annotation }> {
  if (spec.split.by !== 'hash') return {};
  try {
    const champion = await resolveChampion(inputs.champion, {
      input: 'champion',
      model: spec.name,
      directory,
      branch: services.environment.baseBranch,
      connect: () => connectCandidates(services, inputs['github-token'], directory),
    });
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
