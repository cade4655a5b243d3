import type { DuckDBConnection } from '@duckdb/node-api';
import { type Location, messageOf, UserError } from '../core/errors.js';
import { withTimeLimit } from './time-limit.js';

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
