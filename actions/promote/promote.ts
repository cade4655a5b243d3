import { join, resolve } from 'node:path';
import type { Bundle } from '../../shared/bundle/read.js';
import { UserError } from '../../shared/core/errors.js';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import type { GateLine } from '../../shared/evaluation/gates.js';
import type { CandidateSource } from '../../shared/registry/candidate.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { fetchVersion } from '../../shared/registry/fetch.js';
import { type MirrorOutcome, mirrorInMlflow } from '../../shared/registry/mlflow/mirror.js';
import {
  DEFAULT_STAGES,
  type Promotion,
  type PromotionRequest,
  planRollback,
  promoteVersion,
  rollBack,
} from '../../shared/registry/promote.js';
import { type RecheckedGate, recheckGates } from '../../shared/registry/recheck.js';
import { parseReference } from '../../shared/registry/reference.js';
import { type RegisteredVersion, Registry } from '../../shared/registry/registry.js';
import { resolveVersion } from '../../shared/registry/resolve.js';
import { assertCurrent, isVacant, standingOf } from '../../shared/registry/standing.js';
import { isStageName } from '../../shared/registry/tag-name.js';
import { renderPromotion } from '../../shared/report/registry.js';
import type { RunEnvironment } from '../../shared/runner/environment.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { parseGate } from '../../shared/spec/gates.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import { isFairness } from '../../shared/spec/metrics.js';
import type { Spec } from '../../shared/spec/schema.js';
import { readComparison } from './comparison.js';

export interface PromoteInputs {
  readonly comparison: string | undefined;
  readonly 'github-token': string | undefined;
  readonly model: string | undefined;
  readonly reason: string | undefined;
  readonly rollback: boolean;
  readonly spec: string;
  readonly stage: string | undefined;
  readonly through: boolean;
  readonly 'working-directory': string;
}

/** Gives a version a stage, or a stage back to the version that had it before. */
export async function run(inputs: PromoteInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, log } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const stages = stagesOf(loaded);
  const stage = stageOf(inputs, stages);
  assertMerged(environment);
  const source = await connectCandidates(services, inputs['github-token'], directory);
  if (!source)
    throw new UserError('Stages are kept on GitHub: "promote" needs a job of GitHub Actions and its "github-token".');
  const request = {
    actor: environment.actor ?? 'unknown',
    ...(environment.runId !== undefined && { run: environment.runId }),
    reason: (inputs.reason ?? '').slice(0, 1000),
  };
  const { name } = loaded.spec;

  if (inputs.rollback) {
    const registry = new Registry(source, name);
    const plan = await planRollback(registry, stage, environment.runId);
    // What a stage goes back to has to be there and whole; gates are not asked: something is wrong right now.
    const bundle = await fetchVersion(source, name, plan.target);
    const promotion = await rollBack(registry, plan, { ...request, stage });
    log(`${stage} went back from ${promotion.previous ?? 'none'} to ${promotion.version.record.version} (${promotion.tag})`);
    const mlflow = await mirror(loaded.spec, registry, stage, promotion, bundle, services);
    return outcomeOf(name, stage, promotion, [], true, mlflow);
  }

  const { registry, version } = await wantedVersion(inputs.model, source, name);
  const bundle = await fetchVersion(source, registry.model, version);
  const custom = Object.keys(loaded.spec.evaluate.custom ?? {});
  const lines = loaded.spec.gates.map((text): GateLine => ({ text, gate: parseGate(text, custom) }));
  // Only gates that ask for the champion depend on who has which stage; what the spec computes of its own only a comparison has.
  const isRelative = lines.some(({ gate }) => gate.kind !== 'value' || custom.includes(gate.metric) || isFairness(gate.metric));
  const comparison =
    inputs.comparison === undefined
      ? undefined
      : await readComparison(inputs.comparison, { source, environment, directory, model: registry.model });
  const work: Work = { registry, version, bundle, lines, isRelative, comparison, stages, loaded, request, services };
  const said: Annotation[] = [];
  if (inputs.through) {
    for (const before of await stagesToPass(registry, version, stages.slice(0, stages.indexOf(stage)))) {
      const outcome = await giveStage(before, work);
      if (outcome.failure !== undefined) return outcome;
      said.push(...(outcome.annotations ?? []));
    }
  }
  const outcome = await giveStage(stage, work);
  return { ...outcome, annotations: [...said, ...(outcome.annotations ?? [])] };
}

/** What giving a stage needs, whichever stage it is. */
interface Work {
  readonly registry: Registry;
  readonly version: RegisteredVersion;
  readonly bundle: Bundle;
  readonly lines: readonly GateLine[];
  readonly isRelative: boolean;
  readonly comparison: Comparison | undefined;
  readonly stages: readonly string[];
  readonly loaded: LoadedSpec;
  readonly request: Omit<PromotionRequest, 'stage'>;
  readonly services: RunnerServices;
}

/** Those of the stages that the version never had. */
async function stagesToPass(registry: Registry, version: RegisteredVersion, stages: readonly string[]): Promise<string[]> {
  const tags = await registry.tags();
  const missing: string[] = [];
  for (const stage of stages) {
    let had = false;
    for await (const { record } of registry.assignments(stage, tags)) had ||= record.version === version.record.version;
    if (!had) missing.push(stage);
  }
  return missing;
}

/** Asks the gates and gives one stage. */
async function giveStage(stage: string, work: Work): Promise<ActionOutcome> {
  const { registry, version, bundle, lines, isRelative, comparison, stages, loaded, services } = work;
  const { log } = services;
  const request = { ...work.request, stage };
  const standing = comparison || isRelative ? await standingOf(registry, stage) : undefined;
  if (standing?.holder?.version === version.record.version) {
    // It has the stage, so there is nothing that a gate could keep it from; a job that is run again ends here.
    const promotion = await promoteVersion(registry, version, stages, request);
    log(`${version.record.version} has the stage ${stage} already (${promotion.tag})`);
    const mlflow = await mirror(loaded.spec, registry, stage, promotion, bundle, services);
    return outcomeOf(registry.model, stage, promotion, [], false, mlflow);
  }
  if (comparison && standing) {
    const { record } = version;
    const isLastStage = stage === stages.at(-1);
    assertCurrent(comparison, { model: registry.model, version: record.version, digest: record.digest, isLastStage }, standing);
    log(`Judged by "compare" against ${comparison.champion?.reference ?? 'no champion'}: ${comparison.verdict}`);
  }
  const isFirst = standing !== undefined && isVacant(standing);
  const gates = recheckGates({ gates: lines, bundle, comparison, isFirst });
  const blocking = gates.filter(({ outcome }) => isBlocking(outcome, loaded.spec));
  if (blocking.length > 0) return refusal(registry.model, stage, version, gates, blocking, loaded, comparison);
  const promotion = await promoteVersion(registry, version, stages, request, isRelative ? standing : undefined);
  log(
    promotion.created
      ? `${version.record.version} has the stage ${stage} (${promotion.tag}); before: ${promotion.previous ?? 'none'}`
      : `${version.record.version} has the stage ${stage} already (${promotion.tag})`,
  );
  const mlflow = await mirror(loaded.spec, registry, stage, promotion, bundle, services);
  return outcomeOf(registry.model, stage, promotion, gates, false, mlflow, comparison);
}

/** A gate that nobody has asked blocks: otherwise whatever nobody asks would pass. */
function isBlocking(outcome: RecheckedGate['outcome'], { gates_inconclusive }: Spec): boolean {
  return outcome === 'fail' || outcome === 'not judged' || (outcome === 'inconclusive' && gates_inconclusive === 'fail');
}

/** Stages and gates are those of the spec that is checked out, so it has to be one that somebody has merged. */
function assertMerged({ event, pullRequest }: RunEnvironment): void {
  if (event !== 'pull_request' && event !== 'pull_request_target') return;
  throw new UserError(
    `This run was started by "${event}"${pullRequest?.fromFork ? ' of a fork' : ''}, whose gates and stages nobody has merged: ` +
      '"promote" works on push, schedule, workflow_dispatch and other events of the branch itself.',
  );
}

/** The alias in MLflow follows what GitHub says in the end: of several jobs, the one whose assignment stands moves it. */
function mirror(
  spec: Spec,
  registry: Registry,
  stage: string,
  { version, tag }: Promotion,
  bundle: Bundle,
  { environment, log }: RunnerServices,
): Promise<MirrorOutcome | undefined> {
  const holds = async (): Promise<boolean> => (await registry.atStage(stage))?.assignment.tag === tag;
  return mirrorInMlflow({ spec, environment, version, bundle, log, stage: { name: stage, holds } });
}

function stagesOf({ spec, locate }: LoadedSpec): readonly string[] {
  const stages = spec.registry?.stages ?? DEFAULT_STAGES;
  const wrong = stages.findIndex((stage, index) => !isStageName(stage) || stages.indexOf(stage) !== index);
  if (wrong < 0) return stages;
  throw new UserError({
    message:
      `${JSON.stringify(stages[wrong])} cannot be a stage: stages are different names of letters, digits, "-", "_" and "/", ` +
      'which start and end with a letter or a digit',
    location: locate(['registry', 'stages', wrong]),
  });
}

function stageOf({ stage, rollback, through }: PromoteInputs, stages: readonly string[]): string {
  if (stage === undefined) {
    if (through) return stages.at(-1)!;
    if (rollback) throw new UserError(`Input "stage" is required for a rollback; the stages are: ${stages.join(', ')}.`);
    return stages[0]!;
  }
  if (stages.includes(stage)) return stage;
  throw new UserError(
    `Input "stage" is ${JSON.stringify(stage)}; the stages are: ${stages.join(', ')} (registry.stages of the spec).`,
  );
}

async function wantedVersion(
  text: string | undefined,
  source: CandidateSource,
  model: string,
): Promise<{ registry: Registry; version: RegisteredVersion }> {
  const reference = parseReference(text ?? `${model}@latest`, 'model');
  if (reference.kind !== 'version' && reference.kind !== 'stage')
    throw new UserError(
      `Input "model" is ${JSON.stringify(text)}, which is no version; accepted: ${model}@v1.2.0, ${model}@latest, ${model}#staging. ` +
        '"register" makes a candidate a version.',
    );
  if (reference.model !== model)
    throw new UserError(
      `Input "model" is ${JSON.stringify(text)}, and the spec is of the model ${JSON.stringify(model)}: its stages and gates are not ` +
        `those of ${reference.model}.`,
    );
  const registry = new Registry(source, model);
  return { registry, version: await resolveVersion(registry, reference) };
}

function refusal(
  model: string,
  stage: string,
  version: RegisteredVersion,
  gates: readonly RecheckedGate[],
  blocking: readonly RecheckedGate[],
  { spec, file, locate }: LoadedSpec,
  comparison: Comparison | undefined,
): ActionOutcome {
  const annotations = blocking.map((gate): Annotation => {
    const { line } = locate(['gates', spec.gates.indexOf(gate.text)]);
    return {
      level: 'error',
      message: `${gate.text}: ${foundOf(gate)}`,
      location: { file, ...(line !== undefined && { line }) },
    };
  });
  const name = version.record.version;
  const unjudged = blocking.some(({ outcome }) => outcome === 'not judged');
  const advice = unjudged
    ? ` Let "compare" judge ${model}@${name} in a job that can only read, and give its result as "comparison"; model-promote.yml does both.`
    : '';
  return {
    outputs: { version: name, created: 'false', 'previous-version': '', tag: '' },
    annotations,
    summary: renderPromotion({
      ...{ model, stage, version: name, tag: '', created: false, rollback: false, gates },
      ...(comparison && { comparison }),
    }),
    failure: `${model} ${name} is not promoted to ${stage}: ${blocking.map(({ text }) => text).join('; ')}.${advice}`,
  };
}

function foundOf({ outcome, by, value, note }: RecheckedGate): string {
  if (outcome === 'not judged') return `not judged, ${note}`;
  if (value === undefined) return note ?? 'it cannot be decided';
  return by === 'comparison' ? `the comparison found ${value}` : `the version recorded ${value}`;
}

function outcomeOf(
  model: string,
  stage: string,
  { version, previous, tag, created }: Promotion,
  gates: readonly RecheckedGate[],
  rollback: boolean,
  mlflow: MirrorOutcome | undefined,
  comparison?: Comparison,
): ActionOutcome {
  const notices = mlflow && 'warning' in mlflow ? [mlflow.warning] : [];
  return {
    outputs: { version: version.record.version, created: String(created), 'previous-version': previous ?? '', tag },
    annotations: notices.map((message) => ({ level: 'warning', message })),
    summary: renderPromotion({
      ...{ model, stage, version: version.record.version, tag, created, rollback, gates, notices },
      ...(previous !== undefined && { previous }),
      ...(comparison && { comparison }),
      ...(mlflow && 'page' in mlflow && { mlflow }),
    }),
  };
}
