import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { vegaDataset } from '../projects/sample.js';
import { Project, spec } from './project.js';
import { broken, suggest } from './suggested.js';

let project: Project;
afterEach(() => project.remove());

const PENGUINS = {
  'mlops.yaml': spec({ task: 'multiclass', data: { path: 'penguins.json' }, target: { column: 'Species' } }),
  'penguins.json': readFileSync(vegaDataset('penguins.json')),
};

describe('a suggested contract', () => {
  test('says beside each rule what was seen', async () => {
    project = await Project.create(PENGUINS);
    const { text, profile } = await suggest(project);
    expect(text).toMatchInlineSnapshot(`
      "# A contract that the data of churn keeps, with slack; read it, change what you know better, and put it
      # into mlops.yaml. "validate" holds the data against it.

      contract:
        # seen: 344 rows
        rows: { min: 100 }
        columns:
          Species:
            type: string
            # seen: none missing
            missing: { max: 0 }
            # seen: these 3
            enum: [ Adelie, Gentoo, Chinstrap ]
          Island:
            type: string
            # seen: none missing
            missing: { max: 0 }
            # seen: these 3
            enum: [ Biscoe, Dream, Torgersen ]
          Beak Length (mm):
            type: number
            # seen: 2 missing (0.6 %)
            missing: { max: 0.02 }
            # seen: 32.1 to 59.6
            min: 29
            # seen: 32.1 to 59.6
            max: 63
            # seen: 43.92, give or take half a standard deviation (5.46)
            mean: { min: 41, max: 47 }
          Beak Depth (mm):
            type: number
            # seen: 2 missing (0.6 %)
            missing: { max: 0.02 }
            # seen: 13.1 to 21.5
            min: 12.2
            # seen: 13.1 to 21.5
            max: 22.4
            # seen: 17.15, give or take half a standard deviation (1.975)
            mean: { min: 16.1, max: 18.2 }
          Flipper Length (mm):
            type: integer
            # seen: 2 missing (0.6 %)
            missing: { max: 0.02 }
            # seen: 172 to 231
            min: 166
            # seen: 172 to 231
            max: 237
            # seen: 200.9, give or take half a standard deviation (14.06)
            mean: { min: 193, max: 208 }
          Body Mass (g):
            type: integer
            # seen: 2 missing (0.6 %)
            missing: { max: 0.02 }
            # seen: 2700 to 6300
            min: 2300
            # seen: 2700 to 6300
            max: 6700
            # seen: 4,202, give or take half a standard deviation (802)
            mean: { min: 3800, max: 4700 }
          Sex:
            type: string
            # seen: 10 missing (2.9 %)
            missing: { max: 0.05 }
            # seen: these 2
            enum: [ MALE, FEMALE ]
            # seen: "." in 1 of 344 rows, which looks like a missing value; make it one, and remove this line
            max_failing: 0.006
      "
    `);
    expect(profile.findings.filter(({ kind }) => kind === 'stand-in').map(({ message }) => message)).toEqual([
      '`Sex` is "." in 1 row: it looks like a missing value, and is read as one like any other.',
    ]);
  });

  test('takes ".", "N/A" and -999 for missing values, and bounds the others', async () => {
    const lines = Array.from({ length: 200 }, (_, index) => {
      const age = index % 40 === 0 ? -999 : 20 + (index % 50);
      const city = index % 25 === 0 ? 'N/A' : ['Ulm', 'Bonn', 'Kiel'][index % 3];
      return `${index},${age},${city},${index % 4 === 0 ? 'yes' : 'no'}`;
    });
    project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': `id,age,city,churned\n${lines.join('\n')}\n` });
    const { contract, text, profile } = await suggest(project);
    expect(profile.standIns).toEqual([
      { column: 'age', value: -999, rows: 5, rest: { low: 20, high: 69 } },
      { column: 'city', value: 'N/A', rows: 8 },
    ]);
    expect(contract).toMatchObject({
      rows: { min: 100 },
      columns: {
        id: { type: 'integer', unique: true, min: 0 },
        age: { min: 15, max: 74, max_failing: 0.039 },
        city: { enum: ['Bonn', 'Kiel', 'Ulm'], max_failing: 0.061 },
        churned: { enum: ['no', 'yes'] },
      },
    });
    expect(text).toContain(
      '# seen: -999 in 5 of 200 rows, which looks like a missing value; make it one, and remove this line',
    );
    await project.write('mlops.yaml', spec({ contract }));
    expect(await broken(project)).toEqual([]);
  });

  test('stands up to what data may be', async () => {
    const odd = 'a "b" # c: SELECT 1; --';
    const rows = Array.from({ length: 60 }, (_, index) => ({
      id: index,
      [odd]: index === 3 ? 'x'.repeat(100_000) : `${'مرحبا 👋'} ${index % 7}`,
      empty: null,
      same: 1,
      mixed: index % 2 === 0 ? index : `n${index}`,
      huge: index === 5 ? 1e300 : index / 7,
      list: [1, 2],
      churned: index % 3 === 0 ? 'yes' : 'no',
    }));
    const odds = { data: { path: 'data.json', key: 'id' } };
    project = await Project.create({ 'mlops.yaml': spec(odds), 'data.json': JSON.stringify(rows) });
    const { contract } = await suggest(project);
    await project.write('mlops.yaml', spec({ ...odds, contract }));
    expect(await broken(project)).toEqual([]);
    expect(Object.keys(contract.columns as object)).toContain(odd);
    await project.write('data.json', JSON.stringify(rows.slice(0, 1)));
    const one = await suggest(project);
    await project.write('mlops.yaml', spec({ ...odds, contract: one.contract }));
    expect(await broken(project)).toEqual([]);
  });

  test('is written only when it is asked for, and goes into the artifact', async () => {
    project = await Project.create(PENGUINS);
    expect((await project.run('profile')).outputs['contract-path']).toBe('');
    expect(project.uploads[0]!.files).toHaveLength(2);
    const file = join(project.directory, '.mlops-actions/contract.yaml');
    expect((await project.run('profile', { suggest: 'true' })).outputs['contract-path']).toBe(file);
    expect(project.uploads[1]!.files).toContain(file);
  });
});
