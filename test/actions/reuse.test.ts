import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { customers, Project, spec } from './project.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers() });
});
afterEach(() => project.remove());

const json = async (file: string | undefined): Promise<Record<string, unknown>> => JSON.parse(await readFile(file!, 'utf8'));
/** Changes a file that was kept for the next run. */
const damage = (kind: string, file: string, change: (text: string) => string) => async (): Promise<void> => {
  const path = join(project.directory, '.mlops-actions/kept', kind, file);
  await writeFile(path, change(await readFile(path, 'utf8')));
};
const onRunner = async (): Promise<void> => {
  const services = project.services();
  project.services = () => ({ ...services, environment: { ...services.environment, hasArtifacts: true } });
};

describe('an unchanged evaluation', () => {
  const evaluate = (inputs: Readonly<Record<string, string>> = {}) =>
    project.run('evaluate', { model: '.mlops-actions/bundle', ...inputs });
  beforeEach(() => project.run('train'));

  test('is not made again, says so, and is of the run that shows it', async () => {
    await project.write('mlops.yaml', spec({ gates: ['auc >= 0.99'] }));
    const first = await evaluate();
    const before = await json(first.outputs['evaluation-path']);
    expect(first.outputs.cached).toBe('false');

    // The same gate two lines further down, words that nothing depends on, and another commit.
    await project.write('mlops.yaml', `# Words.\n\n${spec({ gates: ['auc >= 0.99'], purpose: 'Keep customers.' })}`);
    const services = project.services();
    project.services = () => ({ ...services, environment: { ...services.environment, headSha: 'a'.repeat(40) } });
    project.log.length = 0;
    const second = await evaluate();
    expect(second.outputs).toEqual({ ...first.outputs, cached: 'true' });
    expect(second.failure).toBe(first.failure);
    expect(project.log.some((line) => line.startsWith('Evaluating '))).toBe(false);
    expect(second.summary).toContain('nothing was computed again. From the last one here; made ');
    expect(second.summary).toContain('The latency and the memory are those of then.');
    const after = await json(second.outputs['evaluation-path']);
    const [gate] = before.gates as { line: number }[];
    expect(after).toEqual({ ...before, gates: [{ ...gate, line: gate!.line + 2 }], commit: 'a'.repeat(40) });
    expect(second.annotations![0]!.location!.line).toBe(gate!.line + 2);

    expect((await evaluate({ cache: 'false' })).outputs.cached).toBe('false');
  });

  test.each([
    ['the data', () => project.write('data.csv', customers({ rows: 601 }))],
    ['evaluate', () => project.write('mlops.yaml', spec({ evaluate: { bootstrap: 100 } }))],
    ['gates', () => project.write('mlops.yaml', spec({ gates: ['auc >= 0.5'] }))],
    ['seed', () => project.write('mlops.yaml', spec({ seed: 7 }))],
    ['the model', () => project.run('train', { params: '{"l2": 3}' })],
  ])('is made again after a change of %s, which is named', async (part, change) => {
    await evaluate();
    await change();
    const { outputs, summary } = await evaluate();
    expect(outputs.cached).toBe('false');
    expect(summary).toContain(`It was evaluated again because of what changed since the last time: ${part}.`);
  });

  test.each([
    ['is changed', damage('evaluation', 'document.json', (text) => text.replace('"auc"', '"acu"'))],
    ['is cut off', damage('evaluation', 'document.json', (text) => text.slice(0, 100))],
    ['says nothing of itself', damage('evaluation', 'about.json', () => '{}')],
    ['could have come with a commit', onRunner],
  ])('is made again where what was kept %s', async (_, change) => {
    const first = await evaluate();
    await change();
    const second = await evaluate();
    expect(second.outputs.cached).toBe('false');
    expect(await json(second.outputs['metrics-path'])).toEqual(await json(first.outputs['metrics-path']));
  });

  test('is made again where it has failed by the clock', async () => {
    await project.write('mlops.yaml', spec({ gates: ['latency_p99_ms <= 0.000001'] }));
    await evaluate();
    expect((await evaluate()).outputs).toMatchObject({ gates: 'fail', cached: 'false' });
  });

  test('of a model without a manifest depends on its bytes', async () => {
    const model = '.mlops-actions/bundle/model.onnx';
    await evaluate({ model });
    const second = await evaluate({ model });
    expect(second.outputs.cached).toBe('true');
    expect(second.annotations).toContainEqual(expect.objectContaining({ message: expect.stringContaining('no manifest') }));
    await project.run('train', { params: '{"l2": 3}' });
    const third = await evaluate({ model });
    expect(third.outputs.cached).toBe('false');
    expect(third.summary).toContain('what changed since the last time: the model.');
    expect((await evaluate()).outputs.cached).toBe('false');
  });
});

describe('an unchanged profile', () => {
  test('is not made again, with its contract', async () => {
    const first = await project.run('profile', { suggest: 'true' });
    expect(first.outputs.cached).toBe('false');
    const before = await json(first.outputs['profile-path']);
    const contract = await readFile(first.outputs['contract-path']!, 'utf8');
    await writeFile(first.outputs['contract-path']!, '');
    await writeFile(first.outputs['report-path']!, '');
    project.uploads.length = 0;

    const second = await project.run('profile', { suggest: 'true' });
    expect(second.outputs).toEqual({ ...first.outputs, cached: 'true' });
    expect(await json(second.outputs['profile-path'])).toEqual(before);
    expect(await readFile(second.outputs['contract-path']!, 'utf8')).toBe(contract);
    expect(await readFile(second.outputs['report-path']!, 'utf8')).toContain('</html>');
    expect(second.annotations).toEqual(first.annotations);
    expect(second.summary).toContain('nothing was computed again. From the last one here; made ');
    expect(project.uploads).toHaveLength(1);
  });

  test.each([
    ['the data', {}, () => project.write('data.csv', customers({ rows: 601 }))],
    ['target', {}, () => project.write('mlops.yaml', spec({ target: { column: 'plan' }, task: 'multiclass' }))],
    ['suggest', { suggest: 'true' }, () => Promise.resolve()],
  ])('is made again after a change of %s', async (part, inputs, change) => {
    await project.run('profile');
    await change();
    const { outputs, summary } = await project.run('profile', inputs);
    expect(outputs.cached).toBe('false');
    expect(summary).toMatch(new RegExp(`explored again because of what changed since the last time: .*${part}`));
  });

  test.each([
    ['is cut off', damage('profile', 'document.json', (text) => text.slice(0, 100))],
    ['could have come with a commit', onRunner],
  ])('is made again where what was kept %s', async (_, change) => {
    await project.run('profile');
    await change();
    expect((await project.run('profile')).outputs.cached).toBe('false');
  });

  test('is made anew where the step says so', async () => {
    await project.run('profile');
    expect((await project.run('profile', { cache: 'false' })).outputs.cached).toBe('false');
  });
});
