/**
 * The artifact with the log of one job of a study.
 * @param job 0 for the plan of the round, whose log holds everything that was known when it was made
 */
export function logArtifact(model: string, study: string, place: { round: number; job: number; attempt: number }): string {
  return `${studyPrefix(model, study)}-r${place.round}-j${place.job}-a${place.attempt}`;
}

/** The artifact with what a job has added to its log so far, for the case that it does not come to its end. */
export function partArtifact(log: string, part: number): string {
  return `${log}-p${part}`;
}

/** Of a log's name or of the name of one of its parts, the log's. */
export function wholeOf(name: string): string {
  return name.replace(/-p\d+$/, '');
}

/** The artifact with the report of a study and its whole log. */
export function reportArtifact(model: string, study: string, attempt: number): string {
  return `${studyPrefix(model, study)}-report-a${attempt}`;
}

/** Whether an artifact holds a log of the study. */
export function isLogArtifact(model: string, study: string, name: string): boolean {
  const prefix = studyPrefix(model, study);
  return name.startsWith(prefix) && name.slice(prefix.length).search(RESERVED) === 0;
}

/** How the names of a study's artifacts end; no study is called like that. */
export const RESERVED = /-(r\d+-j\d+|report)-a\d+(-p\d+)?$/;

function studyPrefix(model: string, study: string): string {
  return `${model}-study-${study}`;
}
