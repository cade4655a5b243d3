import type { Fault } from './types.js';

/** The faults that wait for their requests. */
export class Faults {
  readonly #waiting: { readonly fault: Fault; left: number }[] = [];

  inject(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  /** The fault that meets this request, and counts it. */
  take(method: string, path: string): Fault | undefined {
    const found = this.#waiting.find(
      ({ fault, left }) =>
        left > 0 && (fault.match.method ?? method).toUpperCase() === method && matches(fault.match.path, path),
    );
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.fault;
  }
}

/** Like `test`, but a `g` or `y` flag does not make the answer depend on the call before. */
function matches(pattern: RegExp, text: string): boolean {
  return text.search(pattern) >= 0;
}

/** How a fault with an answer answers, in the form of the service that it stands in for. */
export function faultAnswer(fault: Fault, service: 'rest' | 'twirp' | 'blob') {
  const limited = fault.kind === 'rate-limit';
  const status = fault.status ?? (limited ? 429 : 502);
  const message =
    fault.message ??
    (limited
      ? 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'
      : (STATUS_MESSAGES[status] ?? 'Server Error'));
  const headers: Record<string, string> = {};
  if (limited) headers['Retry-After'] = String(fault.retryAfter ?? 1);
  if (service === 'blob') {
    headers['Content-Type'] = 'application/xml';
    const code = status >= 500 ? 'ServerBusy' : 'AuthenticationFailed';
    return { status, headers, text: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>` };
  }
  headers['Content-Type'] = 'application/json; charset=utf-8';
  const body =
    service === 'twirp'
      ? { code: limited ? 'resource_exhausted' : status >= 500 ? 'internal' : 'permission_denied', msg: message }
      : { message, documentation_url: documentation(limited), status: String(status) };
  return { status, headers, text: JSON.stringify(body) };
}

const STATUS_MESSAGES: Readonly<Record<number, string>> = {
  401: 'Bad credentials',
  403: 'Resource not accessible by integration',
  404: 'Not Found',
  422: 'Validation Failed',
};

function documentation(limited: boolean): string {
  return limited
    ? 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits'
    : 'https://docs.github.com/rest';
}
