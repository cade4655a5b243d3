import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandFiles, MAX_SUMMARY_BYTES, parseKeyValues } from './file-commands.js';

let temp = '';
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'files-'));
});
afterEach(() => rmSync(temp, { recursive: true, force: true }));

describe('command files', () => {
  it('reads lines and blocks', () => {
    expect(parseKeyValues('a=1\r\nb<<EOF\nx=1\n\ny\nEOF\n\nc=<<d\n')).toEqual([
      ['a', '1'],
      ['b', 'x=1\n\ny'],
      ['c', '<<d'],
    ]);
    expect(() => parseKeyValues('no separator')).toThrow("Invalid format 'no separator'");
    expect(() => parseKeyValues('a<<EOF\nx')).toThrow("Matching delimiter not found 'EOF'");
    expect(() => parseKeyValues('=x')).toThrow('Name must not be empty');
  });

  it('reads back what @actions/core writes', () => {
    const name = fc.stringMatching(/^[a-zA-Z_-]{1,12}$/);
    const value = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\r'));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        const text = pairs.map(([key, content]) => `${key}<<ghadelimiter_1\n${content}\nghadelimiter_1\n`).join('');
        expect(parseKeyValues(text)).toEqual(pairs);
      }),
    );
  });

  it('drops a summary over 1 MiB, and refuses NODE_OPTIONS and broken files', () => {
    const files = new CommandFiles(temp);
    const { GITHUB_STEP_SUMMARY: summary, GITHUB_ENV: env, GITHUB_OUTPUT: output } = files.environment();
    appendFileSync(summary!, 'x'.repeat(MAX_SUMMARY_BYTES + 1));
    appendFileSync(env!, 'NODE_OPTIONS=--x\nFINE=1\n');
    appendFileSync(output!, 'broken');
    const written = files.collect();
    expect(written.summary).toBe('');
    expect(written.env).toEqual([['FINE', '1']]);
    expect(written.problems.map(({ fatal }) => fatal).sort()).toEqual([false, true, true]);
    expect(written.problems.find(({ fatal }) => !fatal)?.message).toMatch(/1024k, got 1,025k/);
  });

  it('keeps a summary of just 1 MiB', () => {
    const files = new CommandFiles(temp);
    appendFileSync(files.environment().GITHUB_STEP_SUMMARY!, 'x'.repeat(MAX_SUMMARY_BYTES));
    const { problems, summary } = files.collect();
    expect([problems, summary.length]).toEqual([[], MAX_SUMMARY_BYTES]);
  });
});
