/** A request that is answered with an error status. The message is one line for whoever sent it. */
export class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RequestError';
    this.status = status;
  }
}

/** Why a row of a request is refused. */
export interface RowProblem {
  /** Counts from 0. */
  readonly row: number;
  readonly message: string;
}

/** Rows that the model cannot take: status 400. The message is the first problem and says how many more there are. */
export class InvalidRows extends RequestError {
  readonly problems: readonly RowProblem[];

  /** @param rows of the request, all in all */
  constructor(problems: readonly RowProblem[], rows: number) {
    const [first] = problems;
    const place = rows > 1 ? `row ${first!.row + 1}, ` : '';
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more problems in the request)` : '';
    super(400, `${place}${first!.message}${more}`);
    this.name = 'InvalidRows';
    this.problems = problems;
  }
}

/** Longest text of a request that an error shows. */
const MOST_SHOWN = 60;

/** What was found, for an error. Never walks into a value, so that a deep or large one costs nothing. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return `the text ${quote(value)}`;
    case 'number':
    case 'boolean':
      return String(value);
    case 'undefined':
      return 'nothing';
    default:
      return Array.isArray(value) ? 'a list' : 'an object';
  }
}

/** A name or text of a request between quotes, cut, on one line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text);
}
