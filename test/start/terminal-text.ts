import { displayWidth } from '../runner/display-width.js';

/** Markdown without hidden lines, tags and pictures; of what is folded, the line that stays. */
function terminalText(markdown: string): string {
  return markdown
    .replace(/<!--.*?-->\n?/gs, '')
    .replace(/<details>\s*<summary>(.*?)<\/summary>.*?<\/details>/gs, '▸ $1')
    .replace(/(?:^\*\*[^\n]*\n\n)?^```mermaid.*?```\n*/gms, '')
    .replace(/<\/?(details|summary|sub|b|code|a|br)[^>]*>/g, '')
    .trim();
}

/** Markdown as a terminal shows it best: headings and bold as plain text, tables in columns, what is folded in one line. */
export function plainLines(markdown: string): string[] {
  const lines: string[] = [];
  let table: string[][] = [];
  const endTable = (): void => {
    lines.push(...columns(table));
    table = [];
  };
  for (const line of terminalText(markdown).split('\n')) {
    if (line.startsWith('|')) {
      if (!/^\|[\s|:-]*\|$/.test(line)) table.push(cells(line));
      continue;
    }
    if (table.length > 0) endTable();
    const text = plain(line.replace(/^#+ /, '').replace(/^> (\[!\w+\])?/, ''));
    if (text !== '' || lines.at(-1) !== '') lines.push(text);
  }
  endTable();
  return lines;
}

/** Rows of cells as lines, padded so that columns stand below each other; the first row is the head. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) => Math.max(...rows.map((row) => displayWidth(row[at] ?? ''))));
  const line = (row: readonly string[]): string =>
    widths
      .map((width, at) => (row[at] ?? '') + ' '.repeat(width - displayWidth(row[at] ?? '')))
      .join('  ')
      .trimEnd();
  const [head, ...body] = rows.map(line);
  if (head === undefined) return [];
  return [head, '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...body];
}

function cells(line: string): string[] {
  return line
    .slice(1, line.endsWith('|') ? -1 : undefined)
    .split(/(?<!\\)\|/)
    .map((cell) => plain(cell.trim()));
}

const ENTITIES = { lt: '<', gt: '>', amp: '&', quot: '"' } as const;

function plain(text: string): string {
  return text
    .replace(/<wbr>|\u200b/g, '')
    .replace(/\*\*|`/g, '')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&(lt|gt|amp|quot);/g, (_, name: keyof typeof ENTITIES) => ENTITIES[name])
    .replace(/\\([\\`*_{}[\]()#+.!|~<>-])/g, '$1');
}
