import { type Problem, UserError } from '../../shared/core/errors.js';
import type { LoadedSpec } from '../../shared/spec/load.js';

/**
 * Runs the training; mistakes that only the data show (a class that is not there, too few rows) begin with the key of the spec that
 * they are about, and get its place in the file.
 */
export async function atItsKey<Result>(locate: LoadedSpec['locate'], training: () => Promise<Result>): Promise<Result> {
  try {
    return await training();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const problems = error.problems.map((problem): Problem => {
      const key = /^(data|train)\.([a-z_]+)/.exec(problem.message);
      return problem.location || !key ? problem : { ...problem, location: locate([key[1]!, key[2]!]) };
    });
    throw new UserError(problems, { cause: error });
  }
}
