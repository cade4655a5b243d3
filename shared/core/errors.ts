/** Where in a user's file a mistake stands. Lines and columns count from 1. */
export interface Location {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** One mistake that the user can mend. */
export interface Problem {
  /** What was found, what is accepted, and the fix, in one line. */
  readonly message: string;
  readonly location?: Location;
}

/**
 * A mistake that the user can mend: a wrong spec, missing data, a token without permission.
 * Anything else that is thrown is our bug. One error carries all problems that were found at once,
 * so that a user mends a file in one go.
 */
export class UserError extends Error {
  readonly problems: readonly Problem[];

  constructor(problem: string | Problem | readonly Problem[], options?: { cause?: unknown }) {
    const problems = typeof problem === 'string' ? [{ message: problem }] : 'message' in problem ? [problem] : problem;
    super(problems.map(formatProblem).join('\n'), options);
    this.name = 'UserError';
    this.problems = problems;
  }
}

/** `mlops.yaml:4:3: message`, the form that editors and terminals make clickable. */
export function formatProblem(problem: Problem): string {
  const { location } = problem;
  if (!location) return problem.message;
  const place = [location.file, location.line, location.column].filter((part) => part !== undefined).join(':');
  return `${place}: ${problem.message}`;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
