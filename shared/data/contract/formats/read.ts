import { readFile, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { type Location, messageOf, UserError } from '../../../core/errors.js';
import { readYaml } from '../../../spec/document.js';
import { readGreatExpectations } from './great-expectations.js';
import type { ImportedContract } from './imported-rule.js';
import { Part } from './part.js';

/** Contracts are written by hand or by a tool from one table; a thousand columns take 2 MB. */
const LARGEST_BYTES = 16 * 1024 * 1024;

export interface ContractFile {
  /** As the spec has it, relative to `directory`. */
  readonly path: string;
  readonly directory: string;
  /** The directory that it cannot leave, and that places are shown from. */
  readonly workspace: string;
  /** Where the spec names it. */
  readonly location: Location;
}

/**
 * Reads a contract of another tool: a Great Expectations suite.
 * @throws UserError for a file that cannot be read or is none of these
 */
export async function readContractFile(file: ContractFile): Promise<ImportedContract> {
  const place = resolve(file.directory, file.path);
  const shown = relative(file.workspace, place).split(sep).join('/');
  const fail = (message: string): never => {
    throw new UserError({ message: `contract: ${file.path} ${message}`, location: file.location });
  };
  if (shown.startsWith('../') || shown === '..') fail(`leads out of the workspace ${file.workspace}`);
  const found = await stat(place).catch(() => undefined);
  if (!found) return fail(`is not in ${file.directory}; accepted: ${ACCEPTED}`);
  if (!found.isFile()) return fail(`is no file; accepted: ${ACCEPTED}`);
  if (found.size > LARGEST_BYTES) return fail('is larger than 16 MB; this is no contract');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(place));
  } catch (error) {
    return fail(`is not UTF-8 text (${messageOf(error)})`);
  }
  return parseContract(text, shown);
}

const ACCEPTED = 'a Great Expectations suite (JSON)';

/** The same of its text. @param shown the file's name in messages */
export function parseContract(text: string, shown: string): ImportedContract {
  const document = readYaml(text, shown);
  if (document.value === undefined || document.problems.length > 0) throw new UserError(document.problems);
  const contract = new Part(document);
  const isList = (key: string): boolean => Array.isArray(contract.get(key)?.value);
  if (isList('expectations')) return readGreatExpectations(contract, shown);
  const keys = contract.keys().slice(0, 5).join(', ');
  throw new UserError({
    message: `this is no contract that is known${keys ? ` (its keys: ${keys})` : ''}; accepted: ${ACCEPTED}`,
    location: { file: shown, line: 1 },
  });
}
