/**
 * The artifact with the log of one job of a study.
 * @param job 0 for the plan of the round, whose log holds everything that was known when it was made
 */
export function logArtifact(model: string, study: string, place: { round: number; job: number; attempt: number }): string {
  return `${studyPrefix(model, study)}-r${place.round}-j${place.job}-a${place.attempt}`;
}

/** The artifact with the report of a study and its whole log. */
export function reportArtifact(model: string, study: string, attempt: number): string {
  return `${studyPrefix(model, study)}-report-a${attempt}`;
}

/** Whether an artifact holds a log of the study. */
export function isLogArtifact(model: string, study: string, name: string): boolean {
  const prefix = studyPrefix(model, study);
  return name.startsWith(prefix) && /^-(r\d+-j\d+|report)-a\d+$/.test(name.slice(prefix.length));
}

function studyPrefix(model: string, study: string): string {
  return `${model}-study-${study}`;
}
