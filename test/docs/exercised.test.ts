import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, readActions } from './action-files.js';
import { type Declared, TestFile, Usage } from './exercised.js';
import { bare, type Node, nameOf, parseSource, textOf, walk } from './syntax.js';
import { type WorkflowText, WorkflowUse } from './workflow-use.js';

/** Every input and output of every action is exercised by a test, and every action by a workflow that a test runs. */

async function filesBelow(folder: string, ending: RegExp): Promise<string[]> {
  const entries = await readdir(ROOT + folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .sort();
}

/** The tests' own modules. The bench measures, and these look at tests instead of being some. */
const sources = new Map<string, Node>();
for (const file of await filesBelow('test', /\.ts$/)) {
  if (/^test\/(bench|docs)\//.test(file)) continue;
  sources.set(file, parseSource(await readFile(ROOT + file, 'utf8'), file));
}

const actions = await readActions();
const texts: WorkflowText[] = [...sources.values()].flatMap((program) =>
  [...walk(program)].flatMap((node) => {
    const text = textOf(node);
    return text?.includes('uses:') ? [{ text }] : [];
  }),
);
/** Examples of READMEs that a test reads, and so runs. */
const readmes = [...sources.values()].flatMap((program) =>
  [...walk(program)].flatMap((node) => /actions\/[a-z0-9-]+\/README\.md$/.exec(textOf(node) ?? '')?.[0] ?? []),
);
for (const file of new Set(readmes))
  for (const [, text] of (await readFile(ROOT + file, 'utf8')).matchAll(/```yaml\n(.*?)```/gs)) texts.push({ text: text! });
for (const file of await filesBelow('test/projects', /\.ya?ml$/)) texts.push({ text: await readFile(ROOT + file, 'utf8') });
const reusable: string[] = [];
for (const file of await filesBelow('.github/workflows', /\.ya?ml$/)) {
  const text = await readFile(ROOT + file, 'utf8');
  if (!text.includes('workflow_call')) continue;
  const name = file.split('/').at(-1)!;
  reusable.push(name);
  texts.push({ file: name, text });
}
const workflows = new WorkflowUse(texts);

function usageOfTests(): Usage {
  const usage = new Usage(actions);
  workflows.report(usage);
  const files = new Map<string, TestFile>();
  const open = (file: string): TestFile | undefined => {
    const program = sources.get(file);
    if (!program || files.has(file)) return files.get(file);
    const found = new TestFile(program, workflows.stepNames, (specifier) =>
      open(join(dirname(file), specifier).replace(/\.js$/, '.ts')),
    );
    files.set(file, found);
    return found;
  };
  for (const file of sources.keys()) if (file.endsWith('.test.ts')) open(file)!.report(usage);
  return usage;
}

test('every input is given by a test, with another value than its default, and every output is read', () => {
  expect(usageOfTests().missing()).toEqual([]);
});

test('every action is a step of a workflow that the tests run', () => {
  expect([...actions.keys()].filter((name) => !workflows.actions.has(name))).toEqual([]);
});

test('every reusable workflow is called by a workflow of the tests', () => {
  expect(reusable.filter((name) => !workflows.executed.has(name))).toEqual([]);
});

describe.each([...actions])('%s', (name, { inputs, outputs }) => {
  const used = async () => {
    const files = (await filesBelow(`actions/${name}`, /\.ts$/)).filter((file) => !file.endsWith('/main.ts'));
    const programs = await Promise.all(files.map(async (file) => parseSource(await readFile(ROOT + file, 'utf8'), file)));
    return programs.flatMap((program) => [...walk(program)]);
  };

  test('has no dead input: behind main.ts each is looked at', async () => {
    const nodes = await used();
    const looked = new Set(
      nodes.flatMap((node) => {
        if (node.type === 'MemberExpression') return nameOf(node.property) ?? [];
        if (node.type !== 'ObjectPattern') return [];
        return (node.properties as Node[]).flatMap((property) => nameOf(property.key) ?? []);
      }),
    );
    expect(Object.keys(inputs).filter((input) => !looked.has(input))).toEqual([]);
  });

  test('has no dead output: each is set', async () => {
    const set = new Set((await used()).flatMap((node) => (node.type === 'Property' ? (nameOf(node.key) ?? []) : [])));
    expect(Object.keys(outputs).filter((output) => !set.has(output))).toEqual([]);
  });
});

describe('the check itself', () => {
  const paint: ReadonlyMap<string, Declared> = new Map([
    ['paint', { inputs: { colour: { default: 'red' }, coats: { default: '1' } }, outputs: { area: {}, litres: {} } }],
  ]);
  const all = ['paint: input colour', 'paint: input coats', 'paint: output area', 'paint: output litres'];
  const missing = (source: string, texts: readonly WorkflowText[] = []): string[] => {
    const usage = new Usage(paint);
    const use = new WorkflowUse(texts);
    use.report(usage);
    new TestFile(parseSource(source, 'a.test.ts'), use.stepNames, () => undefined).report(usage);
    return usage.missing();
  };

  test.each([
    ['nothing', ''],
    ['a comment', "test('x', () => { /* run('paint', { colour: 'blue' }).outputs.area */ });"],
    ['a text', `test('x', () => { log("run('paint', { colour: 'blue' }).outputs.area"); });`],
    ['the default', "test('x', () => { run('paint', { colour: 'red', coats: 1 }); });"],
    ['an object for somebody else', "test('x', () => { run('paint'); other({ colour: 'blue', area: 1 }); });"],
    ['an object within', "test('x', () => { run('paint', make({ colour: 'blue' })); });"],
    ['outputs in another test', "test('x', () => { run('paint'); }); test('y', () => { expect(x.outputs.area).toBe(1); });"],
    ['a member of another name', "test('x', () => { run('paint'); expect(wall.area).toEqual({ litres: 2 }); });"],
  ])('%s counts for nothing', (_, source) => {
    expect(missing(source)).toEqual(all);
  });

  test.each([
    [
      'an object',
      "test('x', () => { expect(run('paint', { colour: 'blue', coats: n }).outputs).toEqual({ area: 1, litres: 2 }); });",
    ],
    [
      'constants',
      "const given = { colour: 'blue', coats: '2' }; test('x', () => { const { area, litres } = run('paint', given).outputs; });",
    ],
    [
      'a function of the file',
      "const go = (more) => run('paint', { coats: n, ...more }); test('x', () => { go({ colour: 'blue' }).outputs.area; outputs.litres; });",
    ],
    [
      'a table',
      "test.each(['paint'])('%s', (name) => { run(name, { colour: 'blue', coats: '3' }); expect(o).toMatchObject({ outputs: { area: 1, litres: 2 } }); });",
    ],
    [
      'the action itself',
      "import { main } from '../../actions/paint/main.js'; test('x', () => { const { area, litres } = main({ colour: c, coats: '2' }).outputs; });",
    ],
  ])('%s counts', (_, source) => {
    expect(missing(source)).toEqual([]);
  });

  const step = (given: string): string =>
    `jobs:\n  a:\n    steps:\n      - id: p\n        uses: $/actions/paint\n        with: ${given}\n    outputs: { x: "\${{ steps.p.outputs.area }}" }\n`;
  const called = {
    file: 'wall.yml',
    text: `on: { workflow_call: { inputs: { c: { default: red } } } }\n${step('{ colour: "${{ inputs.c }}" }')}`,
  };
  const caller = (given: string): WorkflowText => ({
    text: `jobs:\n  b:\n    uses: x/y/.github/workflows/wall.yml@v1\n    with: ${given}\n`,
  });

  test('a workflow counts when it is run; what it hands on counts by what its callers give', () => {
    expect(missing('', [called])).toEqual(all);
    expect(missing('', [called, caller('{}')])).toEqual(all.filter((name) => name !== 'paint: output area'));
    expect(missing('', [called, caller('{ c: blue }')])).toEqual(['paint: input coats', 'paint: output litres']);
    expect(missing('', [{ text: step('{ coats: 2, colour: red }') }])).toEqual(['paint: input colour', 'paint: output litres']);
    expect(missing('', [{ text: `# uses: $/actions/paint\n${step('{}').replace('$/actions/paint', 'other')}` }])).toEqual(all);
  });

  test('a step that an input switches on counts when a caller does so', () => {
    const switched = { ...called, text: called.text.replace('- id: p', '- if: inputs.c\n        id: p') };
    expect(missing('', [switched, caller('{ c: false }')])).toEqual(all);
    expect(missing('', [switched, caller('{ c: true }')])).toEqual(['paint: input coats', 'paint: output litres']);
  });

  test('no test of this project is switched off', () => {
    const off = [...sources].flatMap(([file, program]) =>
      [...walk(program)]
        .filter(
          ({ type, callee }) => type === 'CallExpression' && /^(skip|todo|only)$/.test(nameOf(bare(callee)?.property) ?? ''),
        )
        .filter(({ callee }) => /^(test|it|describe)$/.test(nameOf(bare(bare(callee)?.object)) ?? ''))
        .map(() => file),
    );
    expect(off).toEqual([]);
  });
});
