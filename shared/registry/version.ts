/** A version of a model: three whole numbers, as Semantic Versioning has them, without its extensions. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Which number of a version goes up. */
export const BUMPS = ['major', 'minor', 'patch'] as const;
export type Bump = (typeof BUMPS)[number];

const VERSION = /^v?(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;

/** Reads `1.2.0` or `v1.2.0`; undefined for anything else, also for pre-releases. */
export function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text);
  return match ? { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) } : undefined;
}

/** `v1.2.0`. */
export function formatVersion({ major, minor, patch }: Version): string {
  return `v${major}.${minor}.${patch}`;
}

/** Negative when a comes before b. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** The next version; of none, `v1.0.0`, `v0.1.0` or `v0.0.1`. */
export function nextVersion(version: Version | undefined, bump: Bump): Version {
  const { major, minor, patch } = version ?? { major: 0, minor: 0, patch: 0 };
  if (bump === 'major') return { major: major + 1, minor: 0, patch: 0 };
  return bump === 'minor' ? { major, minor: minor + 1, patch: 0 } : { major, minor, patch: patch + 1 };
}
