import { describe, expect, it } from 'vitest';
import { parseContract } from '../../../../shared/data/contract/formats/read.js';
import { checkImported } from '../../../../shared/data/contract/imported.js';
import { cleanUp } from '../workspace.js';
import { written } from './written.js';

cleanUp();

describe('a contract as expectations', () => {
  it('is judged the same when it comes back as a suite', async () => {
    const { dataset, results, expectations } = await written();
    const suite = parseContract(JSON.stringify({ name: 'weather', expectations }), 'suite.json');
    // Great Expectations has none for conditions of one's own.
    expect(suite.unsupported.map(({ message }) => message)).toEqual(['unexpected_rows_expectation is not checked here']);
    const back = await checkImported(dataset, suite);
    const own = results.filter(({ rule }) => !rule.startsWith('checks.'));
    expect(back.results.map(({ passed }) => passed)).toEqual(own.map(({ passed }) => passed));
    expect(own.map(({ passed }) => passed)).toContain(false);
    expect(own.map(({ rule }) => rule)).toEqual([
      ...['required', 'type', 'unique', 'min', 'monotone'],
      ...['enum', 'pattern', 'length', 'distinct'],
      ...['missing.max', 'max', 'mean', 'quantiles.0.5'],
      ...['rows.min', 'rows.max', 'unique', 'unique'],
    ]);
  });
});
