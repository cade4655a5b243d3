/** How numbers, durations and sizes are written for people, everywhere in the project. */

/** The typographic minus sign: it lines up with "+" in tables. */
const MINUS = '\u2212';

/** `12,345`, for counts. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/**
 * A metric's value: 4 decimals below 10, fewer above, so that a table's numbers are comparable at a glance.
 * Non-finite numbers read `n/a`.
 */
export function formatNumber(value: number, decimals = decimalsFor(value)): string {
  if (!Number.isFinite(value)) return 'n/a';
  const text = Math.abs(value).toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** Like formatNumber, always with its sign: `+0.0094`, `−0.0061`. */
export function formatSigned(value: number, decimals = decimalsFor(value)): string {
  const text = formatNumber(value, decimals);
  return value >= 0 ? `+${text}` : text;
}

/** `12.3 %` of a share in [0, 1]. */
export function formatShare(share: number, decimals = 1): string {
  return Number.isFinite(share) ? `${formatNumber(share * 100, decimals)} %` : 'n/a';
}

/** `840 ms`, `3.1 s`, `2 min 05 s`, `1 h 04 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** `1.8 MB` (10^6 bytes), `12 kB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function decimalsFor(value: number): number {
  const size = Math.abs(value);
  if (size < 10) return 4;
  if (size < 100) return 3;
  if (size < 1000) return 2;
  return size < 100_000 ? 1 : 0;
}
