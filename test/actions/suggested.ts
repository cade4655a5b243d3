import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { parse } from 'yaml';
import type { ProfileDocument } from '../../shared/data/profile/result.js';
import type { Validation } from '../../shared/data/validation.js';
import type { Project } from './project.js';

/** The contract that profile suggests for a project's data. */
export async function suggest(project: Project) {
  const { outputs } = await project.run('profile', { suggest: 'true' });
  const text = await readFile(outputs['contract-path']!, 'utf8');
  const profile = JSON.parse(await readFile(outputs['profile-path']!, 'utf8')) as ProfileDocument;
  return { text, contract: (parse(text) as { contract: Record<string, unknown> }).contract, profile };
}

/** The rules that the project's data breaks, such as `age min`. */
export async function broken(project: Project): Promise<string[]> {
  const { outputs } = await project.run('validate', { 'fail-on': 'never' });
  const { rules } = JSON.parse(await readFile(outputs['result-path']!, 'utf8')) as Validation;
  expect(rules.length).toBeGreaterThan(5);
  return rules.filter(({ passed }) => !passed).map(({ column, rule }) => (column === undefined ? rule : `${column} ${rule}`));
}
