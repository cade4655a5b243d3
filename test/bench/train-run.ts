import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Sample } from './flights.js';
import { writeClasses, writeMatrix } from './npy.js';
import { runScript } from './python.js';
import type { Rows } from './train-cases.js';
import type { Outcome, RunParams } from './train-ours.js';

const PEERS = fileURLToPath(new URL('train-peers.py', import.meta.url));
const OURS = fileURLToPath(new URL('train-ours.ts', import.meta.url));

/** Runs trainers, each in a process of its own: ours from a bundle, as the actions run it. */
export class Runner {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bench-train-'));
  readonly #bundled: Promise<unknown>;

  constructor() {
    this.#bundled = build({
      entryPoints: [OURS],
      outdir: join(this.#folder, 'bundle'),
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      minify: true,
      logLevel: 'warning',
    });
  }

  /** Puts the rows of the next runs where all find them. */
  write({ train, test }: Rows): void {
    for (const [part, sample] of [
      ['train', train],
      ['test', test],
    ] as const) {
      writeMatrix(join(this.#folder, `${part}-x.npy`), sample.matrix);
      writeClasses(join(this.#folder, `${part}-y.npy`), Int32Array.from(sample.labels.values));
    }
  }

  async ours(threads: number, params: RunParams): Promise<Outcome> {
    await this.#bundled;
    const script = join(this.#folder, 'bundle/train-ours.mjs');
    return (await runScript(process.execPath, script, [this.#folder, String(threads), JSON.stringify(params)], {})) as Outcome;
  }

  async peer(python: string, peer: string, threads: number, params: RunParams): Promise<Outcome> {
    const { levels, ...shared } = params;
    const categorical = Object.keys(levels).map(Number);
    const args = [peer, this.#folder, String(threads), JSON.stringify({ ...shared, categorical })];
    return (await runScript(python, PEERS, args, { OMP_NUM_THREADS: String(threads) })) as Outcome;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** How many categories the categorical columns have, by index. */
export function levelsOf({ matrix }: Sample): Record<number, number> {
  return Object.fromEntries(
    matrix.columns.flatMap(({ levels }, column) => (levels === undefined ? [] : [[column, levels] as const])),
  );
}
