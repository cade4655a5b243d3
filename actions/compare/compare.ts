import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Bundle } from '../../shared/bundle/read.js';
import { messageOf, UserError } from '../../shared/core/errors.js';
import { formatCount } from '../../shared/core/format.js';
import { canonicalJson, type Json } from '../../shared/core/json.js';
import { toolVersion } from '../../shared/core/version.js';
import { dayBlocks, groupBlocks } from '../../shared/data/blocks.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { isPredictionPath } from '../../shared/data/prediction-file.js';
import { searchColumns } from '../../shared/data/search-columns.js';
import { rowsOfPart, selectLabels, selectWeights } from '../../shared/data/select.js';
import { protectedGroups, specSlices } from '../../shared/data/slices.js';
import { assignParts } from '../../shared/data/split.js';
import { rowsInWindow } from '../../shared/data/window.js';
import { acceptanceOf } from '../../shared/evaluation/acceptance.js';
import { constantPredictions } from '../../shared/evaluation/baseline.js';
import { describeChanges } from '../../shared/evaluation/changes.js';
import { incomparableReason } from '../../shared/evaluation/comparability.js';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import { readCustomMetrics } from '../../shared/evaluation/custom-metrics.js';
import { judge } from '../../shared/evaluation/judge.js';
import { commonRows } from '../../shared/evaluation/rows.js';
import { summarizeModel } from '../../shared/evaluation/summary.js';
import { testSetOf } from '../../shared/evaluation/test-set.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { type ResolvedModel, type ResolveRequest, resolveChampion, resolveModel } from '../../shared/registry/resolve.js';
import { renderComparisonSummary } from '../../shared/report/comparison.js';
import { renderComparisonHtml } from '../../shared/report/comparison-html.js';
import { gateMessage } from '../../shared/report/gates.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { judgedMetrics, judgedPrimary } from '../../shared/spec/chosen-metrics.js';
import { parseGate } from '../../shared/spec/gates.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import { measureByCommands } from '../../shared/training/command/metric-command.js';
import { retrainWithSeeds } from '../../shared/training/retrain-seeds.js';
import { assertNames, assertOneTestSet, bestOf, candidateResults, confidenceOf, type NamedCandidate } from './candidates.js';
import { disagreeingRows } from './disagreeing.js';
import { driftedColumns } from './drifted.js';
import {
  costsOf,
  gatesMeasures,
  isFile,
  type JudgedModel,
  modelOfBundle,
  modelOfFile,
  type Scored,
  score,
  searchedTable,
} from './models.js';
import { countLooks, readHistory } from './past.js';

export interface CompareInputs {
  readonly candidate: readonly string[];
  readonly champion: string;
  readonly data: readonly string[];
  readonly 'fail-on': 'gates' | 'worse' | 'never';
  readonly 'github-token': string | undefined;
  readonly newest: boolean;
  readonly spec: string;
  readonly 'working-directory': string;
}

/** Judges a candidate against the champion on rows that neither can have trained on. Reads only. */
export async function run(inputs: CompareInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, progress, artifacts, log } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const connect = () => connectCandidates(services, inputs['github-token'], directory);
  const request = { model: loaded.spec.name, directory, branch: environment.baseBranch, connect };
  assertNames(inputs.candidate);
  const own: (JudgedModel | undefined)[] = [];
  for (const name of inputs.candidate)
    own.push(isPredictionPath(name) ? undefined : await candidateBundle(name, request, loaded));
  const isChampionFile = isPredictionPath(inputs.champion);
  const resolved = isChampionFile ? undefined : await resolveChampion(inputs.champion, { ...request, input: 'champion' });
  const found = resolved && { bundle: modelOfBundle(bundleOf(resolved, 'champion')), shown: resolved.shown };

  const dataset = await openDataset({
    spec: loaded.spec,
    directory,
    workspace: environment.workspace,
    locate: (path) => loaded.locate(path),
    ...(inputs.data.length > 0 && { data: inputs.data }),
    progress,
  });
  try {
    const opponent = found?.bundle.manifest ?? own.find((model) => model !== undefined)?.manifest;
    const candidates: NamedCandidate[] = [];
    for (const [index, name] of inputs.candidate.entries())
      candidates.push({
        name,
        model: own[index] ?? (await modelOfFile(name, { dataset, directory, opponent, input: 'candidate' })),
      });
    assertOneTestSet(candidates);
    const first = candidates[0]!.model;
    const champion = isChampionFile
      ? {
          bundle: await modelOfFile(inputs.champion, {
            ...{ dataset, directory, opponent: first.manifest, input: 'champion' },
          }),
          shown: basename(inputs.champion),
        }
      : found;
    log(
      champion
        ? `Champion: ${champion.bundle.manifest.digest} (${champion.shown})`
        : 'There is no champion yet: this is the first model.',
    );
    const recent = inputs.newest ? await newerRows(dataset, first, champion?.bundle, log) : undefined;
    const all: Comparison[] = [];
    for (const { name, model } of candidates) {
      if (candidates.length > 1) log(`Candidate ${all.length + 1} of ${candidates.length}: ${name}`);
      all.push(
        await judgeCandidate(dataset, loaded, model, champion, {
          ...services,
          directory,
          recent,
          candidates: candidates.length,
        }),
      );
    }
    const best = bestOf(all);
    const judged = all[best]!;
    const { name: chosen, model: candidate } = candidates[best]!;
    const testSet = testSetOf(candidate.manifest);
    const artifact = `${loaded.spec.name}-comparison-${testSet}`;
    const source = await connect();
    const looks = source && (await countLooks(source, artifact));
    const history = source && (await readHistory(source, judged, candidate));
    const comparison: Comparison = {
      ...judged,
      ...(looks !== undefined && { looks: looks + candidates.length }),
      ...(candidates.length > 1 && { candidates: candidateResults(candidates, all, best) }),
      ...(history && { history }),
    };
    const file = join(workDirectory(directory), 'comparison.json');
    await mkdir(workDirectory(directory), { recursive: true });
    await writeFile(file, `${JSON.stringify(comparison, null, 2)}\n`);
    const page = join(workDirectory(directory), 'comparison.html');
    await writeFile(page, await renderComparisonHtml(comparison));
    if (artifacts.available) await artifacts.upload(artifact, [file, page], workDirectory(directory));

    const { accepted, reason } = acceptanceOf(comparison);
    log(`Verdict: ${comparison.verdict}; gates: ${comparison.gatesOutcome}`);
    log(`${accepted ? 'Accepted' : 'Not accepted'} in the champion's place: ${reason}`);
    const failure = failureOf(comparison, inputs['fail-on']);
    return {
      outputs: {
        verdict: comparison.verdict,
        gates: comparison.gatesOutcome,
        accepted: String(accepted),
        best: chosen,
        'comparison-path': file,
        'report-path': page,
        artifact: artifacts.available ? artifact : '',
      },
      annotations: [
        ...annotationsOf(comparison, loaded),
        ...fileNotices(...candidates.map(({ model }) => model), champion?.bundle),
        ...selfMade(candidate),
      ],
      summary: renderComparisonSummary(comparison, {
        workflow: environment.workflow,
        ...(environment.runUrl && { links: { run: environment.runUrl } }),
      }),
      ...(failure && { failure }),
    };
  } finally {
    dataset.close();
  }
}

interface Champion {
  readonly bundle: JudgedModel;
  readonly shown: string;
}

async function judgeCandidate(
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
  const absent = missingColumns(dataset, candidate);
  if (absent) throw new UserError(`The candidate cannot be run on this data: it needs ${absent}.`);
  const labels = await dataset.labels(manifest.task === 'regression' ? {} : { classes: manifest.classes });
  const candidateParts = await assignParts(dataset, manifest.split);
  let notComparable = champion && whyNot(dataset, candidate, champion.bundle);
  const championParts =
    champion && !notComparable
      ? isSameRule(manifest, champion.bundle.manifest)
        ? candidateParts
        : await assignParts(dataset, champion.bundle.manifest.split).catch(reasonOf)
      : undefined;
  if (typeof championParts === 'string') notComparable = championParts;
  const held = { candidateParts, championParts: typeof championParts === 'string' ? undefined : championParts, labels };
  let { rows, counts } = commonRows({ ...held, recent: held.championParts && recent });
  if (counts.older !== undefined && rows.length < spec.evaluate.min_rows) {
    log(`Only ${formatCount(rows.length)} held-out rows are newer than the champion's data, so the others judge as well`);
    ({ rows, counts } = commonRows(held));
  }
  if (champion && !notComparable && rows.length === 0) {
    notComparable = `no test row was held out by both models (the champion may have trained on all ${formatCount(counts.seenByChampion)})`;
    ({ rows, counts } = commonRows({ candidateParts, labels }));
  }
  if (rows.length === 0)
    throw new UserError({
      message: `none of the ${formatCount(counts.test)} test rows has a label, so nothing can be judged`,
      location: loaded.locate(['target']),
    });
  log(`Judging on ${formatCount(rows.length)} test rows`);

  const judgedLabels = selectLabels(labels, rows);
  const scored = await score(candidate, dataset, rows);
  let opponent: Scored | undefined;
  if (champion && !notComparable) {
    const outcome = await score(champion.bundle, dataset, rows).catch(reasonOf);
    if (typeof outcome === 'string') notComparable = outcome;
    else opponent = outcome;
  }
  const championManifest = champion?.bundle.manifest;
  const [cost, championCost] = await costsOf([
    { model: candidate, scored },
    ...(champion && opponent ? [{ model: champion.bundle, scored: opponent }] : []),
  ]);
  const blocks = await blocksOf(dataset, loaded, rows);
  const weights = selectWeights(await dataset.weights(), rows);
  const custom = await readCustomMetrics(dataset, loaded, rows, {
    labels: judgedLabels,
    candidate: { predictions: scored.predictions, threshold: manifest.threshold },
    champion: opponent && { predictions: opponent.predictions, threshold: championManifest?.threshold },
  });
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
    gates: spec.gates.map((text, index) => {
      const { line } = loaded.locate(['gates', index]);
      return { gate: parseGate(text, Object.keys(spec.evaluate.custom ?? {})), text, ...(line !== undefined && { line }) };
    }),
    gatesInconclusive: spec.gates_inconclusive,
    margin: spec.evaluate.margin ?? 0,
    slices: await specSlices(dataset, loaded, rows),
    groups: await protectedGroups(dataset, loaded, rows),
    baseline:
      spec.evaluate.baseline === false
        ? undefined
        : constantPredictions(selectLabels(labels, rowsOfPart(candidateParts, 'train')), rows.length),
    searched: searchColumns(await searchedTable(candidate, scored, dataset, rows)),
    minRows: spec.evaluate.min_rows,
    confidence: confidenceOf(spec.evaluate.confidence, candidates),
    bootstrap: spec.evaluate.bootstrap,
    seed: spec.seed,
    blocks,
    weights,
    custom,
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

function isSameRule(one: JudgedModel['manifest'], other: JudgedModel['manifest']): boolean {
  return canonicalJson(one.split as unknown as Json) === canonicalJson(other.split as unknown as Json);
}

/** @throws UserError for a bundle of another model */
async function candidateBundle(
  name: string,
  request: Omit<ResolveRequest, 'input'>,
  { spec, file }: LoadedSpec,
): Promise<JudgedModel> {
  const own = modelOfBundle(bundleOf(await resolveModel(name, { ...request, input: 'candidate' }), 'candidate'));
  if (own.manifest.name === spec.name) return own;
  throw new UserError(
    `Input "candidate" is ${JSON.stringify(name)}, a bundle of the model ${JSON.stringify(own.manifest.name)}, and ` +
      `${file} names ${JSON.stringify(spec.name)}: train again under the new name, or put the old one back.`,
  );
}

function bundleOf(resolved: ResolvedModel, input: string): Bundle {
  if (resolved.kind === 'bundle') return resolved.bundle;
  throw new UserError(
    `Input "${input}" is ${JSON.stringify(resolved.shown)}, a bare .onnx file: nothing says which rows it has trained on, so no ` +
      'comparison with it would be fair. Use "evaluate" for it, or a bundle that "train" wrote.',
  );
}

function whyNot(dataset: Dataset, candidate: JudgedModel, champion: JudgedModel): string | undefined {
  const absent = missingColumns(dataset, champion);
  return (
    incomparableReason(candidate.manifest, champion.manifest) ??
    (absent && `the champion cannot be run on this data: it needs ${absent}`)
  );
}

/** 1 for the rows that came after everything that the champion's training had; undefined where that cannot be said. */
async function newerRows(
  dataset: Dataset,
  candidate: JudgedModel,
  champion: JudgedModel | undefined,
  log: RunnerServices['log'],
): Promise<Uint8Array | undefined> {
  if (!champion || candidate.manifest.split.by === 'time') return undefined;
  const { newest } = champion.manifest.data;
  if (newest && dataset.columnNames.includes(newest.column))
    return rowsInWindow(dataset, { column: newest.column, after: newest.at });
  log("Which rows are newer than the champion's data cannot be said (its manifest has no time), so all held-out rows judge");
  return undefined;
}

/** The input columns that the data lacks or has with another type. */
function missingColumns(dataset: Dataset, { manifest }: JudgedModel): string | undefined {
  const present = new Map(dataset.schema.map(({ name, type }) => [name, type]));
  const gone = manifest.signature.inputs.filter(({ name, column }) => present.get(name) !== column);
  if (gone.length === 0) return undefined;
  return gone
    .map(({ name, column }) => (present.has(name) ? `${name} (was ${column}, is ${present.get(name)})` : name))
    .join(', ');
}

/** A mistake as a reason in a sentence; a bug of ours stays an error. */
function reasonOf(error: unknown): string {
  if (error instanceof UserError) return messageOf(error);
  throw error;
}

/** Rows that depend on each other are resampled together: a group by definition, the rows of a day when time divides. */
async function blocksOf(dataset: Dataset, { spec }: LoadedSpec, rows: Uint32Array): Promise<Int32Array | undefined> {
  if (typeof spec.split.by === 'object') return groupBlocks(dataset, spec.split.by.group, rows);
  return spec.split.by === 'time' && spec.data.time !== undefined ? dayBlocks(dataset, spec.data.time, rows) : undefined;
}

/** Nothing says which rows the makers of a file have trained on. */
function fileNotices(...models: readonly (JudgedModel | undefined)[]): Annotation[] {
  return models.flatMap((model) =>
    model && isFile(model)
      ? [
          {
            level: 'warning',
            message: `${model.manifest.algorithm} holds predictions: nothing says which rows its model has trained on, and the figures are too good if it has seen the held-out ones.`,
          },
        ]
      : [],
  );
}

function annotationsOf(comparison: Comparison, loaded: LoadedSpec): Annotation[] {
  return comparison.gates
    .filter(({ outcome }) => outcome === 'fail' || outcome === 'inconclusive')
    .map((gate) => ({
      level: gate.outcome === 'fail' ? 'error' : 'warning',
      message: gateMessage(gate, comparison.rows.used),
      location: { file: loaded.file, ...(gate.line !== undefined && { line: gate.line }) },
    }));
}

/** Nobody but the command has seen how these predictions came about. */
function selfMade({ source }: JudgedModel): Annotation[] {
  if (!('bundle' in source) || !source.bundle.predictionsOnly) return [];
  const message =
    'The candidate holds predictions that its train.command made itself, and no model: they are judged as they are, and nothing here can make them again.';
  return [{ level: 'warning', message }];
}

function failureOf(comparison: Comparison, failOn: CompareInputs['fail-on']): string | undefined {
  if (failOn === 'never') return undefined;
  if (comparison.blocked) {
    const blocking = comparison.gates.filter(({ outcome }) => outcome === 'fail' || outcome === 'inconclusive');
    return `${blocking.length} of ${comparison.gates.length} gates ${blocking.length === 1 ? 'does' : 'do'} not pass: ${blocking.map(({ text }) => text).join('; ')}.`;
  }
  if (failOn === 'worse' && comparison.verdict === 'worse') return 'The candidate is worse than the champion.';
  return undefined;
}
