import { openBundle } from '../../shared/bundle/scorer.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { valueText } from '../../shared/data/largest-values.js';
import { searchableColumns } from '../../shared/data/search-columns.js';
import { columnOf, type Labels, type Table } from '../../shared/data/table.js';
import { pickRows, typicalRow } from '../../shared/data/typical-values.js';
import type { DisagreeingRow, DisagreeingRows, RowColumn } from '../../shared/evaluation/comparison.js';
import { type PickedRow, pickDisagreeing } from '../../shared/evaluation/disagreeing-rows.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import type { JudgedModel, Scored } from './models.js';

/** More columns of a row are not read; those that move nothing go first. */
const MOST_COLUMNS = 15;
/** A page of values is for reading; a text column may hold an essay. */
const LONGEST_VALUE = 200;

export interface Opponents {
  readonly candidate: { readonly model: JudgedModel; readonly scored: Scored };
  readonly champion: { readonly model: JudgedModel; readonly scored: Scored };
  readonly labels: Labels;
  /** Of the dataset, in the order of labels and predictions. */
  readonly rows: Uint32Array;
}

/**
 * The rows on which the two models differ most, with their columns and what each column does to either answer: how far the answer moves when
 * this column alone takes its typical value of the judged rows. Any model can be asked that, whoever made it.
 * @returns undefined where the spec asks for none
 * @throws UserError for a hidden column that is not there
 */
export async function disagreeingRows(
  dataset: Dataset,
  { spec, locate }: LoadedSpec,
  { candidate, champion, labels, rows }: Opponents,
): Promise<DisagreeingRows | undefined> {
  const { show_rows: count = 0, hide = [] } = spec.evaluate;
  const hidden = new Set(hide.map((name, index) => dataset.column(name, locate(['evaluate', 'hide', index])).name));
  if (count === 0) return undefined;
  const picked = pickDisagreeing(labels, candidate.scored.predictions, champion.scored.predictions, count);
  const inputs = [...new Set([candidate, champion].flatMap(({ scored }) => [...(scored.table?.columns.keys() ?? [])]))];
  const known = inputs.length > 0 ? inputs : await searchableColumns(dataset);
  const shown = known.filter((name) => !hidden.has(name));
  const at = Uint32Array.from(picked, ({ row }) => rows[row]!);
  const [table, ids, ownEffects, otherEffects] = await Promise.all([
    dataset.table(shown, at),
    dataset.rowIds(at),
    effectsOf(candidate, dataset, picked, labels),
    effectsOf(champion, dataset, picked, labels),
  ]);
  const keys = [spec.data.key ?? []].flat().map((key) => dataset.column(key, locate(['data', 'key'])).name);
  const isNamed = keys.length > 0 && !keys.some((key) => hidden.has(key));
  return {
    answer: labels.task === 'regression' ? 'value' : labels.task === 'binary' ? 'positive class' : 'own class',
    hidden: known.length - shown.length,
    rows: picked.map((row, index): DisagreeingRow => {
      const columns = shown.map((name): RowColumn => {
        const [own, other] = [ownEffects?.get(name)?.[index], otherEffects?.get(name)?.[index]];
        return {
          ...{ name, value: valueText(columnOf(table, name), index)?.slice(0, LONGEST_VALUE) ?? null },
          ...(own !== undefined && Number.isFinite(own) && { candidate: own }),
          ...(other !== undefined && Number.isFinite(other) && { champion: other }),
        };
      });
      const reach = ({ candidate: own = 0, champion: other = 0 }: RowColumn): number =>
        Math.max(Math.abs(own), Math.abs(other));
      return {
        ...(isNamed && { id: ids[index]! }),
        label: labelText(labels, row.row),
        ...{ candidate: row.candidate, champion: row.champion },
        columns: columns.sort((a, b) => reach(b) - reach(a)).slice(0, MOST_COLUMNS),
      };
    }),
  };
}

function labelText(labels: Labels, row: number): string {
  return labels.task === 'regression' ? String(labels.values[row]) : labels.classes[labels.values[row]!]!;
}

/** By column, how far the answer of each picked row is from the one with the column's typical value; undefined without a model. */
async function effectsOf(
  { model, scored }: Opponents['candidate'],
  dataset: Dataset,
  picked: readonly PickedRow[],
  labels: Labels,
): Promise<ReadonlyMap<string, readonly number[]> | undefined> {
  const { table } = scored;
  if (!table || !('bundle' in model.source) || model.source.bundle.predictionsOnly || picked.length === 0) return undefined;
  const { manifest } = model;
  const names = [...table.columns.keys()];
  const size = picked.length;
  const own = picked.map(({ row }) => row);
  // The rows as they are, and then once a column, in which that column alone is the typical one.
  const probes = pickRows(table, size * (names.length + 1), (column) => {
    const typical = typicalRow(columnOf(table, column));
    return [own, ...names.map((name) => (name === column ? own.map(() => typical) : own))].flat();
  });
  const scorer = await openBundle(model.source.bundle, dataset, Uint32Array.of());
  try {
    const { scores, ...given } = await scorer.predict(probes as Table, { task: manifest.task, classes: manifest.classes });
    const width = given.task === 'regression' ? 1 : given.classes.length;
    const answer = (probe: number, index: number): number => {
      if (labels.task === 'regression' || given.task === 'regression') return scores[probe]!;
      const wanted = labels.task === 'binary' ? labels.classes.at(-1)! : labels.classes[labels.values[own[index]!]!]!;
      return scores[probe * width + given.classes.indexOf(wanted)]!;
    };
    return new Map(
      names.map((name, column) => [
        name,
        own.map((_, index) => answer(index, index) - answer((column + 1) * size + index, index)),
      ]),
    );
  } finally {
    await scorer.close();
  }
}
