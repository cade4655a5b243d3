/** One entry of a 422's `errors`. */
export interface FieldError {
  readonly resource: string;
  readonly code: string;
  readonly field?: string;
  readonly message?: string;
}

/** An answer of GitHub's REST API that is not a success; becomes `{message, errors?, documentation_url, status}`. */
export class GitHubError extends Error {
  readonly status: number;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, errors?: readonly FieldError[], headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'GitHubError';
    this.status = status;
    this.errors = errors;
    this.headers = headers;
  }
}

export function notFound(): GitHubError {
  return new GitHubError(404, 'Not Found');
}

/** A 422 about one field, as GitHub words it. */
export function invalidField(error: FieldError): GitHubError {
  return new GitHubError(422, 'Validation Failed', [error]);
}

/** The codes of Twirp that the results service answers with, and their HTTP status. */
const TWIRP_STATUS = {
  malformed: 400,
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  bad_route: 404,
  already_exists: 409,
  resource_exhausted: 429,
  internal: 500,
} as const;

export type TwirpCode = keyof typeof TWIRP_STATUS;

/** An answer of the artifact or cache service that is not a success; becomes `{code, msg}`. */
export class TwirpError extends Error {
  readonly code: TwirpCode;

  constructor(code: TwirpCode, message: string) {
    super(message);
    this.name = 'TwirpError';
    this.code = code;
  }

  get status(): number {
    return TWIRP_STATUS[this.code];
  }
}

/** An answer of the blob store that is not a success; becomes Azure's XML. */
export class BlobError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'BlobError';
    this.status = status;
    this.code = code;
  }
}
