import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { formatShare } from '../../shared/core/format.js';
import { lowerTail } from '../../shared/evaluation/binomial.js';
import { type Outcome, outcomeOf, type SimulationOptions } from './result.js';

/** Something of which each trial says whether it happened. */
export interface Cell {
  readonly name: string;
  /** How often at most by the method's own claim, or at least so often; without a bound it is shown beside the cell before. */
  readonly claim?: { readonly chance: number } | { readonly atLeast: number };
}

/** Trials that say something of several cells at once. */
export interface Case {
  readonly name: string;
  readonly cells: readonly Cell[];
  /** By cell; undefined where the trial says nothing of it. Depends on the trial's number alone. */
  readonly run: (trial: number) => readonly (boolean | undefined)[] | Promise<readonly (boolean | undefined)[]>;
}

/** What a module of cases exports, so that every process can make the same ones. */
export interface CaseModule {
  cases(only: string): readonly Case[];
}

/** Trials of one case that a process runs in one go. */
export interface Task {
  readonly item: number;
  readonly from: number;
  readonly to: number;
}

export interface Done extends Task {
  readonly found: readonly (readonly (boolean | null)[])[];
  readonly seconds: number;
}

/** Small enough that no process waits long for the last one. */
const CHUNK = 10;

/**
 * Cells that pass with a probability of 99 % each are, of hundreds, not all expected to pass. Those that do not are run again in so many
 * times as many fresh trials, which decide: 2,000 after 400.
 */
const AGAIN = 5;

/**
 * Runs the trials of all cases on every core, a process each. Seeds are the numbers of trials, so nothing depends on which process
 * runs which.
 * @param module the path of a CaseModule
 */
export async function runCases(module: URL, { only, trials, progress }: SimulationOptions): Promise<Outcome[]> {
  const outcomes = await runTrials(module, only, { from: 0, to: trials }, progress);
  for (const [at, first] of outcomes.entries()) {
    if (first.holds) continue;
    progress(`not within its bound, so ${AGAIN * trials} fresh trials decide: ${first.name}`);
    const again = await runTrials(module, first.name, { from: trials, to: (AGAIN + 1) * trials }, progress);
    const decided = again.find(({ name }) => name === first.name);
    if (!decided) throw new Error(`no case has the cell ${first.name}`);
    outcomes[at] = {
      ...decided,
      note: [`${formatShare(first.share)} of the first ${first.trials}`, decided.note].filter(Boolean).join('; '),
    };
  }
  return outcomes;
}

/** The outcomes of one range of trials. */
async function runTrials(
  module: URL,
  only: string,
  { from: first, to: end }: { readonly from: number; readonly to: number },
  progress: (line: string) => void,
): Promise<Outcome[]> {
  const { cases: casesOf } = (await import(module.href)) as CaseModule;
  const cases = casesOf(only);
  const tasks: Task[] = [];
  for (const item of cases.keys()) {
    for (let from = first; from < end; from += CHUNK) tasks.push({ item, from, to: Math.min(end, from + CHUNK) });
  }
  const found = cases.map(() => new Array<readonly (boolean | null)[]>(end - first));
  const seconds = new Float64Array(cases.length);
  const left = Uint32Array.from(cases, () => end - first);
  const take = ({ item, from, found: results, seconds: spent }: Done): void => {
    for (const [at, result] of results.entries()) found[item]![from - first + at] = result;
    seconds[item]! += spent;
    left[item]! -= results.length;
    if (left[item] !== 0) return;
    for (const { name, share } of outcomesOf(cases[item]!, found[item]!)) progress(`${name}: ${formatShare(share)}`);
    progress(`(${seconds[item]!.toFixed(1)} s of all processes)`);
  };
  const processes = Array.from({ length: Math.min(availableParallelism(), tasks.length) }, () =>
    fork(fileURLToPath(new URL('worker.ts', import.meta.url)), [module.href, only]),
  );
  try {
    await Promise.all(processes.map((child) => work(child, tasks, take)));
  } finally {
    for (const child of processes) child.kill();
  }
  return cases.flatMap((item, index) => outcomesOf(item, found[index]!));
}

/** Gives a process one task after the other until none is left. */
function work(child: ChildProcess, tasks: Task[], take: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const task = tasks.shift();
      if (task) child.send(task);
      else resolve();
    };
    child.on('message', (done: Done) => {
      take(done);
      next();
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`a process of the simulation ended early (${code ?? signal})`)));
    next();
  });
}

function outcomesOf({ cells }: Case, found: readonly (readonly (boolean | null)[])[]): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const [at, { name, claim }] of cells.entries()) {
    const known = found.map((trial) => trial[at]).filter((one): one is boolean => typeof one === 'boolean');
    if (claim === undefined) {
      const share = known.filter((one) => one).length / Math.max(1, known.length);
      const before = outcomes.pop();
      if (before) outcomes.push({ ...before, note: [before.note, `${name} ${formatShare(share)}`].filter(Boolean).join('; ') });
      continue;
    }
    if (known.length === 0) continue;
    const bound = 'chance' in claim ? atMost(claim.chance, known.length) : claim;
    outcomes.push(outcomeOf(name, known, bound, known.length < found.length ? `says something in ${known.length} trials` : ''));
  }
  return outcomes;
}

/** What a procedure with such a chance stays at or below, in so many trials, with a probability of 99 %: 7.8 % for 5 % in 400. */
function atMost(chance: number, trials: number): { atMost: number } {
  let count = Math.floor(chance * trials);
  while (lowerTail(count, trials, chance, 1) < 0.99) count++;
  return { atMost: count / trials };
}
