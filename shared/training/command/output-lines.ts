import { StringDecoder } from 'node:string_decoder';

/** The log of a step is no place for more; what fails is told by the last lines, which are always kept. */
const PASSED_ON_BYTES = 4 * 1024 * 1024;

/** A longer line is cut: it is data that was printed by mistake. */
const LINE_CHARACTERS = 4_000;

/** Lines that are remembered for the message of a failure. */
const KEPT_LINES = 20;

/** Takes what a process prints in pieces and passes it on by line, up to a limit. */
export class OutputLines {
  readonly #onLine: (line: string) => void;
  readonly #streams = new Map<string, { readonly decoder: StringDecoder; rest: string }>();
  readonly #last: string[] = [];
  #passed = 0;
  #full = false;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** The last lines that are not empty, in their order. */
  get last(): readonly string[] {
    return this.#last;
  }

  /** @param stream lines of two streams are not mixed */
  add(stream: string, chunk: Buffer): void {
    let state = this.#streams.get(stream);
    if (!state) {
      state = { decoder: new StringDecoder('utf8'), rest: '' };
      this.#streams.set(stream, state);
    }
    // A lone \r is a bar of progress that draws over itself.
    const lines = (state.rest + state.decoder.write(chunk)).split(/\r\n|\n|\r(?!$)/);
    state.rest = lines.pop() ?? '';
    for (const line of lines) this.#pass(line);
    if (state.rest.length > LINE_CHARACTERS) state.rest = state.rest.slice(0, LINE_CHARACTERS + 1);
  }

  /** Passes on what has no end of line. */
  end(): void {
    for (const state of this.#streams.values()) {
      const rest = state.rest + state.decoder.end();
      if (rest !== '') this.#pass(rest);
      state.rest = '';
    }
  }

  #pass(whole: string): void {
    const line = whole.length > LINE_CHARACTERS ? `${whole.slice(0, LINE_CHARACTERS)}…` : whole.trimEnd();
    if (line.trim() !== '') {
      this.#last.push(line);
      if (this.#last.length > KEPT_LINES) this.#last.shift();
    }
    if (this.#full) return;
    this.#passed += Buffer.byteLength(line) + 1;
    if (this.#passed <= PASSED_ON_BYTES) {
      this.#onLine(line);
      return;
    }
    this.#full = true;
    this.#onLine(`(the command has printed more than ${PASSED_ON_BYTES / 1024 / 1024} MB; the rest is left out of the log)`);
  }
}
