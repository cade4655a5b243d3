import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A sample repository: `main/` holds its files on main, `pull-request/` those that the pull request changes, and
 * sample.ts what cannot be committed here: how its data is made. Samples with a long story (`npm start -- flights
 * --release`) have `worse/` too, the files of a change that must be refused; their workflows are those of `lifecycle/`.
 */
export interface Sample {
  readonly title: string;
  readonly branch: string;
  readonly story?: SampleStory;
  /** Makes the data in a repository that holds the files of `main/`. */
  prepare(directory: string, part?: DataPart): Promise<void>;
}

/** What the long stories say of a sample. */
export interface SampleStory {
  /** The message of the commit with the files of `worse/`. */
  readonly worse: string;
  /** Whether there are enough test rows to tell an improvement from chance; then it has to be told. */
  readonly decisive: boolean;
  /** Only of samples whose data can arrive month by month. */
  readonly service?: SampleService;
}

/** What the story with a model server (`--all`) needs beside: `service.yaml`, the sections that its mlops.yaml has more. */
export interface SampleService {
  /** What the first models are trained on. */
  readonly before: DataPart;
  /** The nights in which the live model is looked at. */
  readonly nights: readonly [SampleNight, SampleNight];
  /** Rows in the order of their time, as requests ask for them. */
  requests(period: Period): Promise<readonly AskedRow[]>;
  /** Writes what became of those rows, as a file that names them by `mlops_id`. */
  writeLabels(file: string, period: Period): Promise<void>;
}

/** Two dates; the second is not in it. */
export type Period = readonly [from: string, to: string];

export interface SampleNight {
  /** The date that begins. */
  readonly at: string;
  /** What was asked for since the night before. */
  readonly traffic: Period;
  /** What has become of it is known for these rows. */
  readonly labels: Period;
  /** The rows that there are by then. */
  readonly data: DataPart;
}

/** A row that somebody asks the model about. */
export interface AskedRow {
  readonly id: string;
  readonly values: Readonly<Record<string, string | number | null>>;
}

/** A part of a sample's data, for samples that have months. */
export interface DataPart {
  /** From the first month to the last, both included; 1 is January. */
  readonly months: readonly [first: number, last: number];
  /** Only rows before this date. */
  readonly until?: string;
}

/** A file of the npm package vega-datasets (real data, BSD-3). */
export function vegaDataset(file: string): string {
  return fileURLToPath(new URL(`../../node_modules/vega-datasets/data/${file}`, import.meta.url));
}

/** The folder of a sample, or undefined when there is none of that name. */
export function sampleDirectory(name: string): string | undefined {
  const directory = fileURLToPath(new URL(`./${name}/`, import.meta.url));
  return /^[a-z0-9-]+$/.test(name) && existsSync(join(directory, 'sample.ts')) ? directory : undefined;
}
