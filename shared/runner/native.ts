import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Native modules (DuckDB, ONNX Runtime) hold machine code for one platform, so they cannot be part of the committed
 * bundles. They are looked for next to the code, and only when they are not there (a real runner) fetched; the fetching
 * is a module of its own because most processes never need it.
 */

/** The native modules; `native/package.json` pins their versions. */
export type NativeModule = '@duckdb/node-api' | 'onnxruntime-node';

/** The folder with package.json and package-lock.json of the native modules; build.mjs puts the same beside the bundles. */
const LOCK_DIRECTORY = fileURLToPath(new URL('./native/', import.meta.url));

let installed: Promise<string> | undefined;

/**
 * Loads a native module.
 * @throws UserError when it has to be downloaded and cannot be; the message says what the workflow needs.
 */
export async function loadNative<T>(name: NativeModule): Promise<T> {
  const require = createRequire(import.meta.url);
  if (isThere(require, name)) return require(name) as T;
  // One installation serves every module and every caller of this process.
  installed ??= import('./native-install.js').then(({ installNative }) => installNative(LOCK_DIRECTORY));
  return createRequire(`${await installed}/package.json`)(name) as T;
}

function isThere(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}
