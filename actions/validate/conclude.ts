import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, type Problem } from '../../shared/core/errors.js';
import { toolVersion } from '../../shared/core/version.js';
import { gxValidation } from '../../shared/data/contract/expectations.js';
import type { RuleResult, Validation } from '../../shared/data/validation.js';
import { driftedColumns } from '../../shared/report/drift.js';
import { renderDriftHtml } from '../../shared/report/drift-html.js';
import { renderValidation, ruleMessage } from '../../shared/report/validation.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import type { AgainstReference } from './against-reference.js';
import type { ValidatePlace } from './place.js';

/** What is known of the data. */
export interface Found {
  readonly rows: number;
  readonly schema: Validation['schema'];
  /** How the files were read. */
  readonly notices: readonly string[];
  readonly rules: readonly RuleResult[];
  /** Each rule as an expectation of Great Expectations. */
  readonly expectations: readonly object[];
  readonly unsupported: readonly Problem[];
  readonly against: AgainstReference;
  /** What would stop training at once. */
  readonly untrainable: readonly Problem[];
}

/** The verdict, in all the forms that it has. */
export async function conclude(place: ValidatePlace, found: Found): Promise<ActionOutcome> {
  const { inputs, services, directory, loaded, contract, started } = place;
  const { environment, artifacts, log } = services;
  const { spec } = loaded;
  const { rules, expectations, unsupported, against, untrainable, schema } = found;
  const warnings = [
    ...(spec.purpose === undefined
      ? ['The spec has no `purpose`: say in one sentence what the model is for; it goes into the model card.']
      : []),
    ...unsupported.map(({ message }) => `A rule of the contract: ${message}.`),
    ...loaded.notices.map(({ message }) => message),
    ...found.notices,
    ...against.warnings,
  ];
  const validation: Validation = {
    format: 1,
    kind: 'validation',
    model: spec.name,
    spec: loaded.file,
    ...(contract.file !== loaded.file && { contract: contract.file }),
    passed: rules.every(({ passed, severity }) => passed || severity === 'warning'),
    rows: found.rows,
    schema,
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
          message: ruleMessage(rule, rows),
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

function failureOf(contract: string | undefined, untrainable: readonly Problem[]): { failure?: string } {
  const reasons = [...(contract ? [contract] : []), ...untrainable.map(({ message }) => message)];
  return reasons.length > 0 ? { failure: reasons.join(' ') } : {};
}
