/** Milliseconds of each unit that durations are written in. A day has 24 hours: times are UTC, which knows no summer time. */
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds of a duration as the spec writes it (`30s`, `5m`, `1.5h`, `7d`); undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text);
  return match ? Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS] : undefined;
}

/**
 * The same, in whole milliseconds, of a text that is a duration.
 * @throws Error for any other text: the spec's schema has let none through
 */
export function durationMs(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new Error(`${JSON.stringify(text)} is no duration`);
  return Math.round(milliseconds);
}
