import type { DuckDBConnection } from '@duckdb/node-api';
import { type Location, messageOf, UserError } from '../core/errors.js';

/** Seconds that SQL of a spec may run. Ordinary expressions take less than one over millions of rows. */
export const SQL_SECONDS = 120;

/** SQL of a spec that ran for too long and was stopped; callers say where it stands. */
export class TimeLimitError extends Error {
  constructor(seconds: number) {
    super(`it ran for more than ${seconds} seconds and was stopped; write it more simply`);
    this.name = 'TimeLimitError';
  }
}

/**
 * Runs queries that hold SQL of a spec, and stops the connection's queries when they take too long.
 * @throws TimeLimitError, or what `work` throws
 */
export async function withTimeLimit<T>(
  connection: DuckDBConnection,
  work: () => Promise<T>,
  seconds: number = SQL_SECONDS,
): Promise<T> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connection.interrupt();
  }, seconds * 1000);
  try {
    return await work();
  } catch (error) {
    throw late ? new TimeLimitError(seconds) : error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Evaluates SQL of the spec under the time limit.
 * @throws UserError when it takes too long, or meets a value that it cannot take (a cast, a division)
 */
export async function evaluated<T>(
  sql: string,
  location: Location,
  connection: DuckDBConnection,
  seconds: number | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await withTimeLimit(connection, work, seconds);
  } catch (error) {
    const [reason = ''] = messageOf(error).split('\n');
    throw new UserError(
      { message: `SQL ${JSON.stringify(sql.trim())} fails on the data: ${reason}`, location },
      { cause: error },
    );
  }
}
