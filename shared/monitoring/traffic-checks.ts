import { formatCount, formatShare } from '../core/format.js';
import { checkOf, type Finding } from './breaches.js';
import type { HealthCheck, HealthWindow } from './health.js';

/** Fewer windows before do not show what is usual. */
const FEWEST_BEFORE = 2;
const MOST_BEFORE = 8;

/** Rows below or beyond these parts of the usual number are a change of the service and not of the week. */
const TOO_FEW = 0.5;
const TOO_MANY = 2;

/** The number of rows that are asked for, against the median of the windows before. */
export function volumeCheck(
  windows: readonly { readonly from: string; readonly asked: number }[],
  breaches: number,
): HealthCheck {
  const asked = windows.map((window) => window.asked);
  const findings = asked.map((rows, index): Finding => {
    const before = asked.slice(Math.max(0, index - MOST_BEFORE), index).filter((count) => count > 0);
    if (before.length < FEWEST_BEFORE) return undefined;
    const usual = median(before);
    const bad = rows < TOO_FEW * usual || rows > TOO_MANY * usual;
    return { bad, detail: `${formatCount(rows)} rows, and ${formatCount(usual)} in an ordinary window before` };
  });
  const subject = { kind: 'volume', subject: 'rows' } as const;
  return checkOf(subject, windows, findings, { breaches, otherwise: 'too few windows to know what is usual' });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** From this share on, refused rows are a caller that sends something else. */
const MOST_REFUSED = 0.01;

/** Rows that broke the contract of the model and were refused. @param reasons the most frequent of each window */
export function refusedCheck(
  windows: readonly HealthWindow[],
  reasons: readonly (string | undefined)[],
  { breaches, minRows }: { readonly breaches: number; readonly minRows: number },
): HealthCheck {
  const findings = windows.map(({ rows, refused = 0 }, index): Finding => {
    const all = rows + refused;
    if (all < minRows) return undefined;
    const reason = reasons[index];
    const most = reason === undefined ? '' : `; most often: ${reason}`;
    return {
      bad: refused / all > MOST_REFUSED,
      detail: `${formatCount(refused)} of ${formatCount(all)} rows were refused (${formatShare(refused / all, 2)})${most}`,
    };
  });
  const subject = { kind: 'contract', subject: 'refused rows' } as const;
  return checkOf(subject, windows, findings, { breaches, otherwise: `no window has ${formatCount(minRows)} rows` });
}

/** Columns that the traffic lacks, or has as something else: every window with rows is bad. */
export function columnChecks(
  windows: readonly HealthWindow[],
  problems: readonly { readonly column: string; readonly problem: string }[],
  breaches: number,
): HealthCheck[] {
  return problems.map(({ column, problem }) => {
    const findings = windows.map((window): Finding => (window.rows > 0 ? { bad: true, detail: problem } : undefined));
    return checkOf({ kind: 'contract', subject: column }, windows, findings, { breaches, otherwise: problem });
  });
}
