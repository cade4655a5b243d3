/**
 * One line in the step's log. Lines of user text cannot become workflow commands: a leading `::` is broken, as are
 * carriage returns and line feeds.
 */
export function logLine(line: string): void {
  process.stdout.write(`${line.replace(/[\r\n]+/g, ' ').replace(/^(\s*)(::|##\[)/, '$1\u200b$2')}\n`);
}
