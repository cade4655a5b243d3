import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparable, membership } from '../../../../shared/data/contract/values.js';
import { type Database, openDatabase, readRows } from '../../../../shared/data/duckdb.js';
import { literal, matchSql } from '../../../../shared/data/sql.js';

let database: Database;
beforeAll(async () => {
  database = await openDatabase();
});
afterAll(() => database.close());

const value = async (sql: string): Promise<unknown> => (await readRows(database.connection, `SELECT ${sql} AS v`))[0]!.v;

describe('matchSql says what regexp_full_match says', () => {
  it.each([
    ['a|b', 'ab'],
    ['a|ab', 'ab'],
    ['a$', 'a\n'],
    ['a.', 'a\n'],
    ['(?s)a.', 'a\n'],
    ['(?i)A', 'a'],
    ['(?m)^a$', 'a\nb'],
    ['\\Qa.b', 'a.b'],
    ['\\Qa.b', 'acb'],
    ['a\\', 'a'],
    ['a\\\\', 'a\\'],
    ['', ''],
    ['', 'a'],
    ['[^)]', ')'],
    ['note [0-9]+', 'note 17'],
    ['note [0-9]+', 'a note 17'],
  ])('%j of %j', async (pattern, text) => {
    const whole = `regexp_full_match(${literal(text)}, ${literal(pattern)})`;
    const expected = await value(whole).catch(() => 'no pattern');
    // A pattern that the engine does not take has been refused before.
    if (expected !== 'no pattern') expect(await value(matchSql(literal(text), pattern))).toBe(expected);
  });

  it('for patterns and texts of any kind', async () => {
    const piece = fc.constantFrom('a', 'b', '.', 'a*', '(a|b)', '[ab]+', 'a|', '^', '$', '\\n', '(?:b?)', '\\b', '\\A', '\\z');
    const pattern = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    const text = fc.stringMatching(/^[ab\n|)]{0,6}$/);
    await fc.assert(
      fc.asyncProperty(pattern, text, async (regex, of) => {
        const expected = await value(`regexp_full_match(${literal(of)}, ${literal(regex)})`);
        expect(await value(matchSql(literal(of), regex))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('membership says what IN says', () => {
  const column = (type: 'integer' | 'number' | 'string' | 'boolean') => ({ name: 'x', type });

  it.each([
    [column('integer'), 'BIGINT', [1, 2.5, 9007199254740992], ['1', '2', '3', '9007199254740993', 'NULL']],
    [column('number'), 'DOUBLE', [0, 0.1, 3], ['-0.0', '0.1', '3', "'inf'", 'NULL']],
    [column('string'), 'VARCHAR', ['a', "O'Hare", '\0'], ["'a'", "'O''Hare'", "'A'", 'chr(0)', 'NULL']],
    [column('boolean'), 'BOOLEAN', ['true', 1], ['TRUE', 'FALSE', 'NULL']],
  ] as const)('%j', async (schema, type, accepted, values) => {
    const { expression, literals } = comparable(schema, [...accepted]);
    for (const one of values) {
      const from = (condition: string) => `(SELECT ${condition} FROM (SELECT CAST(${one} AS ${type}) AS x))`;
      const listed = from(membership(schema, [...accepted]));
      expect(await value(listed)).toBe(await value(from(`${expression} IN (${literals.join(', ')})`)));
    }
  });

  it('is unknown of a missing value, and false where no value fits the type', async () => {
    const none = membership(column('boolean'), ['perhaps']);
    const both = await value(`(SELECT list(${none} ORDER BY x) FROM (VALUES (TRUE), (CAST(NULL AS BOOLEAN))) AS t(x))`);
    expect(both).toEqual([false, null]);
  });
});
