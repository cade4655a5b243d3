/**
 * The names of a registry's tags, in GTO's grammar (`gto/constants.py`): `model@v1.2.0` registers a version,
 * `model#stage#3` assigns a stage. GTO also knows `!` at the end of either (taken back), `@deprecated` and `@created`,
 * a counter behind any of them, versions with pre-release and build parts, and names with a folder (`dir=model`).
 */
export interface TagName {
  readonly model: string;
  /** As it stands in the tag, with its `v`. */
  readonly version?: string;
  readonly stage?: string;
  /** With `!`: a registration or an assignment is taken back. */
  readonly cancels: boolean;
  readonly counter?: number;
}

const WORD = '[a-zA-Z0-9](?:[a-zA-Z0-9/_-]*[a-zA-Z0-9])?';
const FOLDER = '[a-zA-Z0-9_./-]+';
const NUMBER = '(?:0|[1-9]\\d*)';
const IDENTIFIER = `(?:${NUMBER}|\\d*[a-zA-Z-][0-9a-zA-Z-]*)`;
const BUILD = '[0-9a-zA-Z-]+';
const SEMVER = `${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${IDENTIFIER}(?:\\.${IDENTIFIER})*)?(?:\\+${BUILD}(?:\\.${BUILD})*)?`;
const TAG = new RegExp(
  `^(?<model>(?:${FOLDER}=)?${WORD})(?:(?:#(?<stage>${WORD})|@(?<version>v${SEMVER}))(?<cancel>!?)|@(?:deprecated|created))(?:#(?<counter>\\d+))?$`,
);
const STAGE = new RegExp(`^${WORD}$`);

/** Reads a tag's name; undefined when it is not in the grammar. */
export function parseTagName(name: string): TagName | undefined {
  const groups = TAG.exec(name)?.groups;
  if (!groups?.model) return undefined;
  return {
    model: groups.model,
    ...(groups.version !== undefined && { version: groups.version }),
    ...(groups.stage !== undefined && { stage: groups.stage }),
    cancels: groups.cancel === '!',
    ...(groups.counter !== undefined && { counter: Number(groups.counter) }),
  };
}

/** Whether a stage may have this name. */
export function isStageName(name: string): boolean {
  return STAGE.test(name);
}

/** `flight-delay@v1.2.0`. */
export function versionTag(model: string, version: string): string {
  return `${model}@${version}`;
}

/** `flight-delay#production#3`. */
export function stageTag(model: string, stage: string, counter: number): string {
  return `${model}#${stage}#${counter}`;
}
