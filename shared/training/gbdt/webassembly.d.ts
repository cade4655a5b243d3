/** The part of WebAssembly's interface that the trainer uses: the types of Node 20 do not have it, and those of browsers say too much. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: true });
    readonly buffer: SharedArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: { readonly arena: { readonly memory: Memory } });
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
