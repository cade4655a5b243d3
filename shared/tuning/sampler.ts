import type { Better } from '../spec/metrics.js';
import type { ParamSet, SearchSpace } from './space.js';

/** A trial as a sampler sees it. */
export interface Observation {
  readonly params: ParamSet;
  /** Undefined: failed. */
  readonly value?: number;
  /** Proposed, with no result yet. */
  readonly pending?: boolean;
}

/** What a sampler may look at. */
export interface SamplerInput {
  readonly space: SearchSpace;
  readonly seed: number;
  /** Which values of the metric are better. */
  readonly better: Better;
  /** In the order of the trials' numbers, so that the same study gives the same proposal. */
  readonly history: readonly Observation[];
}

/** Chooses the point of a trial. */
export interface Sampler {
  /**
   * The same input, number and attempt give the same point.
   * @param number the trial's number, from 1
   * @param attempt from 0; above it, the points of the attempts before have been tried already
   * @returns undefined when it has no further point
   */
  propose(input: SamplerInput, number: number, attempt: number): ParamSet | undefined;
}
