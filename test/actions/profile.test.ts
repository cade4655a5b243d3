import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProfileDocument } from '../../shared/data/profile/result.js';
import { customers, Project, spec } from './project.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers() });
});
afterEach(() => project.remove());

const profileOf = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as ProfileDocument;

describe('profile', () => {
  test('leaves the profile and its page, in an artifact too', async () => {
    const outcome = await project.run('profile');
    const file = join(project.directory, '.mlops-actions/profile.json');
    const page = join(project.directory, '.mlops-actions/profile.html');
    expect(outcome.outputs).toEqual({
      cached: 'false',
      'profile-path': file,
      'report-path': page,
      'contract-path': '',
      artifact: 'churn-profile',
    });
    expect(project.uploads).toEqual([{ name: 'churn-profile', files: [file, page] }]);
    const profile = await profileOf(file);
    expect(profile).toMatchObject({ kind: 'profile', model: 'churn', rows: 600, target: { name: 'churned' } });
    expect(profile.columns.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'id key',
      'usage feature',
      'plan feature',
      'churned target',
    ]);
    // Who uses less is likelier to leave, and the plan matters less.
    expect(profile.columns[1]!.relation!.strength).toBeGreaterThan(profile.columns[2]!.relation!.strength);
    expect(await readFile(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<svg [\s\S]*<\/html>\n$/);
    expect(outcome.summary).toContain('nothing suspicious in the data');
    expect(outcome.failure).toBeUndefined();
  });

  test('annotates what it finds on the spec, and does not fail', async () => {
    const [header, ...lines] = customers().trim().split('\n');
    const leaked = lines.map((line) => `${line},${line.endsWith('yes') ? 'gone' : 'here'}`);
    await project.write('data.csv', `${[`${header},status`, ...leaked].join('\n')}\n`);
    const outcome = await project.run('profile');
    expect(outcome.failure).toBeUndefined();
    expect(outcome.annotations).toMatchObject([
      {
        level: 'warning',
        message: expect.stringContaining('`status` alone predicts `churned`'),
        location: { file: 'mlops.yaml' },
      },
    ]);
    expect(outcome.summary).toContain('the data has 1 problem');
  });

  test('reads other data than the spec names, and a spec in a folder', async () => {
    await project.write('models/churn/model.yaml', spec({ name: 'other' }));
    await project.write('models/churn/new.csv', customers({ rows: 100 }));
    const inputs = { 'working-directory': 'models/churn', spec: 'model.yaml', data: 'new.csv' };
    const { outputs } = await project.run('profile', inputs);
    expect(await profileOf(outputs['profile-path']!)).toMatchObject({ model: 'other', rows: 100, files: ['new.csv'] });
  });

  test('a target that cannot be learned is shown instead of failing', async () => {
    await project.write('mlops.yaml', spec({ target: { column: 'plan' } }));
    const outcome = await project.run('profile');
    expect(outcome.annotations?.[0]?.message).toContain('task binary needs two classes');
  });

  test.each([
    ['data that is not there', { data: { path: 'nothing.csv' } }, /nothing\.csv/],
    ['a target that is no column', { target: { column: 'churnd' } }, /"churnd".*churned/],
    ['a feature that is no column', { features: { use: ['usag'] } }, /"usag".*usage/],
  ])('%s is told in one line', async (_, changes, message) => {
    await project.write('mlops.yaml', spec(changes));
    const complaint = await project.complaint('profile');
    expect(complaint).toMatch(message);
    expect(complaint).toMatch(/^mlops\.yaml:\d+:\d+: [^\n]*$/);
  });

  test('without rows says so', async () => {
    await project.write('data.csv', 'id,usage,plan,churned\n');
    expect(await project.complaint('profile')).toContain('the data has no rows');
  });
});
