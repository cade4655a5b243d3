import { join, resolve } from 'node:path';
import type { Bundle } from '../../shared/bundle/read.js';
import { UserError } from '../../shared/core/errors.js';
import type { CandidateSource } from '../../shared/registry/candidate.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { fetchVersion } from '../../shared/registry/fetch.js';
import { type MirrorOutcome, mirrorInMlflow } from '../../shared/registry/mlflow/mirror.js';
import { DEFAULT_STAGES, type Promotion, planRollback, promoteVersion, rollBack } from '../../shared/registry/promote.js';
import { type RecheckedGate, recheckGates } from '../../shared/registry/recheck.js';
import { parseReference } from '../../shared/registry/reference.js';
import { type RegisteredVersion, Registry } from '../../shared/registry/registry.js';
import { resolveVersion } from '../../shared/registry/resolve.js';
import { isStageName } from '../../shared/registry/tag-name.js';
import { renderPromotion } from '../../shared/report/registry.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import type { Spec } from '../../shared/spec/schema.js';

export interface PromoteInputs {
  readonly 'github-token': string | undefined;
  readonly model: string | undefined;
  readonly reason: string | undefined;
  readonly rollback: boolean;
  readonly spec: string;
  readonly stage: string | undefined;
  readonly 'working-directory': string;
}

/** Gives a version a stage, or a stage back to the version that had it before. */
export async function run(inputs: PromoteInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, log } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const stages = stagesOf(loaded);
  const stage = stageOf(inputs, stages);
  const source = await connectCandidates(services, inputs['github-token'], directory);
  if (!source)
    throw new UserError('Stages are kept on GitHub: "promote" needs a job of GitHub Actions and its "github-token".');
  const request = {
    stage,
    actor: environment.actor ?? 'unknown',
    ...(environment.runId !== undefined && { run: environment.runId }),
    reason: (inputs.reason ?? '').slice(0, 1000),
  };
  const { name, gates: gateTexts } = loaded.spec;

  if (inputs.rollback) {
    const registry = new Registry(source, name);
    const plan = await planRollback(registry, stage, environment.runId);
    // What a stage goes back to has to be there and whole; gates are not asked: something is wrong right now.
    const bundle = await fetchVersion(source, name, plan.target);
    const promotion = await rollBack(registry, plan, request);
    log(`${stage} went back from ${promotion.previous ?? 'none'} to ${promotion.version.record.version} (${promotion.tag})`);
    const mlflow = await mirror(loaded.spec, registry, stage, promotion, bundle, services);
    return outcomeOf(name, stage, promotion, [], true, mlflow);
  }

  const { registry, version } = await wantedVersion(inputs.model, source, name);
  const bundle = await fetchVersion(source, registry.model, version);
  const gates = recheckGates(gateTexts, bundle);
  const blocking = gates.filter(
    ({ outcome }) => outcome === 'fail' || (outcome === 'inconclusive' && loaded.spec.gates_inconclusive === 'fail'),
  );
  const left = gates.filter(({ outcome }) => outcome === 'not checked');
  if (left.length > 0)
    log(`Not checked again, because recorded metrics do not decide them: ${left.map(({ text }) => text).join('; ')}`);
  if (blocking.length > 0) return refusal(registry.model, stage, version, gates, blocking, loaded);
  const promotion = await promoteVersion(registry, version, stages, request);
  log(
    promotion.created
      ? `${version.record.version} has the stage ${stage} (${promotion.tag}); before: ${promotion.previous ?? 'none'}`
      : `${version.record.version} has the stage ${stage} already (${promotion.tag})`,
  );
  const mlflow = await mirror(loaded.spec, registry, stage, promotion, bundle, services);
  return outcomeOf(registry.model, stage, promotion, gates, false, mlflow);
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

function stageOf({ stage, rollback }: PromoteInputs, stages: readonly string[]): string {
  if (stage === undefined) {
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
): ActionOutcome {
  const annotations = blocking.map(({ text, value, note }): Annotation => {
    const { line } = locate(['gates', spec.gates.indexOf(text)]);
    const found = value === undefined ? (note ?? 'it cannot be decided') : `the version recorded ${value}`;
    return { level: 'error', message: `${text}: ${found}`, location: { file, ...(line !== undefined && { line }) } };
  });
  const name = version.record.version;
  return {
    outputs: { version: name, 'previous-version': '', tag: '' },
    annotations,
    summary: renderPromotion({ model, stage, version: name, tag: '', created: false, rollback: false, gates }),
    failure: `${model} ${name} is not promoted to ${stage}: ${blocking.map(({ text }) => text).join('; ')}.`,
  };
}

function outcomeOf(
  model: string,
  stage: string,
  { version, previous, tag, created }: Promotion,
  gates: readonly RecheckedGate[],
  rollback: boolean,
  mlflow: MirrorOutcome | undefined,
): ActionOutcome {
  const notices = mlflow && 'warning' in mlflow ? [mlflow.warning] : [];
  return {
    outputs: { version: version.record.version, 'previous-version': previous ?? '', tag },
    annotations: notices.map((message) => ({ level: 'warning', message })),
    summary: renderPromotion({
      ...{ model, stage, version: version.record.version, tag, created, rollback, gates, notices },
      ...(previous !== undefined && { previous }),
      ...(mlflow && 'page' in mlflow && { mlflow }),
    }),
  };
}
