import type { Manifest } from '../../shared/bundle/manifest.js';
import { messageOf, UserError } from '../../shared/core/errors.js';
import { formatCount } from '../../shared/core/format.js';
import { canonicalJson, type Json } from '../../shared/core/json.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { assignParts } from '../../shared/data/split.js';
import type { Labels } from '../../shared/data/table.js';
import { rowsInWindow } from '../../shared/data/window.js';
import { incomparableReason } from '../../shared/evaluation/comparability.js';
import type { ComparedRows } from '../../shared/evaluation/comparison.js';
import { commonRows } from '../../shared/evaluation/rows.js';
import type { RunnerServices } from '../../shared/runner/services.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import type { JudgedModel } from './models.js';

export interface JudgedRows {
  /** In canonical order; at least one. */
  readonly rows: Uint32Array;
  readonly counts: ComparedRows;
  /** Of all rows of the dataset. */
  readonly labels: Labels;
  /** By the candidate's rule. */
  readonly parts: Uint8Array;
  /** Why the champion cannot be held against the candidate, as far as the rows tell. */
  readonly notComparable: string | undefined;
}

/**
 * The rows that neither model can have trained on; where there are none in common, those that the candidate held out.
 * @param recent 1 for the rows that judge as long as they are enough; see newerRows
 * @throws UserError when the candidate cannot be run on the data, and when no row can judge
 */
export async function judgedRows(
  dataset: Dataset,
  { spec, locate }: LoadedSpec,
  candidate: JudgedModel,
  champion: JudgedModel | undefined,
  { recent, log }: Pick<RunnerServices, 'log'> & { readonly recent: Uint8Array | undefined },
): Promise<JudgedRows> {
  const { manifest } = candidate;
  const absent = missingColumns(dataset, candidate);
  if (absent) throw new UserError(`The candidate cannot be run on this data: it needs ${absent}.`);
  const labels = await dataset.labels(manifest.task === 'regression' ? {} : { classes: manifest.classes });
  const parts = await assignParts(dataset, manifest.split);
  let notComparable = champion && whyNot(dataset, candidate, champion);
  const championParts =
    champion && !notComparable
      ? isSameRule(manifest, champion.manifest)
        ? parts
        : await assignParts(dataset, champion.manifest.split).catch(reasonOf)
      : undefined;
  if (typeof championParts === 'string') notComparable = championParts;
  const held = { candidateParts: parts, championParts: typeof championParts === 'string' ? undefined : championParts, labels };
  let { rows, counts } = commonRows({ ...held, recent: held.championParts && recent });
  if (counts.older !== undefined && rows.length < spec.evaluate.min_rows) {
    log(`Only ${formatCount(rows.length)} held-out rows are newer than the champion's data, so the others judge as well`);
    ({ rows, counts } = commonRows(held));
  }
  if (champion && !notComparable && rows.length === 0) {
    notComparable = `no test row was held out by both models (the champion may have trained on all ${formatCount(counts.seenByChampion)})`;
    ({ rows, counts } = commonRows({ candidateParts: parts, labels }));
  }
  if (rows.length === 0)
    throw new UserError({
      message: `none of the ${formatCount(counts.test)} test rows has a label, so nothing can be judged`,
      location: locate(['target']),
    });
  return { rows, counts, labels, parts, notComparable };
}

/** Whether two models divide rows alike. */
export function isSameRule(one: Manifest, other: Manifest): boolean {
  return canonicalJson(one.split as unknown as Json) === canonicalJson(other.split as unknown as Json);
}

function whyNot(dataset: Dataset, candidate: JudgedModel, champion: JudgedModel): string | undefined {
  const absent = missingColumns(dataset, champion);
  return (
    incomparableReason(candidate.manifest, champion.manifest) ??
    (absent && `the champion cannot be run on this data: it needs ${absent}`)
  );
}

/** 1 for the rows that came after everything that the champion's training had; undefined where that cannot be said. */
export async function newerRows(
  dataset: Dataset,
  candidate: JudgedModel,
  champion: JudgedModel | undefined,
  log: RunnerServices['log'],
): Promise<Uint8Array | undefined> {
  if (!champion || candidate.manifest.split.by === 'time') return undefined;
  const { newest } = champion.manifest.data;
  if (newest && dataset.columnNames.includes(newest.column))
    return rowsInWindow(dataset, { column: newest.column, after: newest.at });
  log("Which rows are newer than the champion's data cannot be said (its manifest has no time), so all held-out rows judge");
  return undefined;
}

/** The input columns that the data lacks or has with another type. */
function missingColumns(dataset: Dataset, { manifest }: JudgedModel): string | undefined {
  const present = new Map(dataset.schema.map(({ name, type }) => [name, type]));
  const gone = manifest.signature.inputs.filter(({ name, column }) => present.get(name) !== column);
  if (gone.length === 0) return undefined;
  return gone
    .map(({ name, column }) => (present.has(name) ? `${name} (was ${column}, is ${present.get(name)})` : name))
    .join(', ');
}

/** A mistake as a reason in a sentence; a bug of ours stays an error. */
export function reasonOf(error: unknown): string {
  if (error instanceof UserError) return messageOf(error);
  throw error;
}
