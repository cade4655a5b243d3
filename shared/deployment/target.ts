/** Where versions go. */
export const TARGETS = ['service', 'kubernetes', 'kserve', 'batch'] as const;
export type TargetKind = (typeof TARGETS)[number];

/** What is to be deployed. */
export interface Candidate {
  readonly model: string;
  /** `v1.2.0`. */
  readonly version: string;
  /** `sha256:<hex>`, of the manifest. */
  readonly digest: string;
}

/** Something that was looked at, and what was found. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** One line: what was found, and what was expected where it is not that. */
  readonly detail: string;
}

/** A state of the rollout, after which it is looked at how things are. */
export interface Step {
  /** `5 % of the traffic`, `rolled out`. */
  readonly name: string;
  /** Per cent of the traffic that the new version gets from here on, where the target divides it. */
  readonly share?: number;
}

/** What a deployment would do. Making it changes nothing anywhere. */
export interface Plan {
  /** What is live now; undefined when nothing is, or when nobody can tell. */
  readonly live?: { readonly version: string; readonly digest?: string };
  /** The version is live already, and alone: there is nothing to do. */
  readonly unchanged: boolean;
  /** Where the model answers, where that is known before. */
  readonly url?: string;
  /** What will be done, in order, a line each. */
  readonly steps: readonly string[];
  /** YAML of what will be applied, for targets that apply manifests. */
  readonly manifests?: string;
  /** How that differs from what is live, as a unified diff; empty when it does not; undefined when it cannot be read. */
  readonly diff?: string;
  /** What a user should know. */
  readonly notices: readonly string[];
}

/** How going back went. */
export interface Rollback {
  /** The version that is live again; undefined when none was before. */
  readonly to?: string;
  /** Whether everything is as it was before the rollout. */
  readonly complete: boolean;
  /** What is left to do by hand, or what was done. */
  readonly note?: string;
}

/**
 * A place that versions are rolled out to. The rollout (rollout.ts) calls in this order: `plan`; then `apply`, whose every
 * step is followed by `verify`; and `rollback` as soon as either fails. All errors that a user can mend are UserErrors.
 */
export interface Target {
  readonly kind: TargetKind;
  /** Looks at what is live. @throws UserError when the place cannot be reached or would refuse */
  plan(): Promise<Plan>;
  /**
   * Rolls the version out, a step at a time. What comes after the last step (tidying up) happens when that one has been
   * verified as well.
   */
  apply(): AsyncIterable<Step>;
  /** Whether all is well in the present step. A check that is not `ok` ends the rollout. */
  verify(step: Step): Promise<readonly Check[]>;
  /** Puts back what was live before `apply`, as far as that began. Throws nothing: what cannot be put back is told. */
  rollback(): Promise<Rollback>;
  /** Where the model answers, as far as that is known by now. */
  url(): string | undefined;
  /** The files that a finished rollout has left, for targets that write files: all below one folder. */
  output?(): { readonly folder: string; readonly files: readonly string[] };
}
