import { setTimeout } from 'node:timers/promises';
import { messageOf, UserError } from '../../core/errors.js';
import { formatCount, formatDuration } from '../../core/format.js';
import { askPredictions, type Comparison, compareAnswers, comparisonText } from '../answers.js';
import type { GoldenRows } from '../golden-rows.js';
import { checkLatency, histogramQuantile, type LatencyGate } from '../latency.js';
import { isOpen, type Sender } from '../sender.js';
import { allRows, modelPath, versionPath } from '../smoke.js';
import type { Candidate, Check, Plan, Rollback, Step, Target } from '../target.js';
import type { AdminClient, Archive } from './admin-client.js';
import { counted, countersOf, readMetrics, refusesMore, type VersionCounters } from './counters.js';
import { mainVersion, type Shares, sameShares, sharesOf, sharesText, without, withShare } from './shares.js';

export interface ServiceOptions {
  readonly candidate: Candidate;
  readonly address: string;
  readonly send: Sender;
  readonly admin: AdminClient;
  /** The packed bundle; made when it is needed. */
  readonly archive: () => Promise<Archive>;
  readonly golden: () => Promise<GoldenRows>;
  readonly gates: readonly LatencyGate[];
  /** Per cent of the traffic, step by step; the last is 100. */
  readonly canary: readonly number[];
  /** How long each step but the last is watched, in milliseconds. */
  readonly watchMs: number;
  /** Ends the watching: the job was cancelled. */
  readonly signal?: AbortSignal;
}

/** A request a golden row in a step with traffic, so that the canary's share of them reaches the new version. */
const LIVE_ROWS = 20;

/** Requests that the live latency is measured with; a stop of the machine may spoil a measurement, so there are up to three. */
const LATENCY_REQUESTS = 100;
const LATENCY_TRIES = 3;

const LONGEST_PAUSE_MS = 5000;

/**
 * A model server that runs somewhere, filled and switched by its admin API. The new version is loaded without traffic and
 * asked by its own path; then it gets its shares step by step. The old version stays loaded throughout, so going back is
 * one request.
 */
export class ServiceTarget implements Target {
  readonly kind = 'service';
  readonly #options: ServiceOptions;
  /** How the traffic is divided without the new version: what a rollback restores. */
  #baseline: Shares = {};
  /** What this rollout has last set; anything else is somebody else's. */
  #expected: Shares = {};
  #before = new Map<string, VersionCounters>();
  #loadedBefore: readonly string[] = [];
  /** The server has the version by this rollout's doing. */
  #brought = false;
  #interrupted = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  url(): string {
    return this.#options.address;
  }

  async plan(): Promise<Plan> {
    const { admin, candidate, address, canary, watchMs, send } = this.#options;
    const { model, version, digest } = candidate;
    const state = await admin.model(model);
    const shares = sharesOf(state);
    this.#loadedBefore = (state?.versions ?? []).map((loaded) => loaded.version);
    const same = state?.versions.find((loaded) => loaded.version === version);
    if (same && same.digest !== digest)
      throw new UserError(
        `${address} has another model as ${model} ${version} (${same.digest}, not ${digest}): it was filled by another repository, or by ` +
          'hand. Take that version away there, or deploy another.',
      );
    // What a rollout that died has left of the new version is no state to go back to.
    this.#baseline = without(shares, version);
    this.#expected = shares;
    const old = mainVersion(this.#baseline);
    const unchanged = sameShares(shares, { [version]: 100 });
    // Before anything is loaded: a rollout that nobody can watch is none.
    if (!unchanged) await readMetrics(send, address);
    const live = unchanged ? version : old;
    const liveDigest = state?.versions.find((loaded) => loaded.version === live)?.digest;
    const watch = watchMs > 0 ? `, each watched for ${formatDuration(watchMs / 1000)}` : '';
    return {
      ...(live !== undefined && { live: { version: live, ...(liveDigest !== undefined && { digest: liveDigest }) } }),
      unchanged,
      url: address,
      steps: unchanged
        ? []
        : old === undefined
          ? [`load ${version}, which gets all of the traffic at once: it is the first version there`]
          : [
              `load ${version} without traffic`,
              `give it ${canary.join(' %, ')} % of the traffic${watch}`,
              `keep ${old} loaded`,
            ],
      notices: isOpen(address) ? [`${address} is plain http: the token of the service can be read on the way. Use https.`] : [],
    };
  }

  async *apply(): AsyncIterable<Step> {
    const { admin, candidate, canary } = this.#options;
    const { model, version, digest } = candidate;
    const archive = await this.#options.archive();
    const brought = await admin.bring(model, version, archive);
    this.#brought = brought.created;
    if (brought.digest !== digest) throw new UserError(`the server loaded ${brought.digest} as ${version}, and not ${digest}`);
    if (mainVersion(this.#baseline) === undefined) {
      // The server gives a first version all of the traffic by itself.
      this.#expected = { [version]: 100 };
      if (brought.share !== 100) await admin.divide(model, this.#expected);
      await this.#look();
      yield { name: 'loaded, with all of the traffic', share: 100 };
      return;
    }
    // A rollout that died may have left the version with a share.
    await this.#divide(this.#baseline);
    await this.#look();
    yield { name: 'loaded, without traffic', share: 0 };
    for (const share of canary) {
      await this.#assertUntouched();
      await this.#look();
      await this.#divide(withShare(this.#baseline, version, share));
      yield { name: `${share} % of the traffic`, share };
    }
    await this.#tidy();
  }

  async verify({ share = 0 }: Step): Promise<readonly Check[]> {
    const { candidate, send, address, golden: draw, gates, watchMs } = this.#options;
    const golden = await draw();
    const rows = allRows(golden);
    const own = compareAnswers(golden, await askPredictions(send, versionPath(candidate), golden, rows), rows);
    const checks: Check[] = [{ name: 'golden rows', ok: own.wrong === 0, detail: comparisonText(own) }];
    if (own.wrong > 0) return checks;
    const isFirst = mainVersion(this.#baseline) === undefined;
    if ((share === 0 || isFirst) && gates.length > 0) checks.push(...(await this.#latency(golden)));
    if (share > 0) checks.push(...(await this.#live(golden, share)));
    if (share > 0 && checks.every(({ ok }) => ok)) {
      if (share < 100) checks.push(await this.#watch(watchMs));
      else checks.push(await this.#errors(await readMetrics(send, address)));
    }
    return checks;
  }

  async rollback(): Promise<Rollback> {
    const { admin, candidate, address } = this.#options;
    const { model, version } = candidate;
    const old = mainVersion(this.#baseline);
    const to = old === undefined ? {} : { to: old };
    try {
      if (this.#interrupted) {
        const state = sharesOf(await admin.model(model));
        return {
          ...to,
          complete: false,
          note: `another job has divided the traffic (${sharesText(state)}), which stays as it is`,
        };
      }
      if (old === undefined) {
        if (this.#loadedBefore.includes(version))
          return { complete: false, note: `${version} had the traffic before this run, alone, and keeps it` };
        if (!this.#brought || (await admin.remove(model, version))) return { complete: true };
        const note = `${version} is the only version on ${address}, which cannot serve none: it keeps the traffic until the server is stopped or another version is deployed`;
        return { complete: false, note };
      }
      if (!sameShares(sharesOf(await admin.model(model)), this.#baseline)) await admin.divide(model, this.#baseline);
      // What was loaded before this rollout was somebody's to load.
      if (this.#brought) await admin.remove(model, version);
      return { ...to, complete: true };
    } catch (error) {
      return {
        ...to,
        complete: false,
        note: `the old shares (${sharesText(this.#baseline)}) could not be put back: ${messageOf(error)}`,
      };
    }
  }

  async #divide(shares: Shares): Promise<void> {
    const { admin, candidate } = this.#options;
    if (sameShares(shares, this.#expected)) return;
    const state = await admin.divide(candidate.model, shares);
    this.#expected = sharesOf(state);
    if (!sameShares(this.#expected, shares))
      throw new UserError(`the server divides the traffic as ${sharesText(this.#expected)}, and not as ${sharesText(shares)}`);
  }

  /** Two jobs that divide the traffic at the same time would undo each other's steps. */
  async #assertUntouched(): Promise<void> {
    const { admin, candidate } = this.#options;
    const found = sharesOf(await admin.model(candidate.model));
    if (sameShares(found, this.#expected)) return;
    this.#interrupted = true;
    throw new UserError(
      `another job has divided the traffic during this rollout (${sharesText(found)}, not ${sharesText(this.#expected)}): ` +
        'give both workflows one "concurrency:" group',
    );
  }

  /** Remembers what is counted by now, of the new version and of the one that it is held against. */
  async #look(): Promise<void> {
    const { send, address, candidate } = this.#options;
    const samples = await readMetrics(send, address);
    for (const version of [candidate.version, mainVersion(this.#baseline)]) {
      if (version !== undefined) this.#before.set(version, countersOf(samples, candidate.model, version));
    }
  }

  /** The path that traffic takes, a request a row: what the new version answers there is right, and everything is answered. */
  async #live(golden: GoldenRows, share: number): Promise<readonly Check[]> {
    const { candidate, send } = this.#options;
    const rows = allRows(golden).slice(0, LIVE_ROWS);
    let own = 0;
    let worst: Comparison | undefined;
    for (const row of rows) {
      const answers = await askPredictions(send, modelPath(candidate), golden, [row]);
      if (answers.version !== candidate.version) continue;
      own++;
      const comparison = compareAnswers(golden, answers, [row]);
      if (!worst || comparison.worst > worst.worst || comparison.wrong > worst.wrong) worst = comparison;
    }
    const name = 'live address';
    if (worst && worst.wrong > 0) return [{ name, ok: false, detail: comparisonText(worst) }];
    const detail = `${rows.length} rows answered, ${own} of them by ${candidate.version}`;
    if (share === 100 && own < rows.length)
      return [{ name, ok: false, detail: `${detail}, which should have all of the traffic` }];
    return [{ name, ok: true, detail }];
  }

  /** The server's own measurement of golden rows, without the way to it: nobody else asks a version without traffic. */
  async #latency(golden: GoldenRows): Promise<readonly Check[]> {
    const { candidate, send, address, gates } = this.#options;
    let checks: readonly Check[] = [];
    for (let tried = 0; tried < LATENCY_TRIES; tried++) {
      const before = countersOf(await readMetrics(send, address), candidate.model, candidate.version);
      for (let request = 0; request < LATENCY_REQUESTS; request++)
        await askPredictions(send, versionPath(candidate), golden, [request % golden.rows.length]);
      const after = countersOf(await readMetrics(send, address), candidate.model, candidate.version);
      const p50 = histogramQuantile(before.seconds, after.seconds, 0.5);
      const p99 = histogramQuantile(before.seconds, after.seconds, 0.99);
      if (p50 === undefined || p99 === undefined) return [];
      checks = checkLatency(gates, { p50Ms: p50 * 1000, p99Ms: p99 * 1000 }, 'by the clock of the service');
      if (checks.every(({ ok }) => ok)) break;
    }
    return checks;
  }

  /** Watches the counters for a while; an error ends it at once. */
  async #watch(watchMs: number): Promise<Check> {
    const { send, address, signal } = this.#options;
    const end = performance.now() + watchMs;
    for (;;) {
      const check = await this.#errors(await readMetrics(send, address));
      const left = end - performance.now();
      if (!check.ok || left <= 0) return check;
      await this.#assertUntouched();
      await setTimeout(Math.min(left, LONGEST_PAUSE_MS), undefined, { ...(signal && { signal }) });
    }
  }

  async #errors(samples: Awaited<ReturnType<typeof readMetrics>>): Promise<Check> {
    const { candidate } = this.#options;
    const since = (version: string) => counted(this.#before.get(version)!, countersOf(samples, candidate.model, version));
    const own = since(candidate.version);
    const name = 'error counters';
    const of = `of ${formatCount(own.requests)} requests`;
    if (own.errors > 0)
      return { name, ok: false, detail: `${candidate.version} failed at ${formatCount(own.errors)} ${of} (5xx)` };
    const old = mainVersion(this.#baseline);
    const other = old === undefined ? undefined : since(old);
    if (other && refusesMore(own, other)) {
      const theirs = `${old} ${formatCount(other.refused)} of ${formatCount(other.requests)}`;
      return { name, ok: false, detail: `${candidate.version} refused ${formatCount(own.refused)} ${of} (4xx), ${theirs}` };
    }
    return { name, ok: true, detail: `no error in ${formatCount(own.requests)} requests of ${candidate.version}` };
  }

  /** Keeps the new version and the one before it, which a rollback needs; what else had no traffic before goes. */
  async #tidy(): Promise<void> {
    const { admin, candidate } = this.#options;
    const kept = new Set([candidate.version, ...Object.keys(this.#baseline)]);
    for (const version of this.#loadedBefore) {
      // What stays loaded without traffic does no harm, and the next rollout tries again: no reason to take this one back.
      if (!kept.has(version)) await admin.remove(candidate.model, version).catch(() => false);
    }
  }
}
