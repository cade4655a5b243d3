import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { formatCount } from '../../shared/core/format.js';
import { sha256 } from '../../shared/core/json.js';
import { toolVersion } from '../../shared/core/version.js';
import { type Dataset, openDataset } from '../../shared/data/dataset.js';
import { selectLabels, selectWeights } from '../../shared/data/select.js';
import { protectedGroups, specSlices } from '../../shared/data/slices.js';
import { assignParts, fitSplit } from '../../shared/data/split.js';
import type { ModelSummary } from '../../shared/evaluation/comparison.js';
import { readCustomMetrics } from '../../shared/evaluation/custom-metrics.js';
import type { Evaluation } from '../../shared/evaluation/evaluation.js';
import { evaluateModel } from '../../shared/evaluation/judge.js';
import { commonRows } from '../../shared/evaluation/rows.js';
import { summarizeModel } from '../../shared/evaluation/summary.js';
import { openModel } from '../../shared/onnx/session.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { type ResolvedModel, resolveModel } from '../../shared/registry/resolve.js';
import { renderEvaluation } from '../../shared/report/evaluation.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { judgedMetrics, judgedPrimary } from '../../shared/spec/chosen-metrics.js';
import { parseGate } from '../../shared/spec/gates.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';

export interface EvaluateInputs {
  readonly data: readonly string[];
  readonly 'fail-on': 'gates' | 'never';
  readonly 'github-token': string | undefined;
  readonly model: string;
  readonly spec: string;
  readonly 'working-directory': string;
}

/** Runs one model on its held-out rows and holds its metrics against the gates that need no champion. */
export async function run(inputs: EvaluateInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, progress, log } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const model = await resolveModel(inputs.model, {
    input: 'model',
    model: loaded.spec.name,
    directory,
    branch: environment.baseBranch,
    connect: () => connectCandidates(services, inputs['github-token'], directory),
  });
  const dataset = await openDataset({
    spec: loaded.spec,
    directory,
    workspace: environment.workspace,
    locate: (path) => loaded.locate(path),
    ...(inputs.data.length > 0 && { data: inputs.data }),
    progress,
  });
  try {
    const evaluation = await evaluate(dataset, loaded, model, services);
    const folder = workDirectory(directory);
    const evaluationFile = join(folder, 'evaluation.json');
    const metricsFile = join(folder, 'metrics.json');
    await mkdir(folder, { recursive: true });
    await writeFile(evaluationFile, `${JSON.stringify(evaluation, null, 2)}\n`);
    const metrics = Object.fromEntries(evaluation.metrics.map(({ name, candidate }) => [name, candidate]));
    await writeFile(metricsFile, `${JSON.stringify(metrics, null, 2)}\n`);
    log(`Gates: ${evaluation.gatesOutcome}`);

    const failed = evaluation.gates.filter(({ outcome }) => outcome === 'fail');
    const annotations: Annotation[] = failed.map(({ text, note, line }) => ({
      level: 'error',
      message: `${text}: ${note ?? 'the gate fails'}`,
      location: { file: loaded.file, ...(line !== undefined && { line }) },
    }));
    if (model.kind === 'onnx')
      annotations.push({
        level: 'warning',
        message:
          `${model.shown} has no manifest, so nothing says which rows it has trained on: the test rows of this spec judge it, ` +
          'and the metrics are too good if it has seen them.',
      });
    return {
      outputs: { 'metrics-path': metricsFile, 'evaluation-path': evaluationFile, gates: evaluation.gatesOutcome },
      annotations,
      summary: renderEvaluation(evaluation),
      ...(evaluation.blocked &&
        inputs['fail-on'] === 'gates' && {
          failure: `${failed.length} of ${evaluation.gates.length} gates fail: ${failed.map(({ text }) => text).join('; ')}.`,
        }),
    };
  } finally {
    dataset.close();
  }
}

async function evaluate(
  dataset: Dataset,
  loaded: LoadedSpec,
  resolved: ResolvedModel,
  { environment, progress, log }: RunnerServices,
): Promise<Evaluation> {
  const { spec } = loaded;
  const manifest = resolved.kind === 'bundle' ? resolved.bundle.manifest : undefined;
  const labels = await dataset.labels(manifest && manifest.task !== 'regression' ? { classes: manifest.classes } : {});
  const parts = manifest ? await assignParts(dataset, manifest.split) : (await fitSplit(dataset, spec)).parts;
  const { rows, counts } = commonRows({ candidateParts: parts, labels });
  if (rows.length === 0)
    throw new UserError({
      message: `none of the ${formatCount(counts.test)} test rows has a label, so nothing can be evaluated`,
      location: loaded.locate(['target']),
    });
  log(`Evaluating on ${formatCount(rows.length)} test rows`);

  const model = await openModel(resolved.kind === 'bundle' ? resolved.bundle.modelFile : resolved.file);
  try {
    const columns = spec.features.use;
    const table = await dataset.table(columns ?? model.signature.inputs.map(({ name }) => name), rows);
    const context = {
      task: spec.task,
      classes: labels.task === 'regression' ? [] : labels.classes,
      ...(columns && { columns }),
    };
    const predictions = await model.predict(table, context);
    const latency = await model.latency(table, columns ? { columns } : {});
    const summary = summaryOf(
      resolved,
      model.signature.inputs.map(({ name }) => name),
      latency,
    );
    const judgedLabels = selectLabels(labels, rows);
    const { resamples: _resamples, ...parts } = evaluateModel({
      labels: judgedLabels,
      candidate: predictions,
      primary: judgedPrimary(spec),
      metrics: judgedMetrics(spec),
      gates: spec.gates.map((text, index) => {
        const { line } = loaded.locate(['gates', index]);
        return { gate: parseGate(text, Object.keys(spec.evaluate.custom ?? {})), text, ...(line !== undefined && { line }) };
      }),
      gatesInconclusive: spec.gates_inconclusive,
      slices: await specSlices(dataset, loaded, rows),
      groups: await protectedGroups(dataset, loaded, rows),
      minRows: spec.evaluate.min_rows,
      confidence: spec.evaluate.confidence,
      bootstrap: spec.evaluate.bootstrap,
      seed: spec.seed,
      weights: selectWeights(await dataset.weights(), rows),
      custom: await readCustomMetrics(dataset, loaded, rows, {
        labels: judgedLabels,
        candidate: { predictions, threshold: manifest?.threshold },
      }),
      threshold: { candidate: manifest?.threshold },
      measures: { latency_p50_ms: latency.p50Ms, latency_p99_ms: latency.p99Ms, size_mb: summary.sizeBytes / 1e6 },
      progress,
    });
    return {
      format: 1,
      kind: 'evaluation',
      model: spec.name,
      ...parts,
      rows: { test: counts.test, used: counts.used, unlabelled: counts.unlabelled },
      candidate: summary,
      ...(environment.headSha !== undefined && { commit: environment.headSha }),
      createdAt: new Date().toISOString(),
      tool: `mlops-actions ${toolVersion()}`,
    };
  } finally {
    await model.close();
  }
}

/** What there is to say of a model; of a graph made elsewhere only what its file shows. */
function summaryOf(
  resolved: ResolvedModel,
  inputs: readonly string[],
  latency: NonNullable<ModelSummary['latency']>,
): ModelSummary {
  if (resolved.kind === 'bundle')
    return summarizeModel(resolved.bundle.manifest, { importance: resolved.bundle.importance, latency });
  const bytes = readFileSync(resolved.file);
  return {
    digest: sha256(bytes),
    algorithm: basename(resolved.file),
    params: {},
    features: inputs,
    iterations: 0,
    trainingSeconds: 0,
    trainingRows: 0,
    dataRows: 0,
    sizeBytes: bytes.byteLength,
    latency,
    importance: [],
  };
}
