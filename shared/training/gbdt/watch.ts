import { COMMAND } from './commands.js';
import type { Crew } from './crew.js';
import { metricOf } from './loss.js';

/** Follows the metric on the validation rows. */
export class Watch {
  readonly curve: { step: number; value: number }[] = [];
  /** How many rounds give the best value so far. */
  bestRound = 0;
  readonly #crew: Crew;
  readonly #weight: number;
  #best = Number.POSITIVE_INFINITY;

  constructor(crew: Crew, weights: Float64Array | undefined) {
    this.#crew = crew;
    this.#weight = weights ? weights.reduce((sum, weight) => sum + weight, 0) : crew.arena.shape.heldOut;
  }

  /** The metric after another round. */
  look(): number {
    this.#crew.run(COMMAND.losses, []);
    const sum = this.#crew.arena.losses.reduce((total, own) => total + own, 0);
    const value = metricOf(this.#crew.loss, sum, this.#weight);
    this.curve.push({ step: this.curve.length + 1, value });
    if (value < this.#best) {
      this.#best = value;
      this.bestRound = this.curve.length;
    }
    return value;
  }

  isOver(patience: number): boolean {
    return patience > 0 && this.curve.length - this.bestRound >= patience;
  }
}
