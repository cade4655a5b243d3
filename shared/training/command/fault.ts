import { formatDuration } from '../../core/format.js';
import type { CommandEnd } from './run-command.js';

/**
 * Why a command did not end well, in one line; undefined when it did.
 * @param limit the key that limits its time, and the time, for people
 */
export function faultOf({ reason, code, signal, seconds, lastLines }: CommandEnd, limit: string): string | undefined {
  const after = `after ${formatDuration(seconds)}`;
  if (reason === 'cancelled') return `was cancelled ${after}, and its processes have been ended`;
  const said = lastLines.length === 0 ? 'it printed nothing' : `its last lines: ${lastWords(lastLines)}`;
  if (reason === 'timeout')
    return `took longer than ${limit} and has been ended with all its processes; make it faster or raise the limit; ${said}`;
  if (code === 0) return undefined;
  const how =
    code === null
      ? `was ended by ${signal}${signal === 'SIGKILL' ? ' (out of memory?)' : ''}`
      : `ended with exit status ${code}`;
  return `${how} ${after}; ${said}`;
}

const SHOWN_CHARACTERS = 600;

function lastWords(lines: readonly string[]): string {
  const words = lines.slice(-5).join(' | ').trim();
  return words.length > SHOWN_CHARACTERS ? `…${words.slice(-SHOWN_CHARACTERS)}` : words;
}
