import { unitOf } from './arena.js';
import { COMMAND, NUMBER } from './commands.js';
import type { Crew } from './crew.js';

/** Computes the gradients of a round, in units that hold every sum of them exactly. */
export class Gradients {
  readonly #crew: Crew;
  #round = 0;

  constructor(crew: Crew) {
    this.#crew = crew;
  }

  update(): void {
    const { arena } = this.#crew;
    if (this.#round++ === 0 || this.#crew.loss.limitsChange) {
      this.#crew.run(COMMAND.limits, []);
      const [gradient, hessian] = [0, 1].map((which) => {
        let most = 0;
        for (let shard = 0; shard < arena.shape.shards; shard++)
          most = Math.max(most, arena.numbers[NUMBER.limits + 2 * shard + which]!);
        return unitOf(most, arena.shape.rows);
      });
      arena.numbers[NUMBER.gradientUnit] = gradient!;
      arena.numbers[NUMBER.hessianUnit] = hessian!;
    }
    this.#crew.run(COMMAND.gradients, []);
  }
}
