import { columnKey } from '../../shared/data/column-names.js';
import type { Dataset } from '../../shared/data/dataset.js';
import { featureColumns } from '../../shared/data/default-features.js';
import { rowsOfPart, selectLabels, selectWeights } from '../../shared/data/select.js';
import type { Split } from '../../shared/data/split.js';
import type { Labels } from '../../shared/data/table.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import { columnsRead } from '../../shared/spec/transforms.js';
import type { FitRequest } from '../../shared/training/fit.js';

/** What a training needs of the data. */
export interface PreparedFit {
  /** The raw columns that the features are made of. */
  readonly columns: readonly string[];
  /** Of all rows. */
  readonly labels: Labels;
  readonly request: Omit<FitRequest, 'progress'>;
}

/** Reads the rows that train and the rows that choose; never those that judge. */
export async function prepareFit(
  dataset: Dataset,
  split: Split,
  { spec, locate }: Pick<LoadedSpec, 'spec' | 'locate'>,
): Promise<PreparedFit> {
  const use = await featureColumns(dataset, spec, locate);
  // SQL, and so a spec, does not tell upper from lower case; from here on columns are spelt as the data has them.
  const spelling = new Map(dataset.schema.map(({ name }) => [columnKey(name), name]));
  const spelled = (name: string): string => spelling.get(columnKey(name)) ?? name;
  const derive = spec.features.derive?.map((item) => ({
    ...item,
    from: typeof item.from === 'string' ? spelled(item.from) : item.from.map(spelled),
    ...(item.since !== undefined && { since: spelled(item.since) }),
  }));
  const derived = (derive ?? []).flatMap((item) => columnsRead(item, (name) => spelling.get(columnKey(name)) === name));
  const columns = [...new Set([...use, ...derived])];
  const labels = await dataset.labels();
  const weights = await dataset.weights();
  const part = async (name: 'train' | 'validation') => {
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
      seed: spec.seed,
      schema: dataset.schema,
      use,
      derive,
      ...(spec.features.select && { select: spec.features.select }),
      train: await part('train'),
      validation: await part('validation'),
    },
  };
}
