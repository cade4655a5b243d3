/** Milliseconds of each unit that durations are written in. A day has 24 hours: times are UTC, which knows no summer time. */
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * The milliseconds of a duration such as `7d`, `36h` or `1.5h`: a number and a unit (ms, s, m, h, d, w).
 * @throws Error for any other text: the spec's schema has let none through
 */
export function durationMs(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) throw new Error(`${JSON.stringify(text)} is no duration`);
  return Math.round(Number(number) * UNITS[unit]!);
}
