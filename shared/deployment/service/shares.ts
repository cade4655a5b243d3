import type { ModelState, TrafficRequest } from '../../serving/admin-api.js';

/** Per cent of the traffic by version; versions without any are not named. */
export type Shares = TrafficRequest['shares'];

/** How the traffic of a model is divided. */
export function sharesOf(state: ModelState | undefined): Shares {
  const versions = (state?.versions ?? []).filter(({ share }) => share > 0);
  return Object.fromEntries(versions.map(({ version, share }) => [version, share]));
}

/**
 * How the traffic would be divided without one version: that of the others grows in proportion. Empty when there is no
 * other.
 */
export function without(shares: Shares, version: string): Shares {
  const others = Object.entries(shares).filter(([name]) => name !== version);
  const sum = others.reduce((total, [, share]) => total + share, 0);
  return sum === 0 ? {} : Object.fromEntries(others.map(([name, share]) => [name, (share / sum) * 100]));
}

/** Gives a version its share of the traffic; the others have the rest in the proportion of the baseline. */
export function withShare(baseline: Shares, version: string, share: number): Shares {
  const rest = Object.entries(baseline).map(([name, before]): [string, number] => [name, (before * (100 - share)) / 100]);
  return Object.fromEntries([...rest, [version, share] as const].filter(([, value]) => value > 0));
}

/** Whether two divisions are the same, up to what rounding does. */
export function sameShares(a: Shares, b: Shares): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => Math.abs((a[name] ?? 0) - (b[name] ?? 0)) < 1e-6);
}

/** The version with the largest share; undefined of none. */
export function mainVersion(shares: Shares): string | undefined {
  return Object.entries(shares).sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** `v1.1.0 95 %, v1.2.0 5 %`. */
export function sharesText(shares: Shares): string {
  const parts = Object.entries(shares).map(([version, share]) => `${version} ${Number(share.toFixed(2))} %`);
  return parts.join(', ') || 'none';
}
