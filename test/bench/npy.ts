import { writeFileSync } from 'node:fs';
import type { Matrix } from '../../shared/features/plan.js';

/** Writes a matrix as a NumPy file (format 1.0): float32, Fortran order, since our matrices are held by column. */
export function writeMatrix(path: string, matrix: Matrix): void {
  const header = headerOf('<f4', `(${matrix.rows}, ${matrix.columns.length})`, true);
  writeFileSync(path, Buffer.concat([header, ...matrix.columns.map((column) => bytesOf(column.values))]));
}

/** Writes class indices as a NumPy file of int32. */
export function writeClasses(path: string, values: Int32Array): void {
  writeFileSync(path, Buffer.concat([headerOf('<i4', `(${values.length},)`, false), bytesOf(values)]));
}

function bytesOf(values: Float32Array | Int32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function headerOf(type: string, shape: string, fortran: boolean): Buffer {
  const text = `{'descr': '${type}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
  // Magic, version and length take 10 bytes; the whole is padded to a multiple of 64.
  const padded = `${text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11)}\n`;
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8]);
  return Buffer.concat([head, Buffer.from(padded, 'latin1')]);
}
