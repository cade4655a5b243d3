import { expect, test } from 'vitest';
import { type Question, questionMarker, renderQuestion } from '../../../shared/report/question.js';
import { problemsOf } from './markdown-problems.js';

const question: Question = {
  model: 'flight-delay',
  version: 'v1.3.0',
  stage: 'production',
  holder: 'v1.2.0',
  url: 'https://github.com/acme/models/releases/tag/flight-delay%40v1.3.0',
  run: 'https://github.com/acme/models/actions/runs/7',
  workflow: { url: 'https://github.com/acme/models/actions/workflows/retrain.yml', file: 'retrain.yml' },
  metrics: { auc: 0.7123, log_loss: 0.5 },
};
const withoutMarker = (text: string): string => text.split('\n').slice(1).join('\n');

test('says how to say yes, so that it can be copied, and how to say no', () => {
  const text = renderQuestion(question);
  expect(text.split('\n')[0]).toBe(questionMarker('flight-delay'));
  expect(text).toContain('`gh workflow run retrain.yml -f promote=flight-delay@v1.3.0`');
  expect(text).toContain('put `flight-delay@v1.3.0` into `promote`');
  expect(text).toContain('To say no, close this issue');
  expect(text).toContain('0.7123');
  expect(problemsOf(withoutMarker(text))).toEqual([]);
});

test('says so when somebody has said yes, and when nothing is live yet', () => {
  const answered = renderQuestion({ ...question, holder: 'v1.3.0' });
  expect(answered).toContain('has the stage `production`');
  expect(answered).not.toContain('close this issue');
  const { holder: _none, workflow: _noWorkflow, ...first } = question;
  expect(renderQuestion(first)).toContain('which no version has now');
  expect(renderQuestion(first)).toContain('To say yes, promote `flight-delay@v1.3.0`.');
});

test('escapes whatever a stage or a metric is called', () => {
  const evil = '<script>alert(1)</script> @everyone `x` --> [a](javascript:1)';
  const text = renderQuestion({ ...question, stage: evil, holder: evil, metrics: { [evil]: 1 }, run: 'javascript:alert(1)' });
  expect(problemsOf(withoutMarker(text))).toEqual([]);
  expect(questionMarker('a--> <b')).toMatch(/^<!-- [^>]*[^-]-->$/);
});
