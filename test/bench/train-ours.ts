import { join } from 'node:path';
import { gbdt } from '../../shared/training/gbdt/gbdt.js';
import { readClasses, readMatrix } from './npy.js';
import { peakMegabytes } from './peak-memory.js';
import { aucOf, logLossOf } from './scores.js';

/** What a run is asked for: the same as train-peers.py. */
export interface RunParams {
  readonly rounds: number;
  readonly learning_rate: number;
  readonly num_leaves: number;
  readonly max_bin: number;
  /** Categories of each categorical column, by index. */
  readonly levels: Readonly<Record<number, number>>;
  readonly seed: number;
}

/** What a run tells. */
export interface Outcome {
  readonly version: string;
  readonly seconds: number;
  readonly processor_seconds: number;
  readonly megabytes: number;
  readonly auc: number;
  readonly log_loss: number;
}

async function main(directory: string, threads: number, params: RunParams): Promise<Outcome> {
  const train = readMatrix(join(directory, 'train-x.npy'), params.levels);
  const classes = ['no', 'yes'];
  const started = performance.now();
  const before = process.cpuUsage();
  const model = await gbdt.train({
    train,
    trainLabels: { task: 'binary', classes, values: readClasses(join(directory, 'train-y.npy')) },
    validation: { rows: 0, columns: train.columns.map((column) => ({ ...column, values: new Float32Array(0) })) },
    validationLabels: { task: 'binary', classes, values: new Int32Array(0) },
    params: {
      num_iterations: params.rounds,
      learning_rate: params.learning_rate,
      num_leaves: params.num_leaves,
      max_bin: params.max_bin,
      early_stopping_round: 0,
    },
    seed: params.seed,
    threads,
    progress: () => {},
  });
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  const megabytes = peakMegabytes();
  const { scores } = model.predict(readMatrix(join(directory, 'test-x.npy'), params.levels));
  const labels = readClasses(join(directory, 'test-y.npy'));
  const positive = Float64Array.from(labels, (_, row) => scores[2 * row + 1]!);
  return {
    version: '',
    seconds,
    processor_seconds: (user + system) / 1e6,
    megabytes,
    auc: aucOf(labels, positive),
    log_loss: logLossOf(labels, positive),
  };
}

const [directory, threads, params] = process.argv.slice(2);
console.log(JSON.stringify(await main(directory!, Number(threads), JSON.parse(params!) as RunParams)));
