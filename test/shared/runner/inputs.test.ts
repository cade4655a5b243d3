import { expect, test } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import { InputReader } from '../../../shared/runner/inputs.js';

const reader = (values: Record<string, string>) => new InputReader((name) => values[name] ?? '');

test('texts are trimmed, and empty ones are absent', () => {
  expect(reader({ a: '  x ' }).optional('a')).toBe('x');
  expect(reader({ a: '  ' }).optional('a')).toBeUndefined();
  expect(() => reader({}).required('model')).toThrow('Input "model" is required');
});

test('lines skip empty ones', () => {
  expect(reader({ data: 'a.csv\n\n  b.csv \n' }).lines('data')).toEqual(['a.csv', 'b.csv']);
});

test('flags are booleans only', () => {
  expect(reader({ a: 'TRUE', b: '' }).flag('a')).toBe(true);
  expect(reader({}).flag('b')).toBe(false);
  expect(() => reader({ a: 'yes' }).flag('a')).toThrow('Input "a" is "yes"; accepted: true, false.');
});

test('a choice lists what is accepted', () => {
  expect(() => reader({ 'fail-on': 'gate' }).choice('fail-on', ['gates', 'never'])).toThrow(
    'Input "fail-on" is "gate"; accepted: gates, never.',
  );
});

test('params are a JSON object of scalars', () => {
  expect(reader({ params: '{"a": 1, "b": "x", "c": true}' }).scalars('params')).toEqual({ a: 1, b: 'x', c: true });
  expect(reader({}).scalars('params')).toEqual({});
  for (const params of ['{', '[1]', 'null', '"a"', '{"a": null}', '{"a": {"b": 1}}'])
    expect(() => reader({ params }).scalars('params'), params).toThrow(UserError);
});

test('a secret is kept out of the log from the moment it is read', () => {
  const masked: string[] = [];
  const reader = new InputReader(
    (name) => (name === 'token' ? ' hunter2 ' : ''),
    (value) => masked.push(value),
  );
  expect([reader.secret('token'), reader.secret('other')]).toEqual(['hunter2', undefined]);
  expect(masked).toEqual(['hunter2']);
});

test('a duration is a number and a unit', () => {
  const reader = new InputReader((name) => ({ wait: '90s' })[name] ?? 'soon');
  expect(reader.duration('wait')).toBe(90_000);
  expect(() => reader.duration('timeout')).toThrow(
    'Input "timeout" is "soon"; accepted: a number and a unit (ms, s, m, h, d, w), such as 30s.',
  );
});
