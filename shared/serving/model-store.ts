import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readBundle } from '../bundle/read.js';
import { messageOf, UserError } from '../core/errors.js';
import type { ModelState, PutResponse } from './admin-api.js';
import type { BatchPool } from './batch-pool.js';
import { INCOMING, unpackVerified } from './bundle-intake.js';
import { type LoadedModel, loadBundleModel } from './load-model.js';
import { readState, type SavedModel, type SavedState, writeState } from './model-state.js';
import { quote, RequestError } from './request-error.js';
import { Shares, withoutAbsent } from './shares.js';
import { loadStartModel } from './start-models.js';
import type { TrafficLogger } from './traffic-logger.js';
import { Version } from './version.js';

export interface StoreOptions {
  /** Folder of what the admin API brings; without one it is gone after a restart. */
  readonly directory?: string;
  /** What the server is started with: paths, see start-models.ts. */
  readonly start: readonly string[];
  readonly traffic?: TrafficLogger;
  readonly pool: BatchPool;
  readonly log: (line: string) => void;
}

interface Model {
  readonly name: string;
  readonly versions: Map<string, Held>;
  shares: Shares<Version>;
}

interface Held {
  readonly version: Version;
  /** sha256 of the archive that it came in. */
  readonly archive?: string;
  /** Its folder, where it is the store's own. */
  readonly directory?: string;
}

const NOTHING: SavedState = { format: 1, models: [] };

/**
 * The versions that are served, and how the requests are divided among them. Changes are made one after the other, are on
 * disk before they count, and never touch a request that has begun.
 */
export class ModelStore {
  readonly #options: StoreOptions;
  #temporary: Promise<string> | undefined;
  readonly #models = new Map<string, Model>();
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** @throws UserError when a folder cannot be used, or a model of the start cannot be served */
  static async open(options: StoreOptions): Promise<ModelStore> {
    const store = new ModelStore(options);
    try {
      await store.#restore();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /**
   * The version that answers a request.
   * @param version where the path names one, whatever its share
   * @throws RequestError 404 for what is not there, 503 where no version has a share
   */
  find(name: string | undefined, version?: string): Version {
    const model = this.#model(name);
    const found = version === undefined ? model.shares.pick() : model.versions.get(version)?.version;
    if (found) return found;
    const names = [...model.versions.keys()].join(', ');
    throw version === undefined
      ? new RequestError(503, `no version of ${model.name} has a share of the traffic; versions: ${names}`)
      : new RequestError(404, `there is no version ${quote(version)} of ${model.name}; there are ${names}`);
  }

  /** The version with the largest share, and the names of all. Throws like find. */
  main(name: string | undefined): { readonly version: Version; readonly names: readonly string[] } {
    const model = this.#model(name);
    return { version: model.shares.main() ?? this.find(name), names: [...model.versions.keys()] };
  }

  /** Every version that is loaded. */
  *versions(): Generator<Version> {
    for (const { versions } of this.#models.values()) for (const { version } of versions.values()) yield version;
  }

  /** There is a model, and every model has a version that answers. */
  isReady(): boolean {
    return this.#models.size > 0 && [...this.#models.values()].every(({ shares }) => shares.main() !== undefined);
  }

  states(): readonly ModelState[] {
    return [...this.#models.keys()].map((name) => this.#state(name));
  }

  /** A new path for an archive on its way in; what is left there is removed at the next start. */
  async newArchive(): Promise<string> {
    return join(await this.#root(), `${INCOMING}${randomBytes(8).toString('hex')}.tar.gz`);
  }

  /**
   * Takes a version in: unpacked, verified, loaded and run once, before anything counts.
   * @param archive file with the bundle's tar.gz; is left where it is
   * @param hash its sha256, hex
   * @throws RequestError 409 when other bytes have that name, 422 for a bundle that cannot be served
   */
  put(name: string, version: string, archive: string, hash: string): Promise<PutResponse & { readonly isNew: boolean }> {
    return this.#alone(async () => {
      const there = this.#models.get(name)?.versions.get(version);
      if (there?.archive === hash) return { ...this.#put(name, version), isNew: false };
      const taken = (): RequestError =>
        new RequestError(409, `version ${version} of ${name} is there with other bytes (${there?.version.servable.digest})`);
      if (there?.archive !== undefined) throw taken();
      const bundle = await unpackVerified(archive, await this.#root(), 'the bundle').catch((error: unknown) => {
        throw refused(error);
      });
      try {
        const { digest } = bundle.manifest;
        if (bundle.manifest.name !== name) {
          throw new RequestError(422, `the bundle is a model called ${bundle.manifest.name}, the path says ${name}`);
        }
        // It came as a folder when the server started, so its archive is not known.
        if (there?.version.servable.digest === digest) return { ...this.#put(name, version), isNew: false };
        if (there) throw taken();
        const model = await loadBundleModel(bundle, version).catch((error: unknown) => {
          throw refused(error);
        });
        await this.#keep(model, bundle.directory, hash);
        return { ...this.#put(name, version), isNew: true };
      } finally {
        await rm(bundle.directory, { recursive: true, force: true });
      }
    });
  }

  /**
   * Divides the traffic of a model anew, at once.
   * @param shares per cent, 100 in all; versions that are not named get nothing
   * @throws RequestError 404 for a version that is not there
   */
  setShares(name: string, shares: ReadonlyMap<string, number>): Promise<ModelState> {
    return this.#alone(async () => {
      const model = this.#model(name);
      for (const version of shares.keys()) if (!model.versions.has(version)) this.find(name, version);
      const next = this.#shares(model, shares);
      await this.#save(new Map([[name, next]]));
      model.shares = next;
      return this.#state(name);
    });
  }

  /**
   * Takes a version away, once nothing is in flight.
   * @throws RequestError 404 when it is not there, 409 while it has a share
   */
  remove(name: string, version: string): Promise<void> {
    return this.#alone(async () => {
      const model = this.#model(name);
      this.find(name, version);
      const share = model.shares.of(version);
      if (share > 0)
        throw new RequestError(
          409,
          `version ${version} of ${name} has ${share} % of the traffic; give it to another one first`,
        );
      const held = model.versions.get(version)!;
      model.versions.delete(version);
      try {
        await this.#save();
      } catch (error) {
        model.versions.set(version, held);
        throw error;
      }
      await this.#end(held);
      if (held.directory !== undefined) await rm(held.directory, { recursive: true, force: true });
    });
  }

  /** Waits for what is in flight and frees everything. */
  async close(): Promise<void> {
    await this.#last.catch(() => {});
    const held = [...this.#models.values()].flatMap(({ versions }) => [...versions.values()]);
    this.#models.clear();
    await Promise.all(held.map((one) => this.#end(one)));
    if (this.#temporary) await rm(await this.#temporary, { recursive: true, force: true });
  }

  /** Where versions lie that the admin API brings. */
  async #root(): Promise<string> {
    return this.#options.directory ?? this.#scratch();
  }

  /** A folder that ends with the server. Made when it is needed: the file system may be read-only. */
  #scratch(): Promise<string> {
    this.#temporary ??= mkdtemp(join(tmpdir(), 'mlops-server-'));
    return this.#temporary;
  }

  async #restore(): Promise<void> {
    const { start, log, directory } = this.#options;
    const saved = directory === undefined ? NOTHING : await this.#readDirectory(directory);
    const fresh = new Map<string, string>();
    for (const item of start) {
      const { model, archive } = await loadStartModel(item, () => this.#scratch());
      const { name, version, digest } = model.servable;
      const there = this.#models.get(name)?.versions.get(version)?.version.servable.digest;
      if (there !== undefined && there !== digest) {
        throw new UserError(
          `MLOPS_SERVER_BUNDLE: ${item} is version ${version} of ${name}, but another bundle has that name already`,
        );
      }
      if (there !== undefined) {
        await model.scorer.release();
        continue;
      }
      this.#hold(model, archive === undefined ? {} : { archive }, new Date().toISOString());
      const isKnown = saved.models.some(
        (known) => known.name === name && known.shares.some((share) => share.version === version),
      );
      if (!isKnown && !fresh.has(name)) fresh.set(name, version);
    }
    for (const [name, model] of this.#models) {
      const before = new Map(
        saved.models.find((known) => known.name === name)?.shares.map(({ version, share }) => [version, share]),
      );
      const left = withoutAbsent(before, (version) => model.versions.has(version));
      if (left.size < before.size) log(`Some versions of ${name} are gone; the others share its traffic.`);
      // Whoever starts the server with a new bundle wants it served.
      const version = fresh.get(name);
      model.shares = this.#shares(model, version === undefined ? left : new Map([[version, 100]]));
      if (!model.shares.main()) log(`No version of ${name} has a share of the traffic: set the shares with the admin API.`);
    }
    if (directory !== undefined && this.#models.size > 0) await this.#save();
  }

  /** Loads what the admin API brought in an earlier life. */
  async #readDirectory(directory: string): Promise<SavedState> {
    let entries: readonly string[];
    try {
      await mkdir(directory, { recursive: true });
      entries = await readdir(directory);
    } catch (error) {
      throw new UserError(`MLOPS_SERVER_MODELS: ${directory} cannot be used (${messageOf(error)})`, { cause: error });
    }
    for (const entry of entries) {
      if (entry.startsWith(INCOMING)) await rm(join(directory, entry), { recursive: true, force: true });
    }
    const saved = await readState(directory);
    for (const { name, versions } of saved.models) {
      for (const { version, archive, loadedAt } of versions) {
        const folder = join(directory, name, version);
        try {
          const model = await loadBundleModel(await readBundle(folder, `the bundle ${folder}`), version);
          this.#hold(model, { archive, directory: folder }, loadedAt);
        } catch (error) {
          this.#options.log(`Version ${version} of ${name} is not served: ${messageOf(error)}`);
        }
      }
    }
    return saved;
  }

  /** Moves a loaded bundle to its place and serves it. */
  async #keep(model: LoadedModel, incoming: string, archive: string): Promise<void> {
    const { name, version } = model.servable;
    const root = await this.#root();
    const folder = join(root, name, version);
    await mkdir(join(root, name), { recursive: true });
    // What a crash may have left, which no state names.
    await rm(folder, { recursive: true, force: true });
    await rename(incoming, folder);
    const isFirst = (this.#models.get(name)?.versions.size ?? 0) === 0;
    this.#hold(
      { ...model, file: join(folder, basename(model.file)) },
      { archive, directory: folder },
      new Date().toISOString(),
    );
    const held = this.#models.get(name)!;
    const shares = isFirst ? new Map([[version, 100]]) : new Map([...held.shares.entries(), [version, 0] as const]);
    const next = this.#shares(held, shares);
    try {
      await this.#save(new Map([[name, next]]));
    } catch (error) {
      const added = held.versions.get(version)!;
      held.versions.delete(version);
      if (isFirst) this.#models.delete(name);
      await this.#end(added);
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    held.shares = next;
  }

  #hold(model: LoadedModel, origin: Omit<Held, 'version'>, loadedAt: string): void {
    const { name, version } = model.servable;
    const held = this.#models.get(name) ?? { name, versions: new Map(), shares: new Shares<Version>(new Map(), new Map()) };
    this.#models.set(name, held);
    const collector = this.#options.traffic?.collector(model.servable);
    held.versions.set(version, { ...origin, version: new Version(model, collector, loadedAt) });
  }

  async #end({ version }: Held): Promise<void> {
    await version.end();
    if (version.collector) this.#options.traffic?.endCollector(version.collector);
    this.#options.pool.drop(version);
  }

  #shares(model: Model, shares: ReadonlyMap<string, number>): Shares<Version> {
    return new Shares(shares, new Map([...model.versions].map(([name, { version }]) => [name, version])));
  }

  #model(name: string | undefined): Model {
    const [only] = this.#models.size === 1 ? this.#models.values() : [];
    const model = name === undefined ? only : this.#models.get(name);
    if (model) return model;
    if (this.#models.size === 0) throw new RequestError(503, 'no model is served yet');
    const names = [...this.#models.keys()].join(', ');
    throw name === undefined
      ? new RequestError(404, `several models are served, so the path must name one: /models/<name>/...; there are ${names}`)
      : new RequestError(404, `there is no model ${quote(name)}; there are ${names}`);
  }

  #state(name: string): ModelState {
    const { versions, shares } = this.#models.get(name)!;
    return {
      name,
      versions: [...versions.values()].map(({ version }) => ({
        version: version.servable.version,
        digest: version.servable.digest,
        share: shares.of(version.servable.version),
        loadedAt: version.loadedAt,
      })),
    };
  }

  #put(name: string, version: string): PutResponse {
    const { digest, share } = this.#state(name).versions.find((state) => state.version === version)!;
    return { name, version, digest, share };
  }

  /** @param changed shares that are about to count */
  async #save(changed: ReadonlyMap<string, Shares<Version>> = new Map()): Promise<void> {
    const models = [...this.#models].map(([name, { versions, shares }]): SavedModel => {
      const kept = [...versions].filter(([, { directory }]) => directory !== undefined);
      return {
        name,
        // Also those of 0: a version that is known here is none that the server is started with for the first time.
        shares: [...versions.keys()].map((version) => ({ version, share: (changed.get(name) ?? shares).of(version) })),
        versions: kept.map(([version, held]) => ({ version, archive: held.archive!, loadedAt: held.version.loadedAt })),
      };
    });
    await writeState(await this.#root(), { format: 1, models });
  }

  /** One change at a time. */
  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** What is wrong with a bundle is a mistake of whoever sent it. */
function refused(error: unknown): unknown {
  return error instanceof UserError ? new RequestError(422, error.message, { cause: error }) : error;
}
