import { KERNELS } from './kernels-binary.js';

/** The loops of kernels.wat. Arguments are addresses in bytes unless they say otherwise. */
export interface Kernels {
  /** Ids from `first` on. */
  number(ids: number, idsEnd: number, first: number): void;
  load(ids: number, idsEnd: number, gradients: number, bins: number, width: number, records: number, stride: number): void;
  histogram(
    records: number,
    end: number,
    stride: number,
    at: number,
    histogram: number,
    bases: number,
    gradientUnit: number,
    hessianUnit: number,
  ): void;
  partition(
    records: number,
    end: number,
    stride: number,
    at: number,
    goes: number,
    left: number,
    right: number,
    ids: number,
    leftIds: number,
    rightIds: number,
  ): number;
  add(to: number, end: number, from: number): void;
  subtract(to: number, end: number, from: number): void;
  score(ids: number, idsEnd: number, scores: number, value: number): void;
  walk(ids: number, idsEnd: number, bins: number, width: number, scores: number, nodes: number, values: number): void;
  logistic(
    scores: number,
    scoresEnd: number,
    targets: number,
    weights: number,
    out: number,
    gradientScale: number,
    hessianScale: number,
  ): void;
}

let compiled: WebAssembly.Module | undefined;

/** The kernels on a memory; compiled once a thread. */
export function kernelsOn(memory: WebAssembly.Memory): Kernels {
  compiled ??= new WebAssembly.Module(Buffer.from(KERNELS, 'base64'));
  return new WebAssembly.Instance(compiled, { arena: { memory } }).exports as unknown as Kernels;
}
