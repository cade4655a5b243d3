import { setTimeout } from 'node:timers/promises';
import { messageOf, UserError } from '../../core/errors.js';
import { formatDuration } from '../../core/format.js';
import type { Progress } from '../../core/progress.js';
import { parseMetrics } from '../../core/prometheus.js';
import { askPredictions, compareAnswers, comparisonText } from '../answers.js';
import type { GoldenRows } from '../golden-rows.js';
import { unifiedDiff } from '../manifest-diff.js';
import { httpSender, type Sender } from '../sender.js';
import { allRows, modelPath } from '../smoke.js';
import type { Candidate, Check, Plan, Rollback, Step, Target, TargetKind } from '../target.js';
import type { Cluster } from './cluster.js';
import {
  ANNOTATIONS,
  appliedManifest,
  comparable,
  type LiveObject,
  type Manifest,
  objectTitle,
  toYaml,
  withApplied,
} from './objects.js';
import { podTrouble, type RolloutStatus, schedulingTrouble } from './rollout-status.js';

/** What differs between the kinds of cluster targets. */
export interface ClusterKind {
  readonly kind: TargetKind;
  /** In the order in which they are applied; the main one, whose rollout is waited for, is among them. */
  readonly manifests: readonly Manifest[];
  readonly main: Manifest;
  readonly status: (live: LiveObject) => RolloutStatus & { readonly url?: string };
  readonly podLabels: Readonly<Record<string, string>>;
  /** The Service that reaches the model's pods, and its port. */
  readonly service: { readonly name: string; readonly port: string };
}

export interface ClusterTargetOptions {
  readonly candidate: Candidate;
  readonly namespace: string;
  /** `deploy.url`; without it the model is asked through the cluster's API. */
  readonly address?: string;
  readonly golden: () => Promise<GoldenRows>;
  /** How long a rollout may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly pollMs?: number;
  readonly progress: Progress;
  /** Ends the waiting: the job was cancelled. */
  readonly signal?: AbortSignal;
}

const POLL_MS = 2000;

/** A cluster may route to a new pod a moment after it is ready. */
const ASKING_TRIES = 5;

/**
 * Manifests in a cluster, applied on the server's side under one field manager, so that what others have set stays theirs.
 * Every object carries the manifest that it was applied from; a rollback applies that again, and removes what was not
 * there before.
 */
export class ClusterTarget implements Target {
  readonly kind: TargetKind;
  readonly #kind: ClusterKind;
  readonly #cluster: Cluster;
  readonly #options: ClusterTargetOptions;
  #before = new Map<string, LiveObject | undefined>();
  #applied: Manifest[] = [];
  #url: string | undefined;

  constructor(kind: ClusterKind, cluster: Cluster, options: ClusterTargetOptions) {
    this.kind = kind.kind;
    this.#kind = kind;
    this.#cluster = cluster;
    this.#options = options;
    this.#url = options.address;
  }

  url(): string | undefined {
    return this.#url;
  }

  async plan(): Promise<Plan> {
    const { manifests, main } = this.#kind;
    const { candidate, namespace } = this.#options;
    const notices: string[] = [];
    const diffs: string[] = [];
    let isChanged = false;
    for (const manifest of manifests) {
      const live = await this.#cluster.read(nameOf(manifest));
      this.#before.set(objectTitle(manifest), live);
      if (live && appliedManifest(live) === undefined)
        notices.push(
          `${objectTitle(manifest)} is there already and was not made by this action: a rollback leaves its fields as they then are.`,
        );
      const merged = await this.#cluster.apply(withApplied(manifest), { dryRun: true });
      const title = objectTitle(manifest);
      const diff = unifiedDiff(live ? toYaml([comparable(live)]) : '', toYaml([comparable(merged)]), `${title}.yaml`);
      if (diff !== '') diffs.push(diff);
      isChanged ||= !sameManifest(appliedManifest(live), manifest);
    }
    const live = this.#before.get(objectTitle(main));
    const version = live?.metadata?.annotations?.[ANNOTATIONS.version];
    const digest = live?.metadata?.annotations?.[ANNOTATIONS.digest];
    if (live) this.#url ??= this.#kind.status(live).url;
    const unchanged = !isChanged && live !== undefined && this.#kind.status(live).done && digest === candidate.digest;
    return {
      ...(version !== undefined && { live: { version, ...(digest !== undefined && { digest }) } }),
      unchanged,
      ...(this.#url !== undefined && { url: this.#url }),
      steps: unchanged
        ? []
        : [
            `apply ${manifests.map(objectTitle).join(', ')} in namespace ${namespace}`,
            `wait for ${objectTitle(main)}`,
            `ask for golden rows ${this.#options.address === undefined ? "through the cluster's API" : `at ${this.#options.address}`}`,
          ],
      manifests: toYaml(manifests),
      diff: diffs.join('\n'),
      notices,
    };
  }

  async *apply(): AsyncIterable<Step> {
    for (const manifest of this.#kind.manifests) {
      this.#applied.push(manifest);
      await this.#cluster.apply(withApplied(manifest));
    }
    await this.#wait(this.#kind.main, this.#options.candidate.version, this.#options.signal);
    yield { name: 'rolled out', share: 100 };
  }

  async verify(): Promise<readonly Check[]> {
    const { candidate, golden: draw } = this.#options;
    const golden = await draw();
    const rows = allRows(golden);
    const send = this.#sender();
    const answers = await retried(() => askPredictions(send, modelPath(candidate), golden, rows));
    const comparison = compareAnswers(golden, answers, rows);
    const checks: Check[] = [{ name: 'golden rows', ok: comparison.wrong === 0, detail: comparisonText(comparison) }];
    const digest = await this.#digest(send);
    if (digest !== undefined)
      checks.push({ name: 'digest', ok: digest === candidate.digest, detail: `the pods serve ${digest}` });
    return checks;
  }

  async rollback(): Promise<Rollback> {
    const version = this.#before.get(objectTitle(this.#kind.main))?.metadata?.annotations?.[ANNOTATIONS.version];
    const to = version === undefined ? {} : { to: version };
    const troubles: string[] = [];
    const attempt = async (work: () => Promise<unknown>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        troubles.push(messageOf(error));
      }
    };
    for (const manifest of this.#applied.toReversed()) {
      const live = this.#before.get(objectTitle(manifest));
      const previous = appliedManifest(live);
      if (previous) await attempt(() => this.#cluster.apply(withApplied(previous)));
      else if (!live) await attempt(() => this.#cluster.remove(nameOf(manifest)));
      else troubles.push(`${objectTitle(manifest)} was there before and not made by this action, so it stays as it is now`);
    }
    const main = appliedManifest(this.#before.get(objectTitle(this.#kind.main)));
    // The old pods were never taken away, so this is quick.
    if (main && troubles.length === 0) await attempt(() => this.#wait(main, version ?? ''));
    return { ...to, complete: troubles.length === 0, ...(troubles.length > 0 && { note: troubles.join('; ') }) };
  }

  #sender(): Sender {
    const { address, namespace } = this.#options;
    if (address !== undefined) return httpSender(address);
    return this.#cluster.service(namespace, this.#kind.service.name, this.#kind.service.port);
  }

  /** What the pod that answers says that it serves; undefined when its metrics are not to be had. */
  async #digest(send: Sender): Promise<string | undefined> {
    const answer = await send({ method: 'GET', path: '/metrics' }).catch(() => undefined);
    if (answer?.status !== 200) return undefined;
    return parseMetrics(answer.text).find(
      ({ name, labels, value }) => name === 'mlops_model_info' && labels.model === this.#options.candidate.model && value === 1,
    )?.labels.digest;
  }

  async #wait(main: Manifest, version: string, signal?: AbortSignal): Promise<void> {
    const { timeoutMs, pollMs = POLL_MS, progress, namespace } = this.#options;
    const end = performance.now() + timeoutMs;
    let said = '';
    for (;;) {
      const live = await this.#cluster.read(nameOf(main));
      if (!live) throw new UserError(`${objectTitle(main)} is gone: somebody removed it during the rollout`);
      const status = this.#kind.status(live);
      this.#url ??= status.url;
      if (status.progress !== said) progress(`${objectTitle(main)}: ${status.progress}`);
      said = status.progress;
      if (status.done) return;
      const pods = await this.#cluster.pods(namespace, this.#kind.podLabels).catch(() => []);
      const trouble = podTrouble(pods, version) ?? status.failed;
      if (trouble) throw new UserError(`${objectTitle(main)} does not roll out: ${trouble}`);
      if (performance.now() >= end) {
        const why = schedulingTrouble(pods);
        throw new UserError(
          `${objectTitle(main)} was not rolled out within ${formatDuration(timeoutMs / 1000)} (${status.progress}${why ? `; ${why}` : ''})`,
        );
      }
      await setTimeout(pollMs, undefined, { ...(signal && { signal }) });
    }
  }
}

function nameOf({ apiVersion, kind, metadata: { name, namespace } }: Manifest): {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
} {
  return { apiVersion, kind, metadata: { name, namespace } };
}

function sameManifest(a: Manifest | undefined, b: Manifest): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await ask();
    } catch (error) {
      if (tried === ASKING_TRIES) throw error;
      await setTimeout(200 * 2 ** tried);
    }
  }
}
