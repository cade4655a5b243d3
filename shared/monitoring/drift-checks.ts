import type { Distribution } from '../data/distribution/distribution.js';
import { type ColumnDrift, findDrift } from '../data/drift/drift.js';
import { driftWords, groupShares } from '../data/drift/shown.js';
import { checkOf, type Finding } from './breaches.js';
import type { HealthCheck, HealthColumn, HealthLimits, HealthReference, HealthWindow } from './health.js';

/** What windows are held against. */
export type WindowReference =
  /** Inputs of the rows that trained, and answers on held-out rows. */
  | { readonly kind: 'training'; readonly distributions: readonly Distribution[] }
  | { readonly kind: 'previous' }
  /** One a window; undefined where the data has no such rows. */
  | { readonly kind: 'same_season'; readonly seasons: readonly (Distribution | undefined)[] };

export interface DriftRequest {
  readonly windows: readonly HealthWindow[];
  /** Of the live rows of each window. */
  readonly distributions: readonly Distribution[];
  readonly reference: WindowReference;
  /** The columns that are answers, not inputs. */
  readonly predictions: readonly string[];
  readonly limits: HealthLimits;
  readonly seed: number;
}

export interface DriftFound {
  readonly checks: readonly HealthCheck[];
  readonly columns: readonly HealthColumn[];
}

/** Holds every window against its reference, and says of each column whether it drifted, and for how long. */
export function checkDrift(request: DriftRequest): DriftFound {
  const { windows, distributions, predictions, limits } = request;
  const found = compareWindows(request);
  const names = distributions[0]?.columns.map(({ name }) => name) ?? [];
  const checks = names.map((name): HealthCheck => {
    const findings = found.map((columns): Finding => {
      const column = columns?.find((candidate) => candidate.name === name);
      return column?.test && { bad: column.drifted, detail: driftWords(column, AGAINST[request.reference.kind]) };
    });
    const kind = predictions.includes(name) ? 'prediction drift' : 'input drift';
    const note = found.flatMap((columns) => columns?.find((candidate) => candidate.name === name)?.note ?? []).at(-1);
    const otherwise = note ?? whyNothing(request);
    const newest = found.findLast((columns) => columns)?.find((candidate) => candidate.name === name);
    const check = checkOf({ kind, subject: name }, windows, findings, { breaches: limits.breaches, otherwise });
    const numbers = newest && {
      effect: newest.effect.value,
      ...(newest.adjustedP !== undefined && { pValue: newest.adjustedP }),
    };
    return { ...check, ...(check.state !== 'unknown' && numbers) };
  });
  return { checks, columns: columnsOf(found, predictions) };
}

function whyNothing({ windows, limits, reference }: DriftRequest): string {
  if (windows.every(({ sparse }) => sparse)) return `no window has ${limits.minRows} rows`;
  if (reference.kind === 'previous') return 'there is no window before to hold it against';
  if (reference.kind === 'same_season') return 'the data has no rows of this season a year ago';
  return 'the reference does not have this column';
}

/** Of each window its columns; undefined where it is sparse, or there is nothing to hold it against. */
function compareWindows({ windows, distributions, reference, limits, seed }: DriftRequest): (ColumnDrift[] | undefined)[] {
  const options = { minEffect: limits.minEffect, alpha: limits.alpha, seed };
  const found: (ColumnDrift[] | undefined)[] = [];
  for (const [index, { sparse }] of windows.entries()) {
    const before = sparse ? undefined : referenceOf(index, found);
    found.push(before && findDrift(before, distributions[index]!, options));
  }
  return found;

  function referenceOf(
    index: number,
    earlier: readonly (ColumnDrift[] | undefined)[],
  ): Distribution | readonly Distribution[] | undefined {
    if (reference.kind === 'training') return reference.distributions;
    if (reference.kind === 'same_season') return reference.seasons[index];
    // The newest window that was as usual: a change that lasts is then bad as often as an alarm takes, and becomes usual after.
    const usable = windows.flatMap((window, at) => (at < index && !window.sparse ? [at] : []));
    const usual = usable.slice(-limits.breaches).findLast((at) => !earlier[at]?.some(({ drifted }) => drifted));
    const at = usual ?? usable.at(-limits.breaches) ?? usable[0];
    return at === undefined ? undefined : distributions[at];
  }
}

const AGAINST: Readonly<Record<HealthReference, string>> = {
  training: 'the training rows',
  previous: 'the windows before',
  same_season: 'the season a year ago',
};

/** The columns of the newest window that was held against something: drifted ones first, then by effect. */
function columnsOf(found: readonly (ColumnDrift[] | undefined)[], predictions: readonly string[]): HealthColumn[] {
  const newest = found.findLast((columns) => columns) ?? [];
  const columns = newest.map((column): HealthColumn => {
    const { name, effect, test, adjustedP, drifted, psi, missing, newValues, goneValues, note } = column;
    return {
      name,
      of: predictions.includes(name) ? 'prediction' : 'input',
      effect: effect.value,
      measure: effect.measure,
      ...(test && { pValue: test.pValue }),
      ...(adjustedP !== undefined && { adjustedP }),
      ...{ drifted, psi, missing, newValues, goneValues },
      groups: groupShares(column),
      ...(note !== undefined && { note }),
      history: found.map((earlier) => earlier?.find((candidate) => candidate.name === name)?.effect.value ?? null),
    };
  });
  return columns.sort((a, b) => Number(b.drifted) - Number(a.drifted) || b.effect - a.effect || (a.name < b.name ? -1 : 1));
}
