import { expect, test } from 'vitest';
import { releaseNotes } from '../../.github/release-notes.mjs';

const CHANGELOG =
  '# Changelog\n\n## Unreleased\n\n- Later.\n\n## 1.2.0 (2026-12-01)\n\n- Now.\n  More.\n\n## 1.1.0\n\n## 1.0.0\n\n- Once.\n';

test("a version's notes are its section of the changelog", () => {
  expect(releaseNotes('v1.2.0', '1.2.0', CHANGELOG)).toBe('- Now.\n  More.\n');
  expect(releaseNotes('v1.0.0', '1.0.0', CHANGELOG)).toBe('- Once.\n');
});

test('a tag that does not fit is refused before anything is published', () => {
  expect(() => releaseNotes('1.2.0', '1.2.0', CHANGELOG)).toThrow('The tag is "1.2.0"; accepted: v1.2.3.');
  expect(() => releaseNotes('v1.2.0', '1.1.0', CHANGELOG)).toThrow('package.json says 1.1.0');
  expect(() => releaseNotes('v1.3.0', '1.3.0', CHANGELOG)).toThrow('no section "## 1.3.0"');
  expect(() => releaseNotes('v1.1.0', '1.1.0', CHANGELOG)).toThrow('says nothing under "## 1.1.0"');
});
