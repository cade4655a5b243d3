import { UserError } from '../core/errors.js';
import { columnKey } from '../data/column-names.js';
import type { Dataset } from '../data/dataset.js';
import { featureColumns } from '../data/default-features.js';
import { rowsOfPart, selectLabels, selectWeights } from '../data/select.js';
import type { Split } from '../data/split.js';
import type { Labels } from '../data/table.js';
import type { LoadedSpec } from '../spec/load.js';
import type { Spec } from '../spec/schema.js';
import { columnsRead } from '../spec/transforms.js';
import type { FitRequest } from './fit.js';
import type { FinishOptions } from './fit-finished.js';
import { finishOptions, fitOptions, foldOrder } from './fit-options.js';

/** What a training needs of the data. */
export interface PreparedFit {
  /** The raw columns that the features are made of. */
  readonly columns: readonly string[];
  /** Of all rows. */
  readonly labels: Labels;
  readonly request: Omit<FitRequest, 'progress'>;
  /** What comes after the training; trials of a search go without. */
  readonly finish: () => Promise<FinishOptions>;
}

/** Reads the rows that train and the rows that choose; never those that judge. */
export async function prepareFit(
  dataset: Dataset,
  split: Pick<Split, 'parts' | 'rule'>,
  { spec, locate }: Pick<LoadedSpec, 'spec' | 'locate'>,
): Promise<PreparedFit> {
  const use = await featureColumns(dataset, spec, locate);
  const { derive, columns } = sourcesOf(use, dataset, spec);
  const labels = await dataset.labels();
  checkClasses(labels, spec, locate);
  const weights = await dataset.weights();
  const part = async (name: 'train' | 'validation' | 'calibration') => {
    const rows = rowsOfPart(split.parts, name);
    const selected = selectWeights(weights, rows);
    return {
      table: await dataset.table(columns, rows),
      labels: selectLabels(labels, rows),
      ...(selected && { weights: selected }),
    };
  };
  return {
    columns,
    labels,
    request: {
      name: spec.name,
      task: spec.task,
      algorithm: spec.train.algorithm ?? 'gbdt',
      params: spec.train.params,
      ...fitOptions(spec),
      seed: spec.seed,
      schema: dataset.schema,
      use,
      derive,
      ...(spec.features.select && { select: spec.features.select }),
      train: await part('train'),
      validation: await part('validation'),
    },
    finish: async () => {
      const order = await foldOrder(dataset, split.rule, rowsOfPart(split.parts, 'train'));
      return { ...finishOptions(spec), ...(order && { foldOrder: order }), calibration: await part('calibration') };
    },
  };
}

/** One row cannot train a class and judge it as well. */
function checkClasses(labels: Labels, spec: Spec, locate: LoadedSpec['locate']): void {
  if (labels.task === 'regression') return;
  const counts = new Uint32Array(labels.classes.length);
  for (const value of labels.values) if (value >= 0) counts[value]!++;
  const once = counts.indexOf(1);
  if (once < 0) return;
  throw new UserError({
    message: `target ${spec.target.column} is ${JSON.stringify(labels.classes[once])} in one row only, too few to learn from and be judged by; leave the row out with data.where, or join classes in target.sql`,
    location: locate(['target']),
  });
}

/** The raw columns that a command gets: the features, and those that features are derived from. */
export async function rawColumns(
  dataset: Dataset,
  { spec, locate }: Pick<LoadedSpec, 'spec' | 'locate'>,
): Promise<readonly string[]> {
  return sourcesOf(await featureColumns(dataset, spec, locate), dataset, spec).columns;
}

function sourcesOf(
  use: readonly string[],
  { schema }: Dataset,
  spec: Spec,
): { readonly columns: readonly string[]; readonly derive: Spec['features']['derive'] } {
  // SQL, and so a spec, does not tell upper from lower case; from here on columns are spelt as the data has them.
  const spelling = new Map(schema.map(({ name }) => [columnKey(name), name]));
  const spelled = (name: string): string => spelling.get(columnKey(name)) ?? name;
  const derive = spec.features.derive?.map((item) => ({
    ...item,
    from: typeof item.from === 'string' ? spelled(item.from) : item.from.map(spelled),
    ...(item.since !== undefined && { since: spelled(item.since) }),
  }));
  const derived = (derive ?? []).flatMap((item) => columnsRead(item, (name) => spelling.get(columnKey(name)) === name));
  return { derive, columns: [...new Set([...use, ...derived])] };
}
