import { markdownTable } from 'markdown-table';
import { formatShare } from '../../shared/core/format.js';

export interface SimulationOptions {
  /** Of each case. */
  readonly trials: number;
  /** Only cases whose name holds this. */
  readonly only: string;
  readonly progress: (line: string) => void;
}

/** What came of a case. */
export interface Outcome {
  readonly name: string;
  readonly trials: number;
  /** Share of the trials in which it happened. */
  readonly share: number;
  readonly bound: { readonly atMost: number } | { readonly atLeast: number };
  readonly holds: boolean;
  /** Beside it, decides nothing. */
  readonly note?: string;
}

export type Simulation = (options: SimulationOptions) => Promise<readonly Outcome[]>;

export function outcomeOf(name: string, happened: readonly boolean[], bound: Outcome['bound'], note?: string): Outcome {
  const share = happened.filter((one) => one).length / happened.length;
  const holds = 'atMost' in bound ? share <= bound.atMost : share >= bound.atLeast;
  return { name, trials: happened.length, share, bound, holds, ...(note !== undefined && { note }) };
}

export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, trials, share, bound, holds, note }) => [
    name,
    String(trials),
    formatShare(share),
    'atMost' in bound ? `≤ ${formatShare(bound.atMost)}` : `≥ ${formatShare(bound.atLeast)}`,
    holds ? 'holds' : 'BROKEN',
    note ?? '',
  ]);
  return markdownTable([['case', 'trials', 'share', 'bound', '', 'beside'], ...rows], {
    align: ['l', 'r', 'r', 'r', 'l', 'l'],
  });
}
