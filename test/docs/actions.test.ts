import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { InputReader } from '../../shared/runner/inputs.js';
import { ROOT, readActions } from './action-files.js';

const actions = await readActions();

describe.each([...actions])('%s', (name, action) => {
  test('reads exactly the inputs that action.yml declares', async () => {
    const { readInputs } = (await import(`../../actions/${name}/main.ts`)) as { readInputs(reader: InputReader): object };
    const read = new Set<string>();
    const reader = new InputReader((input) => {
      read.add(input);
      const declared = action.inputs[input];
      return declared?.default ?? (declared?.required ? 'something' : '');
    });
    const inputs = readInputs(reader);
    expect([...read].sort()).toEqual(Object.keys(action.inputs).sort());
    // The typed object has the same names, in the alphabet's order.
    expect(Object.keys(inputs)).toEqual(Object.keys(action.inputs).sort());
  });

  test('points to its bundle', () => {
    expect(action.runs).toEqual({ using: 'node24', main: `../../dist/${name}.js` });
  });

  test('has a README with an example to copy and its permissions', async () => {
    const readme = await readFile(`${ROOT}actions/${name}/README.md`, 'utf8');
    expect(readme).toMatch(new RegExp(`\`\`\`yaml[^\`]*mlops-actions/mlops-actions/actions/${name}@v1`));
    expect(readme).toContain('Permissions: ');
  });
});
