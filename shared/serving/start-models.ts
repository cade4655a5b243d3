import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { readBundle } from '../bundle/read.js';
import { messageOf, UserError } from '../core/errors.js';
import { versionNameSchema } from './admin-api.js';
import { hashOfFile, unpackVerified } from './bundle-intake.js';
import { type LoadedModel, loadBundleModel, loadGraph } from './load-model.js';

/** A model that the server is started with. */
export interface StartModel {
  readonly model: LoadedModel;
  /** sha256 of the archive that it came in, where it came in one. */
  readonly archive?: string;
}

/** `v1.2.0=/models/flight-delay.tar.gz` names the version; a path alone is called by its digest. */
const NAMED = /^(v\d+\.\d+\.\d+)=(.+)$/s;

/**
 * Loads what MLOPS_SERVER_BUNDLE names: a bundle's folder, its archive, or a graph without a bundle.
 * @param scratch gives a folder for what has to be unpacked
 * @throws UserError that says what is wrong with it
 */
export async function loadStartModel(item: string, scratch: () => Promise<string>): Promise<StartModel> {
  const [, named, path = item] = NAMED.exec(item) ?? [];
  const shown = `the bundle ${path}`;
  const found = await stat(path).catch((error: unknown) => {
    throw new UserError(
      `MLOPS_SERVER_BUNDLE: ${path} cannot be read (${messageOf(error)}); accepted are folders, .tar.gz and .onnx files`,
      {
        cause: error,
      },
    );
  });
  if (found.isDirectory()) {
    const bundle = await readBundle(path, shown);
    return { model: await loadBundleModel(bundle, named ?? versionOf(bundle.manifest.digest)) };
  }
  if (path.endsWith('.onnx')) {
    const name = nameOf(path);
    return { model: await loadGraph(path, { name, version: named ?? versionOf(`sha256:${await hashOfFile(path)}`) }) };
  }
  const bundle = await unpackVerified(path, await scratch(), shown);
  const version = named ?? versionOf(bundle.manifest.digest);
  return { model: await loadBundleModel(bundle, version), archive: await hashOfFile(path) };
}

/** What a version is called that nobody has given a number: the start of the model's digest. */
function versionOf(digest: string): string {
  return versionNameSchema.parse(`sha256-${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`);
}

/** A model's name from a file's: `Iris_Model.onnx` is `iris-model`. */
function nameOf(path: string): string {
  const name = basename(path, '.onnx')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 100)
    .replace(/-$/, '');
  return name === '' ? 'model' : name;
}
