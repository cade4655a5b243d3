import { formatDuration } from '../../../shared/core/format.js';
import type { LiveStream } from '../../runner/live.js';
import type { LinkRecord, Tone } from './record.js';

const COLUMNS = 100;
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
const TONES: Readonly<Record<Tone, keyof typeof CODES>> = { good: 'green', bad: 'red', neutral: 'yellow' };

/** Writes a story's transcript: colours only where the stream has them. */
export class Narrator {
  readonly stream: LiveStream;
  readonly #colors: boolean;

  constructor(stream: LiveStream) {
    this.stream = stream;
    this.#colors = (stream.hasColors?.() ?? false) && !process.env.NO_COLOR;
  }

  title(title: string, about: string): void {
    this.#say(this.#paint(title, 'bold'), ...wrapped(about, this.#columns));
  }

  chapter(number: number, title: string, why: string): void {
    const head = `${number}  ${title} `;
    const rule = '─'.repeat(Math.max(this.#columns - head.length, 0));
    this.#say('', this.#paint(`${head}${rule}`, 'bold'), ...wrapped(why, this.#columns), '');
  }

  /** What has come of a chapter, what a user would look at, and where it is. */
  outcome(
    { tone, text }: { readonly tone: Tone; readonly text: string },
    look: string | undefined,
    links: readonly LinkRecord[],
    folder: string,
  ): void {
    if (look !== undefined) this.#say('', ...look.split('\n').flatMap((line) => this.#shown(line)));
    const [first = '', ...rest] = wrapped(text, this.#columns - 2);
    this.#say('', this.#paint(`→ ${first}`, TONES[tone]), ...rest.map((line) => this.#paint(`  ${line}`, TONES[tone])));
    const width = Math.max(...links.map(({ label }) => label.length), 0);
    for (const { label, href } of links) this.#say(this.#paint(`  ${label.padEnd(width)}  ${folder}/${href}`, 'dim'));
  }

  failure(expected: string, found: string): void {
    this.#say('', this.#paint('✗ The story ends here, because something is not as it was told.', 'red'));
    this.#say(
      ...wrapped(`Expected: ${expected}`, this.#columns - 2, '  '),
      ...wrapped(`Found: ${found}`, this.#columns - 2, '  '),
    );
  }

  end(page: string, seconds: number): void {
    this.#say('', `${this.#paint('Everything on one page:', 'bold')} ${page}`, `Done in ${formatDuration(seconds)}.`);
  }

  /** Prose is broken between words; the columns of a table have two spaces between them, and stay. */
  #shown(line: string): string[] {
    return line.includes('  ') ? [`  ${line}`] : wrapped(line, this.#columns - 2, '  ').map((part) => part.trimEnd());
  }

  get #columns(): number {
    return Math.min(this.stream.columns ?? COLUMNS, COLUMNS);
  }

  #say(...lines: readonly string[]): void {
    for (const line of lines) this.stream.write(`${line}\n`);
  }

  #paint(text: string, color: keyof typeof CODES): string {
    return this.#colors && text !== '' ? `\u001b[${CODES[color]}m${text}\u001b[0m` : text;
  }
}

/** Text in lines of at most so many columns, broken between words. */
function wrapped(text: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > columns) {
        lines.push(indent + line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(indent + line);
  }
  return lines;
}
