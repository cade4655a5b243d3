import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** Bytes of memory that this process may have: those of the machine, in a container what it is allowed. */
export function memoryBytes(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}

/** Bytes that JavaScript's own values may take, texts among them; beyond them Node ends. */
export function heapBytes(): number {
  return getHeapStatistics().heap_size_limit;
}
