import { readFile, writeFile } from 'node:fs/promises';
import type { MemoryAnswer, MemoryRequest } from './memory.js';
import { openModel } from './session.js';

/** The address of this module in whatever file it has ended up: what the process has to import. */
export const moduleUrl = import.meta.url;

/** What is opened here has been opened by who asks, so the reader of ONNX files need not be loaded. */
const OPTIONS = { threads: 1, inspected: true } as const;

/**
 * Waits for a model and rows, and answers with the memory that it took.
 * @public called by name, in the text that the process begins with
 */
export async function serveMemory(): Promise<void> {
  const request = await new Promise<MemoryRequest>((resolve) => {
    process.once('message', (message) => resolve(message as MemoryRequest));
  });
  const { table, warmUp } = request;
  const other = await openModel(warmUp, OPTIONS);
  await other.runner({ rows: 1, columns: new Map([['x', { type: 'number', values: Float64Array.of(1) }]]) })(0, 1);
  await other.close();
  const before = process.memoryUsage.rss();
  const hasPeak = await forgetPeak();
  const model = await openModel(request.modelFile, OPTIONS);
  const opened = process.memoryUsage.rss();
  await model.runner(table)(0, table.rows);
  const most = Math.max(opened, process.memoryUsage.rss(), hasPeak ? await peak() : 0);
  const answer: MemoryAnswer = { bytes: Math.max(0, most - before) };
  process.send!(answer);
}

/**
 * Linux keeps the peak of a process and can be told to begin anew. (`process.resourceUsage()` cannot be: it starts with the
 * memory of the process that started this one.) Elsewhere the memory is looked at after each step, which misses what was given back within one.
 */
async function forgetPeak(): Promise<boolean> {
  return writeFile('/proc/self/clear_refs', '5').then(
    () => true,
    () => false,
  );
}

async function peak(): Promise<number> {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(await readFile('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes ?? 0) * 1024;
}
