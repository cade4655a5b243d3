/**
 * When a new tag is said to be made: now, but at least a second after those that it follows. GTO tells a history in the order of
 * the tags' times, and git keeps whole seconds.
 * @param earlier ISO 8601
 */
export function momentAfter(earlier: readonly string[]): string {
  return new Date(Math.max(Date.now(), ...earlier.map((time) => Date.parse(time) + 1000))).toISOString();
}
