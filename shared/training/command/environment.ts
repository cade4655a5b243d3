/** What the action is told itself, and what lets a process speak for the job. */
const OURS = /^(INPUT_|ACTIONS_|STATE_)/;
const JOBS = new Set(['GITHUB_TOKEN', 'GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY']);

/**
 * The environment of a trainer: that of the step, without the inputs of the action, the job's tokens, and the files by
 * which a step changes later ones.
 */
export function environmentOfCommand(env: NodeJS.ProcessEnv, own: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !OURS.test(name) && !JOBS.has(name));
  return { ...Object.fromEntries(kept), ...own };
}

/** Names of variables that hold what nobody may read. */
const SECRET_NAME = /TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY/i;

/** Shorter values are words that stand everywhere. */
const SHORTEST_SECRET = 6;

/**
 * A function that writes `***` for every secret of an environment, told by the variables' names. The runner masks what it
 * knows as secret; this also covers what comes from elsewhere, and what does not go through the log.
 */
export function createMask(env: NodeJS.ProcessEnv): (text: string) => string {
  const secrets = Object.entries(env)
    .filter(([name]) => SECRET_NAME.test(name))
    .flatMap(([, value]) => (value ?? '').split(/\r?\n/))
    .map((value) => value.trim())
    .filter((value) => value.length >= SHORTEST_SECRET)
    // A secret that holds another one goes first.
    .sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}
