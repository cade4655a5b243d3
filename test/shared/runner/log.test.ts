import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutCommands } from '../../../shared/runner/log.js';

test('ordinary lines stay as they are', () => {
  expect(withoutCommands('  round 10 of 60, validation log_loss 0.4584')).toBe('  round 10 of 60, validation log_loss 0.4584');
});

test.each([
  '::stop-commands::tok',
  '  ::add-mask::x',
  '\u0085::error::x',
  '\u2028::error::x',
  'a\n::error::x',
  'reading x##[stop-commands]tok.csv',
  '##[add-mask]x',
])('%j is no workflow command', (line) => {
  const logged = withoutCommands(line);
  expect(logged).not.toMatch(/[\r\n]/);
  expect(logged.includes('##[')).toBe(false);
  expect(logged.trim().startsWith('::')).toBe(false);
});

test('no text becomes a command', () => {
  const pieces = fc.array(fc.constantFrom('::', '##', '[', 'error', ' ', '\n', '\r', '\u0085', '\u2029', '\t', '\0', 'x'), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(pieces, (parts) => {
      const logged = withoutCommands(parts.join(''));
      // What .NET's TrimStart takes for white space, and a zero-width space is none of it.
      expect(logged.replace(/^[\p{Z}\t-\r\u0085]+/u, '').startsWith('::')).toBe(false);
      expect(logged).not.toContain('##[');
      expect(logged).not.toMatch(/[\r\n]/);
    }),
  );
});
