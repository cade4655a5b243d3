import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf, type Problem, UserError } from '../../shared/core/errors.js';
import { toolVersion } from '../../shared/core/version.js';
import { gxValidation, ownExpectation } from '../../shared/data/contract/expectations.js';
import { type Dataset, openDataset } from '../../shared/data/dataset.js';
import { featureColumns } from '../../shared/data/default-features.js';
import type { Validation } from '../../shared/data/validation.js';
import { driftedColumns } from '../../shared/report/drift.js';
import { renderDriftHtml } from '../../shared/report/drift-html.js';
import { renderValidation, ruleMessage } from '../../shared/report/validation.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import { againstReference } from './against-reference.js';
import { holdContract, prepareContract } from './contract.js';

export interface ValidateInputs {
  readonly data: readonly string[];
  readonly 'fail-on': 'error' | 'warning' | 'never';
  readonly 'github-token': string | undefined;
  /** What the data is held against: a model, a profile, data files, or `previous`. */
  readonly reference: readonly string[];
  readonly spec: string;
  readonly 'working-directory': string;
}

/** Holds the data against its contract, before anything is trained on it. */
export async function run(inputs: ValidateInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, progress, artifacts, log } = services;
  const started = performance.now();
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const { spec } = loaded;
  const contract = await prepareContract(loaded, {
    directory,
    workspace: environment.workspace,
    dataFiles: inputs.data.length > 0 ? inputs.data : [spec.data.path].flat(),
  });
  const dataset = await openDataset({
    spec,
    directory,
    workspace: environment.workspace,
    locate: (path) => loaded.locate(path),
    ...(inputs.data.length > 0 && { data: inputs.data }),
    progress,
    lookups: contract.lookups,
    inFileOrder: true,
  });
  try {
    const place = { directory, token: inputs['github-token'], loaded, services };
    const against = await againstReference(dataset, inputs.reference, place);
    const { referenceRows } = against;
    const held = await holdContract(dataset, loaded, contract, { referenceRows });
    const rules = [...held.rules, ...against.rules];
    const { unsupported } = held;
    const expectations = [...held.expectations, ...against.rules.map(ownExpectation)];
    const untrainable = await trainingProblems(dataset, loaded);
    const warnings = [
      ...(spec.purpose === undefined
        ? ['The spec has no `purpose`: say in one sentence what the model is for; it goes into the model card.']
        : []),
      ...unsupported.map(({ message }) => `A rule of the contract: ${message}.`),
      ...loaded.notices.map(({ message }) => message),
      ...dataset.notices,
      ...against.warnings,
    ];
    const validation: Validation = {
      format: 1,
      kind: 'validation',
      model: spec.name,
      spec: loaded.file,
      ...(contract.file !== loaded.file && { contract: contract.file }),
      passed: rules.every(({ passed, severity }) => passed || severity === 'warning'),
      rows: dataset.rows,
      schema: dataset.schema,
      rules,
      warnings,
      ...(against.drift && { drift: against.drift }),
      ...(against.noReference !== undefined && { noReference: against.noReference }),
      seconds: (performance.now() - started) / 1000,
      ...(environment.headSha !== undefined && { commit: environment.headSha }),
      createdAt: new Date().toISOString(),
      tool: `mlops-actions ${toolVersion()}`,
    };
    const folder = workDirectory(directory);
    const file = join(folder, 'validation.json');
    await mkdir(folder, { recursive: true });
    await writeFile(file, `${JSON.stringify(validation, null, 2)}\n`);
    const { rows, createdAt, tool } = validation;
    const gxFile = join(folder, 'validation.gx.json');
    const gx = gxValidation(rules, expectations, { suite: spec.name, rows, createdAt, tool });
    await writeFile(gxFile, `${JSON.stringify(gx, null, 2)}\n`);

    const failing = rules.filter(({ passed }) => !passed);
    const blocking = failing.filter(({ severity }) => severity === 'error' || inputs['fail-on'] === 'warning');
    const broken = inputs['fail-on'] !== 'never' && blocking.length > 0;
    const reportPath = against.drift ? join(folder, 'drift.html') : '';
    if (against.drift) await writeFile(reportPath, await renderDriftHtml(validation, against.drift));
    const drifted = against.drift ? driftedColumns(against.drift).length : 0;
    // A passed validation needs no report of its own: the comparison that follows is the pull request's result.
    const artifact = broken && artifacts.available ? `${spec.name}-validation` : '';
    // A result is the one JSON file of its artifact: report reads no other.
    if (artifact) await artifacts.upload(artifact, [file, ...(reportPath ? [reportPath] : [])], folder);
    const pageArtifact = artifact || (drifted > 0 ? await uploadPage(reportPath, `${spec.name}-drift`, folder, services) : '');
    log(`${rules.length} rules, ${failing.length} fail`);
    return {
      outputs: {
        passed: String(validation.passed),
        failures: String(failing.length),
        drifted: against.drift ? String(drifted) : '',
        'profile-path': against.profilePath,
        'report-path': reportPath,
        'result-path': file,
        'gx-result-path': gxFile,
        artifact,
      },
      annotations: [
        ...failing.map(
          (rule): Annotation => ({
            level: rule.severity,
            message: ruleMessage(rule, dataset.rows),
            location: { file: contract.file, ...(rule.line !== undefined && { line: rule.line }) },
          }),
        ),
        ...against.annotations,
        ...untrainable.map((problem): Annotation => ({ ...problem, level: 'error' })),
        ...unsupported.map((problem): Annotation => ({ ...problem, level: 'notice', message: `contract: ${problem.message}` })),
        ...loaded.notices.map((notice): Annotation => ({ ...notice, level: 'notice' })),
      ],
      summary: renderValidation(validation, { ...(against.drift && pageArtifact && { page: pageArtifact }) }),
      ...failureOf(
        broken ? `The data breaks its contract: ${blocking.length} of ${rules.length} rules fail.` : undefined,
        untrainable,
      ),
    };
  } catch (error) {
    throw await dataset.blame(error);
  } finally {
    dataset.close();
  }
}

/**
 * The page of a drift that stops nothing, in an artifact of its own.
 * @returns the artifact's name; empty where there is none, which is no reason to fail
 */
async function uploadPage(file: string, name: string, folder: string, { artifacts, log }: RunnerServices): Promise<string> {
  if (!artifacts.available) return '';
  try {
    await artifacts.upload(name, [file], folder);
    return name;
  } catch (error) {
    log(`The page of the drift is not kept: ${messageOf(error)}`);
    return '';
  }
}

/** What would stop training at once: no target, a constant one, no feature. Found now, it costs no training. */
async function trainingProblems(dataset: Dataset, { spec, locate }: LoadedSpec): Promise<readonly Problem[]> {
  try {
    await dataset.labels();
    await featureColumns(dataset, spec, locate);
    return [];
  } catch (error) {
    if (error instanceof UserError) return error.problems;
    throw error;
  }
}

function failureOf(contract: string | undefined, untrainable: readonly Problem[]): { failure?: string } {
  const reasons = [...(contract ? [contract] : []), ...untrainable.map(({ message }) => message)];
  return reasons.length > 0 ? { failure: reasons.join(' ') } : {};
}
