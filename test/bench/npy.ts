import { readFileSync, writeFileSync } from 'node:fs';
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

/**
 * Reads what writeMatrix wrote, or NumPy for a float32 array in Fortran order.
 * @param levels by column: how many categories it has
 */
export function readMatrix(path: string, levels: Readonly<Record<number, number>> = {}): Matrix {
  const { header, body } = read(path, '<f4', true);
  const [rows, width] = /'shape': \((\d+), (\d+)\)/.exec(header)!.slice(1).map(Number) as [number, number];
  const columns = Array.from({ length: width }, (_, column) => ({
    name: `x${column}`,
    values: new Float32Array(body, 4 * rows * column, rows),
    ...(levels[column] !== undefined && { levels: levels[column] }),
  }));
  return { rows, columns };
}

/** Reads an array of int32. */
export function readClasses(path: string): Int32Array {
  return new Int32Array(read(path, '<i4', false).body);
}

/** Reads a one-dimensional array of float32. */
export function readNumbers(path: string): Float32Array {
  return new Float32Array(read(path, '<f4', false).body);
}

function read(path: string, type: string, fortran: boolean): { header: string; body: ArrayBuffer } {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  if (!header.includes(`'${type}'`) || (fortran && !header.includes("'fortran_order': True")))
    throw new Error(`${path}: expected ${type}${fortran ? ' in Fortran order' : ''}, found ${header.trim()}`);
  return { header, body: bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length) as ArrayBuffer };
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
