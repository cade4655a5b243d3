import { expect, test, vi } from 'vitest';
import { momentAfter } from '../../../shared/registry/moment.js';

test('a tag is made now, but a whole second after those that it follows', () => {
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:10.400Z'), toFake: ['Date'] });
  try {
    expect(momentAfter([])).toBe('2026-01-01T00:00:10.400Z');
    expect(momentAfter(['2026-01-01T00:00:05Z'])).toBe('2026-01-01T00:00:10.400Z');
    expect(momentAfter(['2026-01-01T00:00:10Z', '2026-01-01T00:00:05Z'])).toBe('2026-01-01T00:00:11.000Z');
    expect(momentAfter(['2026-01-01T00:00:12Z'])).toBe('2026-01-01T00:00:13.000Z');
  } finally {
    vi.useRealTimers();
  }
});
