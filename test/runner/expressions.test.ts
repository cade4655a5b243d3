import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RULES } from './expression-rules.js';
import {
  conditionHolds,
  conditionProblem,
  ExpressionFailure,
  evaluate,
  interpolate,
  interpolateDeep,
  interpolateText,
  templateProblem,
} from './expressions.js';

const scope = {
  contexts: {
    github: { event: { pull_request: { title: '$(touch hacked) `x` ${{ secrets.KEY }}' } }, ref: 'refs/heads/main' },
    steps: { a: { outputs: { success: 'no', n: '3' } } },
    needs: { plan: { outputs: { matrix: '{"size":[1,2]}' } } },
    matrix: { version: 1.5, list: [{ id: 'x' }, { id: 'y' }] },
    env: {},
  },
};
const failed = { ...scope, status: { success: false, failure: true, cancelled: false } };

describe('expressions', () => {
  it('keeps the type of a text that is one expression, and makes texts of others', () => {
    expect(interpolate('${{ matrix.version }}', scope)).toBe(1.5);
    expect(interpolate('v${{ matrix.version }}', scope)).toBe('v1.5');
    expect(interpolate('${{ fromJSON(needs.plan.outputs.matrix) }}', scope)).toEqual({ size: [1, 2] });
    expect(interpolateText('${{ matrix.list }}', scope)).toBe('Array');
    expect(interpolateDeep({ a: ['${{ 1 == 1 }}', 2], '${{ matrix.version }}': null }, scope)).toEqual({
      a: [true, 2],
      '1.5': null,
    });
  });

  it('reads quotes, braces within them, stars and missing names', () => {
    expect(evaluate("'it''s Bob''s'", scope)).toBe("it's Bob's");
    expect(interpolateText("${{ '}}' }}-${{ 'a' }}", scope)).toBe('}}-a');
    expect(evaluate("join(matrix.list.*.id, '+')", scope)).toBe('x+y');
    expect(evaluate('github.nothing.here', scope)).toBeNull();
    expect(evaluate("contains('Hello', 'hell') && format('{0}{{}}', 1)", scope)).toBe('1{}');
    expect(evaluate("hashFiles('a', 'b')", { ...scope, hashFiles: (patterns) => patterns.join() })).toBe('a,b');
  });

  it('does not expand what an expression gives', () => {
    expect(interpolateText('${{ github.event.pull_request.title }}', scope)).toBe('$(touch hacked) `x` ${{ secrets.KEY }}');
  });

  it('says what is wrong with an expression', () => {
    expect(() => evaluate('fromJSON(github.ref)', scope)).toThrow(/Error parsing JSON.*fromJSON\(github.ref\)/);
    expect(() => interpolate('${{ 1 == 1', scope)).toThrow(/not closed/);
    expect(() => interpolate('${{ }}', scope)).toThrow(ExpressionFailure);
    expect(templateProblem('${{ bogus.x }}', RULES.step)).toMatch(/Unrecognized named-value: 'bogus'/);
    expect(templateProblem('${{ secrets.x }}', RULES.step)).toBeUndefined();
    expect(conditionProblem('secrets.x == 1', RULES.stepIf)).toMatch(/Unrecognized named-value: 'secrets'/);
    expect(conditionProblem('env.x == 1', RULES.jobIf)).toMatch(/Unrecognized named-value: 'env'/);
    expect(conditionProblem('${{ true }} && false', RULES.jobIf)).toMatch(/would always hold/);
  });

  it('asks for success() unless a status function is called', () => {
    const holds = (condition: string) => [conditionHolds(condition, scope), conditionHolds(condition, failed)];
    expect(holds('')).toEqual([true, false]);
    expect(holds("steps.a.outputs.success == 'no'")).toEqual([true, false]);
    expect(holds('always()')).toEqual([true, true]);
    expect(holds('${{ failure() }}')).toEqual([false, true]);
    expect(holds("!cancelled() && steps.a.outputs.n == '3'")).toEqual([true, true]);
    expect(holds("'always()'")).toEqual([true, false]);
    expect(holds("''")).toEqual([false, false]);
  });

  it('puts any value into a text as it is, once', () => {
    const plain = fc
      .string({ unit: 'binary' })
      .filter((text) => !text.includes('${{') && !text.endsWith('$') && !text.endsWith('${'));
    fc.assert(
      fc.property(plain, fc.string({ unit: 'binary' }), plain, (before, value, after) => {
        const contexts = { env: { VALUE: value, SECRET: 'never' } };
        expect(interpolateText(`${before}\${{ env.VALUE }}${after}`, { contexts })).toBe(before + value + after);
        const literal = `'${value.replaceAll("'", "''")}'`;
        if (value.length < 5000) expect(evaluate(literal, { contexts })).toBe(value);
      }),
    );
  });

  it('carries any JSON through toJSON and fromJSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3, noUnicodeString: false }), (value) => {
        // Names that differ in case only are one name to the expression language.
        const text = JSON.stringify(value);
        fc.pre(text.toLowerCase() === text && !text.includes('"__proto__"') && !text.includes('"constructor"'));
        const back = interpolate('${{ fromJSON(toJSON(env)) }}', { contexts: { env: { value } } });
        expect(back).toEqual({ value: JSON.parse(text) });
      }),
    );
  });
});
