import { join, resolve } from 'node:path';
import { formatCount } from '../../shared/core/format.js';
import { toolVersion } from '../../shared/core/version.js';
import { dayBlocks, groupBlocks } from '../../shared/data/blocks.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { searchColumns } from '../../shared/data/search-columns.js';
import { rowsOfPart, selectLabels, selectWeights } from '../../shared/data/select.js';
import { protectedGroups, specSlices } from '../../shared/data/slices.js';
import type { Table } from '../../shared/data/table.js';
import { constantPredictions } from '../../shared/evaluation/baseline.js';
import { describeChanges } from '../../shared/evaluation/changes.js';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import { readCustomMetrics } from '../../shared/evaluation/custom-metrics.js';
import { gateLines } from '../../shared/evaluation/gates.js';
import { judge } from '../../shared/evaluation/judge.js';
import { summarizeModel } from '../../shared/evaluation/summary.js';
import type { RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { judgedMetrics, judgedPrimary } from '../../shared/spec/chosen-metrics.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import { measureByCommands } from '../../shared/training/command/metric-command.js';
import { retrainWithSeeds } from '../../shared/training/retrain-seeds.js';
import { confidenceOf } from './candidates.js';
import { disagreeingRows } from './disagreeing.js';
import { driftedColumns } from './drifted.js';
import { judgedRows, reasonOf } from './judged-rows.js';
import { costsBeside, gatesMeasures, isFile, type JudgedModel, type Scored, score, searchedTable } from './models.js';

export interface Champion {
  readonly bundle: JudgedModel;
  readonly shown: string;
}

/** Runs one candidate and the champion on the rows that neither can have trained on, and judges what they say. */
export async function judgeCandidate(
  dataset: Dataset,
  loaded: LoadedSpec,
  candidate: JudgedModel,
  champion: Champion | undefined,
  {
    environment,
    progress,
    log,
    recent,
    candidates,
    directory,
  }: RunnerServices & {
    readonly directory: string;
    readonly recent: Uint8Array | undefined;
    readonly candidates: number;
  },
): Promise<Comparison> {
  const { spec } = loaded;
  const { manifest } = candidate;
  const judged = await judgedRows(dataset, loaded, candidate, champion?.bundle, { recent, log });
  const { rows, counts, labels } = judged;
  let { notComparable } = judged;
  log(`Judging on ${formatCount(rows.length)} test rows`);

  const judgedLabels = selectLabels(labels, rows);
  const scored = await score(candidate, dataset, rows);
  let opponent: Scored | undefined;
  if (champion && !notComparable) {
    const outcome = await score(champion.bundle, dataset, rows, scored.table).catch(reasonOf);
    if (typeof outcome === 'string') notComparable = outcome;
    else opponent = outcome;
  }
  const championManifest = champion?.bundle.manifest;
  const { costs, found } = await costsBeside(
    [{ model: candidate, scored }, ...(champion && opponent ? [{ model: champion.bundle, scored: opponent }] : [])],
    async () => ({
      blocks: await blocksOf(dataset, loaded, rows, scored.table),
      weights: selectWeights(await dataset.weights(), rows),
      custom: await readCustomMetrics(dataset, loaded, rows, {
        labels: judgedLabels,
        candidate: { predictions: scored.predictions, threshold: manifest.threshold },
        champion: opponent && { predictions: opponent.predictions, threshold: championManifest?.threshold },
      }),
      slices: await specSlices(dataset, loaded, { rows, known: scored.table }),
      groups: await protectedGroups(dataset, loaded, { rows, known: scored.table }),
      searched: searchColumns(await searchedTable(candidate, scored, dataset, rows)),
    }),
  );
  const [cost, championCost] = costs;
  const measured = await measureByCommands({
    ...{ dataset, loaded, rows, directory, labels: judgedLabels, log },
    specFile: resolve(environment.workspace, loaded.file),
    folder: join(workDirectory(directory), 'metric'),
    candidate: { predictions: scored.predictions, threshold: manifest.threshold },
    champion: opponent && { predictions: opponent.predictions, threshold: championManifest?.threshold },
    inputs: manifest.signature.inputs.map(({ name }) => name),
    env: process.env,
  });
  const again = champion && !notComparable && !isFile(candidate) && (spec.evaluate.seeds ?? 1) > 1;
  const runs = again
    ? await retrainWithSeeds(dataset, loaded, manifest, { rows, trainings: spec.evaluate.seeds!, progress })
    : undefined;
  if (runs && 'reason' in runs) log(`evaluate.seeds: not trained again, since ${runs.reason}`);
  const judgement = judge({
    labels: judgedLabels,
    candidate: scored.predictions,
    champion: opponent?.predictions,
    sameDigest: championManifest?.digest === manifest.digest,
    notComparable,
    primary: judgedPrimary(spec),
    metrics: judgedMetrics(spec),
    gates: gateLines(loaded),
    gatesInconclusive: spec.gates_inconclusive,
    margin: spec.evaluate.margin ?? 0,
    baseline:
      spec.evaluate.baseline === false
        ? undefined
        : constantPredictions(selectLabels(labels, rowsOfPart(judged.parts, 'train')), rows.length),
    minRows: spec.evaluate.min_rows,
    confidence: confidenceOf(spec.evaluate.confidence, candidates),
    bootstrap: spec.evaluate.bootstrap,
    seed: spec.seed,
    ...found,
    measured,
    retrained: runs && 'predictions' in runs ? runs.predictions : undefined,
    threshold: { candidate: manifest.threshold, champion: championManifest?.threshold },
    measures: gatesMeasures(candidate, cost),
    championMeasures: champion && opponent && gatesMeasures(champion.bundle, championCost),
    progress,
  });
  const { resamples: _resamples, ...result } = judgement;
  const disagreeing =
    champion &&
    opponent &&
    !['identical', 'not comparable'].includes(result.verdict) &&
    (await disagreeingRows(dataset, loaded, {
      candidate: { model: candidate, scored },
      champion: { model: champion.bundle, scored: opponent },
      ...{ labels: judgedLabels, rows },
    }));
  return {
    format: 1,
    kind: 'comparison',
    model: spec.name,
    spec: loaded.file,
    ...result,
    ...(disagreeing && { disagreeing }),
    rows: counts,
    candidate: summarizeModel(manifest, {
      importance: candidate.importance,
      ...(cost && { cost }),
    }),
    ...(champion && {
      champion: {
        ...summarizeModel(champion.bundle.manifest, {
          importance: champion.bundle.importance,
          ...(opponent ? championCost && { cost: championCost } : { recorded: champion.bundle.metrics }),
        }),
        reference: champion.shown,
      },
    }),
    changes:
      champion && !isFile(candidate) && !isFile(champion.bundle)
        ? [
            ...describeChanges(manifest, champion.bundle.manifest),
            ...(await driftedColumns(candidate, champion.bundle, spec.seed)),
          ]
        : [],
    ...(manifest.training.leakage !== undefined && { leakage: manifest.training.leakage }),
    ...(environment.headSha !== undefined && { commit: environment.headSha }),
    createdAt: new Date().toISOString(),
    tool: `mlops-actions ${toolVersion()}`,
  };
}

/** Rows that depend on each other are resampled together: a group by definition, the rows of a day when time divides. */
async function blocksOf(
  dataset: Dataset,
  { spec }: LoadedSpec,
  rows: Uint32Array,
  known: Table | undefined,
): Promise<Int32Array | undefined> {
  if (typeof spec.split.by === 'object') return groupBlocks(dataset, spec.split.by.group, rows, known);
  if (spec.split.by !== 'time' || spec.data.time === undefined) return undefined;
  return dayBlocks(dataset, spec.data.time, rows, known);
}
