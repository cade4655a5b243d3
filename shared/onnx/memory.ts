import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Table } from '../data/table.js';
import { createGraph } from './write.js';

/**
 * The process begins with a text, since no file's name is the same in the source and in the bundles. The source as it is,
 * in the project's own tests, is not JavaScript yet; as CommonJS, since that way costs half the time.
 */
const BOOTSTRAP = `
  const module = process.argv[1];
  const load = async () => {
    if (!module.endsWith('.ts')) return import(module);
    require('tsx/cjs/api').register();
    return require(require('node:url').fileURLToPath(module));
  };
  load().then((loaded) => loaded.serveMemory()).catch(() => process.exit(1));
`;

/** What the process needs to find ONNX Runtime, and nothing that anyone could want to know. */
const KEPT = ['PATH', 'HOME', 'RUNNER_TOOL_CACHE', 'RUNNER_TEMP', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LD_LIBRARY_PATH'];

/** What is asked of the process. */
export interface MemoryRequest {
  readonly modelFile: string;
  readonly table: Table;
  /** Another model, of one input x: brings in what every model needs, the runtime, its threads and the code around it. */
  readonly warmUp: Uint8Array;
}

/** What it answers. */
export interface MemoryAnswer {
  readonly bytes: number;
}

/** A process that starts, loads the model twice and runs it once has long ended by then. */
const LIMIT_MS = 60_000;

/**
 * The memory that a model needs: by how much the peak of a process's resident memory grows when the model's file is read, its session
 * opened on one thread and all rows are scored as one batch. The process is one of its own, in which ONNX Runtime has
 * run another model before, so that what every model needs alike is not counted.
 * @param model its file, or its bytes; one that openModel has opened before, which looks into what it opens
 * @returns undefined where the process cannot be started, fails or takes too long: a result lacks a number then, and says so
 */
export async function measureMemory(
  model: string | Uint8Array,
  table: Table,
  { limitMs = LIMIT_MS } = {},
): Promise<number | undefined> {
  if (typeof model === 'string') return ask({ modelFile: model, table, warmUp: smallest() }, limitMs);
  const folder = await mkdtemp(join(tmpdir(), 'mlops-model-'));
  try {
    const modelFile = join(folder, 'model.onnx');
    await writeFile(modelFile, model);
    return await ask({ modelFile, table, warmUp: smallest() }, limitMs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function smallest(): Uint8Array {
  const graph = createGraph('warm-up');
  graph.output(graph.node('Neg', [graph.input('x', 'float32')]), 'float32', ['N', 1]);
  return graph.toModel();
}

async function ask(request: MemoryRequest, limitMs: number): Promise<number | undefined> {
  const { moduleUrl } = await import('./memory-process.js');
  const env = Object.fromEntries(KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  const child = spawn(process.execPath, ['-e', BOOTSTRAP, moduleUrl], {
    env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    windowsHide: true,
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
  try {
    return await new Promise((resolve) => {
      child.once('message', (answer) => resolve((answer as MemoryAnswer).bytes));
      child.once('error', () => resolve(undefined));
      child.once('exit', () => resolve(undefined));
      child.send(request, () => {
        // That it could not be sent is told by its end.
      });
    });
  } finally {
    clearTimeout(limit);
    child.kill('SIGKILL');
  }
}
