import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseContract } from '../../../../shared/data/contract/formats/read.js';
import { checkImported, type ImportedResult } from '../../../../shared/data/contract/imported.js';
import { cleanUp, open, REAL } from '../workspace.js';

interface Verdict {
  readonly success: boolean;
  readonly unexpected_count?: number;
  readonly element_count?: number;
  readonly raised?: boolean;
}
interface Judged {
  readonly suite: { readonly expectations: readonly { readonly type: string; readonly kwargs: Record<string, unknown> }[] };
  readonly verdicts: readonly Verdict[];
}

/** Suites that Great Expectations exported, and its verdicts; great-expectations.py made it. */
const golden = JSON.parse(readFileSync(new URL('golden/great-expectations.json', import.meta.url), 'utf8')) as Record<
  'movies' | 'birdstrikes',
  Judged
>;

cleanUp();

async function verdicts(file: string, suite: unknown): Promise<ImportedResult> {
  const dataset = await open('/', { data: { path: `${REAL}${file}` } });
  return checkImported(dataset, parseContract(JSON.stringify(suite, null, 2), 'suite.json'));
}

describe.each([
  ['movies', 'movies.json'],
  ['birdstrikes', 'birdstrikes.csv'],
] as const)('a suite of Great Expectations on %s', (name, file) => {
  const { suite, verdicts: theirs } = golden[name];
  let ours: ImportedResult;
  let byOrigin: Map<string, ImportedResult['results'][number]>;
  const key = (value: unknown): string => JSON.stringify(value);

  beforeAll(async () => {
    ours = await verdicts(file, suite);
    byOrigin = new Map(ours.rules.map((rule, index) => [key(rule.origin), ours.results[index]!]));
  });

  it('passes and fails what Great Expectations itself passes and fails', () => {
    const differences = suite.expectations.flatMap((expectation, index) => {
      const result = byOrigin.get(key(expectation));
      const verdict = theirs[index]!;
      if (!result || result.passed === verdict.success) return [];
      return [
        `${expectation.type} ${key(expectation.kwargs)}: ${verdict.success} there, ${result.passed} here (${result.found})`,
      ];
    });
    expect(differences).toEqual([]);
  });

  it('counts the same failing rows', () => {
    const differences = suite.expectations.flatMap((expectation, index) => {
      const result = byOrigin.get(key(expectation));
      const { unexpected_count: count } = theirs[index]!;
      if (result?.failing === undefined || count === undefined || result.failing === count) return [];
      return [`${expectation.type} ${key(expectation.kwargs)}: ${count} there, ${result.failing} here`];
    });
    expect(differences).toEqual([]);
  });

  it('names what it does not check', () => {
    const checked = new Set(ours.rules.map((rule) => key(rule.origin)));
    const unchecked = suite.expectations.filter((expectation) => !checked.has(key(expectation))).map(({ type }) => type);
    expect(ours.unsupported.map(({ message }) => message.split(' ')[0])).toEqual(unchecked);
    expect(unchecked).toEqual(name === 'movies' ? [] : ['expect_column_values_to_be_dateutil_parseable']);
  });
});

it('knows more than 25 types of expectations by these verdicts, passed and failed', () => {
  const judged = [golden.movies, golden.birdstrikes].flatMap(({ suite, verdicts: all }) =>
    suite.expectations.map(({ type }, index) => ({ type, success: all[index]!.success })),
  );
  expect(new Set(judged.map(({ type }) => type)).size).toBeGreaterThan(45);
  expect(judged.filter(({ success }) => !success).length).toBeGreaterThan(40);
});
