import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatRecord, parseStageRecord, parseVersionRecord } from '../../../shared/registry/record.js';
import { parseReference } from '../../../shared/registry/reference.js';
import { markOf, withMark } from '../../../shared/registry/release-mark.js';
import { isStageName, parseTagName, stageTag, versionTag } from '../../../shared/registry/tag-name.js';
import { compareVersions, formatVersion, nextVersion, parseVersion } from '../../../shared/registry/version.js';

const version = fc.record({ major: fc.nat(999), minor: fc.nat(999), patch: fc.nat(999) });
const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);

describe('tag names', () => {
  test('ours read back', () => {
    fc.assert(
      fc.property(name, version, name, fc.nat(), (model, number, stage, counter) => {
        const text = formatVersion(number);
        expect(parseTagName(versionTag(model, text))).toEqual({ model, version: text, cancels: false });
        expect(parseTagName(stageTag(model, stage, counter))).toEqual({ model, stage, counter, cancels: false });
      }),
    );
  });

  test("GTO's further forms are understood", () => {
    expect(parseTagName('churn@v1.0.0#4')).toMatchObject({ version: 'v1.0.0', counter: 4 });
    expect(parseTagName('churn#prod')).toEqual({ model: 'churn', stage: 'prod', cancels: false });
    expect(parseTagName('churn#prod!#5')).toMatchObject({ stage: 'prod', cancels: true, counter: 5 });
    expect(parseTagName('churn@v1.0.0!')).toMatchObject({ cancels: true });
    expect(parseTagName('churn@deprecated')).toEqual({ model: 'churn', cancels: false });
    expect(parseTagName('churn@v1.0.0-rc.1+build.5')).toMatchObject({ version: 'v1.0.0-rc.1+build.5' });
    expect(parseTagName('models/eu=churn@v1.0.0')).toMatchObject({ model: 'models/eu=churn' });
  });

  test.each([
    'churn',
    'churn@1.0.0',
    'churn@v1.0',
    'churn@v01.0.0',
    'churn#',
    'churn##1',
    'churn#a#b',
    '-churn@v1.0.0',
    'churn@v1.0.0 ',
  ])('%j is none', (text) => {
    expect(parseTagName(text)).toBeUndefined();
  });

  test('a stage is a word of the grammar', () => {
    expect(['production', 'eu/prod', 'a_b', '1'].every(isStageName)).toBe(true);
    expect(['', 'pre prod', 'prod#', 'prod!', '-prod', 'größe'].some(isStageName)).toBe(false);
  });
});

describe('versions', () => {
  test('read back, and the next one comes after', () => {
    fc.assert(
      fc.property(version, fc.constantFrom('major', 'minor', 'patch'), (number, bump) => {
        expect(parseVersion(formatVersion(number))).toEqual(number);
        expect(compareVersions(nextVersion(number, bump), number)).toBeGreaterThan(0);
      }),
    );
  });

  test('10 comes after 9', () => {
    const texts = ['v1.10.0', 'v1.9.0', 'v2.0.0', 'v1.9.10'];
    const sorted = texts.map((text) => parseVersion(text)!).sort(compareVersions);
    expect(sorted.map(formatVersion)).toEqual(['v1.9.0', 'v1.9.10', 'v1.10.0', 'v2.0.0']);
  });

  test.each(['1', '1.2', 'v1.2.3.4', '01.2.3', '1.2.3-rc', ' 1.2.3', '1.2.1e3', '9999999999.0.0'])('%j is none', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});

test('no reference is read as anything that it is not', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const reference = parseReference(text, 'model');
        if (reference.kind === 'path') expect(reference.path).toBe(text);
        else expect(text).toMatch(/^(run:\d|[a-z0-9-]+[@#])/);
      } catch (error) {
        expect((error as Error).name).toBe('UserError');
      }
    }),
  );
});

describe('messages', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const common = { version: 'v1.0.0', digest, actor: 'ann', reason: 'it is better', id: 'x' };

  test('are one line of JSON that reads back', () => {
    const record = { ...common, storage: 'release', commit: 'b'.repeat(40), release: 1, sums: digest } as const;
    expect(formatRecord(record)).toMatch(/^\{[^\n]*\}\n$/);
    expect(parseVersionRecord(formatRecord(record))).toEqual(record);
    const stage = { ...common, run: 5, rollback: true };
    expect(parseStageRecord(formatRecord(stage))).toEqual(stage);
  });

  test.each(['', 'Registering', '{', '{}', 'null', '[]', JSON.stringify({ ...common, rollback: 'no' })])(
    '%j is none of ours',
    (text) => {
      expect([parseVersionRecord(text), parseStageRecord(text)]).toEqual([undefined, undefined]);
    },
  );

  test('the mark of a release reads back, whatever its text says', () => {
    fc.assert(
      fc.property(fc.string(), (body) => {
        const mark = { model: 'churn', version: 'v1.0.0', digest, run: 1, attempt: 2 };
        expect(markOf({ body: withMark(mark, body) })).toEqual(mark);
      }),
    );
    expect(markOf({ body: 'Notes\n<!-- mlops-actions: {} -->' })).toBeUndefined();
  });
});
