/**
 * One line in the step's log. User text (file names, values, expressions) cannot become a workflow command: the runner
 * takes `::name::` at the start of a line, after white space of its own definition, and the older `##[name]` anywhere in
 * it. Control characters become spaces first, so that none of them makes a line or counts as white space.
 */
export function logLine(line: string): void {
  process.stdout.write(`${withoutCommands(line)}\n`);
}

const ZERO_WIDTH_SPACE = '\u200b';

/** The line as it may be logged. */
export function withoutCommands(line: string): string {
  return line
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll('##[', `##${ZERO_WIDTH_SPACE}[`)
    .replace(/^(\s*)::/, `$1${ZERO_WIDTH_SPACE}::`);
}
