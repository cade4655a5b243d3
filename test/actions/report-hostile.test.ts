import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sha } from '../github/scene.js';
import { complaint } from '../shared/github/scene.js';
import { type ZipEntry, zipOf } from '../shared/runner/zip-file.js';
import { checks, comments, foreign, holding, logged, NAME, RESULT, report, runWith, scene } from './reporting-scene.js';

/** What a fork's run can leave for report: an artifact that is no result, and a result whose texts want to do something. */

const json = (text: string): ZipEntry[] => [{ name: 'comparison.json', content: text }];
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const large = (bytes: number): Buffer => Buffer.alloc(bytes, '0');

const candidate = (name: string) => ({
  ...{ name, digest: RESULT.candidate.digest, best: true, metric: RESULT.metrics[0]!, verdict: RESULT.verdict },
  ...{ gatesOutcome: 'fail', blocked: true, failed: [name] },
});

/** Each with a part of the one line that is said of it. */
const REFUSED: Readonly<Record<string, readonly [content: () => readonly ZipEntry[] | Buffer, line: string]>> = {
  'no zip': [() => Buffer.from('no zip'), 'is no intact zip'],
  'half a zip': [() => zipOf(holding(RESULT)).subarray(0, 200), 'is no intact zip'],
  'an empty zip': [() => [], 'holds 0 JSON files; a result is one'],
  'two results': [() => [...holding(RESULT), ...holding(RESULT, 'other.json')], 'holds 2 JSON files'],
  'a hundred files': [
    () => Array.from({ length: 100 }, (_, at) => ({ name: `${at}.json`, content: '{}' })),
    'holds more than 10',
  ],
  'a path that leaves the folder': [
    () => [{ name: '../../../etc/passwd.json', content: '{}' }],
    'is no intact zip (invalid relative path',
  ],
  'an absolute path': [() => [{ name: '/etc/cron.d/x.json', content: '{}' }], 'is no intact zip (absolute path'],
  'a symbolic link': [() => [{ name: 'c.json', content: '/etc/passwd', mode: 0o120777 }], 'the result is not JSON'],
  'a zip bomb': [() => [{ name: 'c.json', content: large(60_000_000) }], 'holds more than 2000000 bytes'],
  'a zip bomb that lies': [() => [{ name: 'c.json', content: large(60_000_000), claimedBytes: 9 }], 'is no intact zip'],
  '100 MB beside it': [
    () => [...holding(RESULT), { name: 'x.bin', content: large(100_000_000) }],
    'holds more than 2000000 bytes',
  ],
  'more bytes than a result has': [
    () => zipOf([{ name: 'c.json', content: randomBytes(2_100_000) }]),
    'a result has at most 2000000',
  ],
  'no JSON': [() => json('{"kind": "comparison",'), 'the result is not JSON'],
  'bytes that are no text': [
    () => [{ name: 'comparison.json', content: Buffer.from([0xff, 0xfe, 0x00, 0xd8]) }],
    'the result is not JSON',
  ],
  'JSON of 100,000 levels': [() => json(nested(100_000)), 'the result'],
  'a list': [() => json('[]'), 'the result'],
  null: [() => json('null'), 'the result'],
  'another kind': [() => holding({ ...RESULT, kind: 'secrets' }), "the result's kind"],
  'a number where a text belongs': [() => holding({ ...RESULT, model: 7 }), "the result's model"],
  'a list where an object belongs': [() => holding({ ...RESULT, rows: [] }), "the result's rows"],
  'a number that is none': [() => holding({ ...RESULT, rows: { ...RESULT.rows, used: Number.NaN } }), "the result's rows.used"],
  'a verdict that there is not': [() => holding({ ...RESULT, verdict: 'perfect' }), "the result's verdict"],
  'a key that there is not': [() => holding({ ...RESULT, pullRequest: 1 }), 'pullRequest'],
  'a prototype': [() => json(JSON.stringify(RESULT).replace('{', '{"__proto__":{"admin":true},')), '__proto__'],
  'a contradiction': [() => holding({ ...RESULT, blocked: !RESULT.blocked }), 'the result contradicts itself'],
  'two candidates that are the best': [
    () => holding({ ...RESULT, candidates: [candidate('a'), candidate('b')] }),
    'the result contradicts itself: the best candidate is another one',
  ],
  'a matrix without corners': [
    () => holding({ ...RESULT, confusion: { classes: ['a', 'b'], candidate: [[1, 2], [3]] } }),
    'the result contradicts itself: the confusion matrix is not square',
  ],
  'a million rows of the data': [
    () => holding({ ...RESULT, disagreeing: { answer: 'value', hidden: 0, rows: Array.from({ length: 51 }, () => ({})) } }),
    "the result's disagreeing.rows",
  ],
  'a result of another model': [() => holding({ ...RESULT, model: 'delay' }), 'holds a result of another model, "delay"'],
};

describe('is refused in one line, and nothing is posted:', () => {
  test.each(Object.entries(REFUSED))('%s', async (_, [content, line]) => {
    const pull = foreign();
    const run = await runWith(pull, { [NAME]: content() });
    const message = await complaint(report(`run:${run.id}`));
    expect(message).toContain(line);
    expect(message).not.toContain('\n');
    expect([comments(pull), checks(pull)]).toEqual([[], []]);
  });
});

/** Texts that want to do something where they are shown. */
const TEXTS: Readonly<Record<string, string>> = {
  'mentions of people and teams': '@octocat @acme/everyone',
  'an image that tells who looks': '![x](https://evil.example/pixel.png) <img src="https://evil.example/pixel.png">',
  'a script': '<script>alert(1)</script><details open ontoggle=alert(1)>',
  'a link under another name': '[the run](https://evil.example) <a href="javascript:alert(1)">x</a>',
  'a diagram that can be clicked': '```mermaid\nflowchart LR\n a-->b\n click a "https://evil.example"\n```',
  'a command to the runner': '::error::x\n::set-output name=verdict::better',
  'our own marker': '\n<!-- mlops-actions:report model="churn" -->\n',
  'text that runs backwards': '\u202Eetirw\u202C \u0000\u0007',
  'issues and commits of others': `#1 acme/secrets#2 GH-3 ${sha('base')}`,
};

/** A result that says the text wherever a name, a reason or a value stands. */
function saying(text: string): object {
  const figure = { value: 0.7, rows: 10, testSet: text };
  const versions = [text, 'v1.1.0'].map((version) => ({ ...figure, version, at: text }));
  return {
    ...RESULT,
    ...{ reason: text, verdict: 'not comparable', candidates: [candidate(text)] },
    confusion: {
      classes: [text, 'b'],
      candidate: [
        [1, 2],
        [3, 4],
      ],
    },
    changes: [{ kind: 'drift', name: text, after: text }],
    history: {
      ...{ metric: text, better: 'higher', versions, candidate: { ...figure, value: 0.5 } },
      ...{ leftOut: [{ version: text, reason: text }], band: { version: text, from: 0.7, to: 0.6 } },
    },
  };
}

describe('does nothing where it is shown:', () => {
  test.each(Object.entries(TEXTS))('%s', async (_, text) => {
    const pull = foreign();
    const run = await runWith(pull, { [NAME]: holding(saying(text)) });
    await report(`run:${run.id}`);
    for (const { body } of comments(pull)) {
      expect(body).not.toMatch(/<img|<script|<details open ontoggle|<a href="javascript|\]\(https:\/\/evil|!\[/);
      expect(body).not.toMatch(/@octocat|@acme\/everyone|^ *click /m);
      expect(body.match(/<!-- mlops-actions/g) ?? []).toHaveLength(1);
    }
    expect(comments(pull)).toHaveLength(1);
    expect(comments(pull)[0]!.body).toContain('**Decay over versions:**');
    // Commands to the runner count in its log alone.
    expect(logged.filter((line) => /^::|\n::/.test(line))).toEqual([]);
  });
});

test('a forged number and commit reach no other pull request', async () => {
  const [pull, victim] = [foreign(), foreign()];
  const before = comments(scene.own);
  for (const forged of [{ number: victim.number }, { pull_request: scene.own.number }, { headSha: victim.head.sha }]) {
    const run = await runWith(pull, { [NAME]: holding({ ...RESULT, ...forged }) });
    await report(`run:${run.id}`).catch(() => undefined);
    expect([comments(victim), checks(victim)]).toEqual([[], []]);
    expect(comments(scene.own)).toEqual(before);
  }
});
