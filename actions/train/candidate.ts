import { join } from 'node:path';
import { candidateArtifact } from '../../shared/bundle/files.js';
import type { Fingerprint, Manifest } from '../../shared/bundle/manifest.js';
import { renewBundle } from '../../shared/bundle/renew.js';
import type { BundleContent } from '../../shared/bundle/write.js';
import { writeBundle } from '../../shared/bundle/write.js';
import { toolVersion } from '../../shared/core/version.js';
import { columnKey } from '../../shared/data/column-names.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { writePredictions } from '../../shared/data/parquet.js';
import type { Predictions } from '../../shared/data/predictions.js';
import { readReference } from '../../shared/data/reference.js';
import type { ReferenceProfile } from '../../shared/data/reference-profile.js';
import type { Split } from '../../shared/data/split.js';
import type { Labels } from '../../shared/data/table.js';
import { newestLabelled } from '../../shared/data/window.js';
import { watchedInputs } from '../../shared/features/watched.js';
import { modelBom } from '../../shared/report/bom.js';
import { renderModelCard } from '../../shared/report/model-card.js';
import { renderTraining } from '../../shared/report/training.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import type { Spec } from '../../shared/spec/schema.js';
import type { FinishedModel } from '../../shared/training/fit-finished.js';
import { forgetFolder, type Reuse, type ReusePlaces, rememberBundle } from './reuse.js';

/** A model with what it says of the test rows. */
export interface Trained {
  readonly fitted: Omit<FinishedModel, 'predict' | 'dropped'>;
  /** What a command says of itself. */
  readonly reported?: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly test: { readonly rows: Uint32Array; readonly labels: Labels; readonly predictions: Predictions };
}

/** What the monitoring will hold live rows and answers against. */
export function profileOf(dataset: Dataset, split: Split, spec: Spec, { fitted, test }: Trained): Promise<ReferenceProfile> {
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

export async function leaveBundle(
  output: string,
  made: Trained & {
    dataset: Dataset;
    split: Split;
    spec: Spec;
    environment: RunEnvironment;
    profile: ReferenceProfile;
    fingerprint: Fingerprint | undefined;
  },
): Promise<Manifest> {
  const { dataset, split, spec, environment, profile, fingerprint, fitted, metrics, test } = made;
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
      algorithm: spec.train.command === undefined ? (spec.train.algorithm ?? 'gbdt') : 'command',
      ...(spec.train.command !== undefined && { command: spec.train.command }),
      params: fitted.params,
      features: fitted.plan,
      seed: spec.seed,
      ...(spec.task === 'binary' && { threshold: fitted.threshold?.value ?? 0.5 }),
      data: { ...dataset.fingerprint, ...(newest && { newest }) },
      split: split.rule,
      training: {
        rows: split.counts,
        seconds: fitted.seconds,
        iterations: fitted.iterations,
        ...optionsLeft(fitted),
        leakage: split.leakage.share,
        ...(fitted.selection && { selection: fitted.selection }),
        finishedAt: new Date().toISOString(),
      },
      context: contextColumns(dataset, spec),
      ...(fingerprint && { fingerprint }),
      ...runOf(environment),
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
    render: renderer(defined, spec),
  });
}

/** What cross-validation, calibration and threshold found, for the manifest. */
function optionsLeft({ crossValidation, calibration, threshold }: Trained['fitted']): Partial<Manifest['training']> {
  return {
    ...(crossValidation && { crossValidation }),
    ...(calibration && { calibration }),
    ...(threshold && {
      threshold: { metric: threshold.metric, reached: threshold.reached, rows: threshold.rows, source: threshold.source },
    }),
  };
}

function renderer(metrics: Readonly<Record<string, number>>, spec: Spec): BundleContent['render'] {
  return (manifest) => ({
    card: renderModelCard(manifest, metrics, spec),
    bom: `${JSON.stringify(modelBom(manifest), null, 2)}\n`,
  });
}

function runOf({ repository, runId, runAttempt, runUrl, headSha }: RunEnvironment): Pick<Manifest, 'commit' | 'run'> {
  return {
    ...(headSha !== undefined && { commit: headSha }),
    ...(repository && runId !== undefined && { run: { id: runId, attempt: runAttempt, url: runUrl ?? '' } }),
  };
}

/** Leaves the bundle as the run's candidate. @returns the artifact's name; empty outside of GitHub Actions */
export async function offerCandidate(
  output: string,
  manifest: Manifest,
  { artifacts, log }: Pick<RunnerServices, 'artifacts' | 'log'>,
): Promise<string> {
  if (!artifacts.available) return '';
  const artifact = candidateArtifact(manifest.name);
  const files = ['manifest.json', ...Object.keys(manifest.files)].map((file) => join(output, file));
  await artifacts.upload(artifact, files, output);
  log(`Candidate left as artifact ${artifact}`);
  return artifact;
}

/** A bundle that was there already becomes the candidate of this run. */
export async function reuseBundle(found: {
  readonly reuse: Extract<Reuse, { readonly bundle: object }>;
  readonly fingerprint: Fingerprint;
  readonly places: ReusePlaces;
  readonly annotations: readonly Annotation[];
  readonly loaded: LoadedSpec;
  readonly services: RunnerServices;
}): Promise<ActionOutcome> {
  const { reuse, fingerprint, places, annotations, loaded, services } = found;
  const { bundle, from } = reuse;
  const occasion = {
    ...runOf(services.environment),
    ...(bundle.manifest.fingerprint && { fingerprint: bundle.manifest.fingerprint }),
  };
  const manifest = await renewBundle(places.output, bundle, occasion, renderer(bundle.metrics, loaded.spec));
  services.log(`Nothing that matters has changed: ${manifest.digest} is reused, from ${from}`);
  if (reuse.remember) await rememberBundle(fingerprint, places, places.output);
  await forgetFolder(places.directory);
  const artifact = await offerCandidate(places.output, manifest, services);
  const { run, leakage } = { run: bundle.manifest.run, leakage: manifest.training.leakage };
  return {
    outputs: { 'bundle-path': places.output, digest: manifest.digest, cached: 'true', artifact },
    annotations,
    summary: renderTraining({
      manifest,
      metrics: bundle.metrics,
      importance: bundle.importance,
      curve: [],
      curveMetric: '',
      ...(leakage !== undefined && { leakage }),
      notices: loaded.notices.map(({ message }) => message),
      cached: true,
      reuse: `From ${from}; trained ${run ? `by run ${run.id}, ` : ''}until ${manifest.training.finishedAt}.`,
    }),
  };
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
