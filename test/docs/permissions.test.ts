import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from './action-files.js';

/**
 * A called job that asks for more than its caller grants does not start, and leaves no log; a caller that grants more than is
 * needed trusts us for nothing. So every sample grants exactly what the workflow's jobs ask for together.
 */

type Permissions = Readonly<Record<string, string>>;

interface Job {
  readonly permissions?: Permissions;
  readonly uses?: string;
  readonly steps?: readonly { readonly uses?: string }[];
}

interface Workflow {
  readonly on?: Readonly<Record<string, unknown>> | string;
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

const RANK: readonly string[] = ['none', 'read', 'write'];

/** The highest access of each scope that jobs ask for. */
function together(all: readonly (Permissions | undefined)[]): Permissions {
  const most: Record<string, string> = {};
  for (const [scope, access] of all.flatMap((permissions) => Object.entries(permissions ?? {})))
    if (RANK.indexOf(access) > RANK.indexOf(most[scope] ?? 'none')) most[scope] = access;
  return most;
}

const reusable = new Map<string, Workflow>();
for (const name of await readdir(`${ROOT}.github/workflows`)) {
  const workflow = parse(await readFile(`${ROOT}.github/workflows/${name}`, 'utf8')) as Workflow;
  if (typeof workflow.on === 'object' && 'workflow_call' in workflow.on) reusable.set(name, workflow);
}

/** Every workflow that the documentation and the sample projects show. */
async function samples(): Promise<readonly { readonly file: string; readonly workflow: Workflow }[]> {
  const found: { file: string; workflow: Workflow }[] = [];
  const add = (file: string, text: string): void => {
    const workflow: unknown = parse(text);
    if (workflow !== null && typeof workflow === 'object' && 'jobs' in workflow)
      found.push({ file, workflow: workflow as Workflow });
  };
  const pages = ['README.md', ...(await readdir(`${ROOT}actions`)).map((name) => `actions/${name}/README.md`)];
  for (const file of pages)
    for (const [, text] of (await readFile(ROOT + file, 'utf8')).matchAll(/```yaml\n(.*?)```/gs)) add(file, text!);
  for (const entry of await readdir(`${ROOT}test/projects`, { recursive: true, withFileTypes: true }))
    if (entry.parentPath.endsWith('.github/workflows')) {
      const file = join(entry.parentPath, entry.name);
      add(file.slice(ROOT.length), await readFile(file, 'utf8'));
    }
  return found;
}

const CALLED = /\/\.github\/workflows\/([^@]+)@/;
const callers = (await samples()).flatMap(({ file, workflow }) => {
  const jobs = Object.values(workflow.jobs).map((job) => ({ job, name: CALLED.exec(job.uses ?? '')?.[1] }));
  return jobs.flatMap(({ job, name }) => {
    if (name === undefined) return [];
    // What stands above all jobs is for all that say nothing of their own.
    const sharing = jobs.filter((other) => !other.job.permissions && other.name !== undefined).map((other) => other.name!);
    return [
      { file, name, granted: job.permissions ?? workflow.permissions ?? {}, needing: job.permissions ? [name] : sharing },
    ];
  });
});

const neededBy = (names: readonly string[]): Permissions =>
  together(names.flatMap((name) => Object.values(reusable.get(name)!.jobs).map(({ permissions }) => permissions)));

test.each(callers)('$file grants $name exactly what it asks for', ({ granted, needing }) => {
  expect(granted).toEqual(neededBy(needing));
});

describe.each([...reusable])('%s', (name, { permissions, jobs }) => {
  test('is shown with its permissions where users read', () => {
    expect(callers.filter((caller) => caller.name === name && caller.file.endsWith('README.md')).length).toBeGreaterThan(0);
  });

  test('says for each job what it may do, and nothing for all of them', () => {
    expect(permissions).toEqual({});
    for (const [job, { permissions: own }] of Object.entries(jobs))
      expect(Object.keys(own ?? {}).length, job).toBeGreaterThan(0);
  });

  test('judges only in jobs that can read and no more', () => {
    for (const [job, { permissions: own, steps }] of Object.entries(jobs)) {
      const judging = (steps ?? []).some(({ uses }) =>
        /actions\/(train|evaluate|compare|validate|profile|tune-\w+)$/.test(uses ?? ''),
      );
      if (judging) expect(Object.values(own ?? {}), job).not.toContain('write');
    }
  });
});
