import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Bundle } from '../../shared/bundle/read.js';
import { UserError } from '../../shared/core/errors.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { isPredictionPath } from '../../shared/data/prediction-file.js';
import { acceptanceOf } from '../../shared/evaluation/acceptance.js';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import { testSetOf } from '../../shared/evaluation/test-set.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { type ResolvedModel, type ResolveRequest, resolveChampion, resolveModel } from '../../shared/registry/resolve.js';
import { renderComparisonSummary } from '../../shared/report/comparison.js';
import { renderComparisonHtml } from '../../shared/report/comparison-html.js';
import { gateMessage } from '../../shared/report/gates.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import { assertNames, assertOneTestSet, bestOf, candidateResults, type NamedCandidate } from './candidates.js';
import { judgeCandidate } from './judge-candidate.js';
import { newerRows } from './judged-rows.js';
import { isFile, type JudgedModel, modelOfBundle, modelOfFile } from './models.js';
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
