/** How numbers, durations and sizes are written for people, everywhere in the project. */

/** The typographic minus sign: it lines up with "+" in tables. */
const MINUS = '\u2212';

/** From here on, and below 10^-MAX_DECIMALS, a number needs its exponent: digits alone would fill the line. */
const LARGEST_PLAIN = 1e12;
const MAX_DECIMALS = 9;

/** `12,345`, for counts. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return 'n/a';
  if (Math.abs(count) >= LARGEST_PLAIN) return formatNumber(count, 0);
  return count.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/**
 * A metric's value: 4 decimals below 10, fewer above, so that a table's numbers are comparable at a glance. Numbers
 * that 4 decimals would turn into nothing keep 3 digits (`0.0000321`); very large and very small ones are written
 * `1.23e12`. Non-finite numbers read `n/a`.
 */
export function formatNumber(value: number, decimals = decimalsFor(value)): string {
  if (!Number.isFinite(value)) return 'n/a';
  const text = unsignedNumber(Math.abs(value), decimals);
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** Like formatNumber, always with its sign: `+0.0094`, `−0.0061`. */
export function formatSigned(value: number, decimals = decimalsFor(value)): string {
  const text = formatNumber(value, decimals);
  return Number.isFinite(value) && !text.startsWith(MINUS) ? `+${text}` : text;
}

/** A number as short as it can be said: at most 4 significant digits, no trailing zeros: `0.7`, `5`, `0.4127`, `61,204`. */
export function formatCompact(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return formatNumber(value, 0);
  const decimals = Math.min(MAX_DECIMALS, Math.max(0, 3 - Math.floor(Math.log10(size))));
  const text = formatNumber(value, decimals);
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
}

/** `12.3 %` of a share in [0, 1]. */
export function formatShare(share: number, decimals = 1): string {
  return Number.isFinite(share) ? `${formatNumber(share * 100, decimals)} %` : 'n/a';
}

/** `840 ms`, `3.1 s`, `2 min 05 s`, `1 h 04 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return 'n/a';
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** `1.8 MB` (10^6 bytes), `12 kB`, `2.1 GB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return 'n/a';
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} kB`;
  if (bytes < 999_950_000) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${formatNumber(bytes / 1e9, 1)} GB`;
}

/** The number of decimals that formatNumber gives a value. */
export function decimalsFor(value: number): number {
  const size = Math.abs(value);
  if (size > 0 && size < 0.001) return Math.min(MAX_DECIMALS, 2 - Math.floor(Math.log10(size)));
  if (size < 10) return 4;
  if (size < 100) return 3;
  if (size < 1000) return 2;
  return size < 100_000 ? 1 : 0;
}

function unsignedNumber(size: number, decimals: number): string {
  if (size >= LARGEST_PLAIN || (size > 0 && decimals >= MAX_DECIMALS && size < 10 ** (1 - MAX_DECIMALS))) {
    return size.toExponential(2).replace('e+', 'e').replace('e-', `e${MINUS}`);
  }
  return size.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
