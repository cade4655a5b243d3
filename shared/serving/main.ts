import { messageOf, UserError } from '../core/errors.js';
import { toolVersion } from '../core/version.js';
import { readSettings } from './settings.js';

/** A token that is shorter can be guessed. */
const SHORT_TOKEN = 16;

/** The server as a process: settings from the environment, lines on the standard output, an end on SIGTERM or SIGINT. */
export async function runServer(): Promise<void> {
  // Deprecations inside of dependencies are nothing that a user of the server can mend.
  process.noDeprecation = true;
  // What comes up while it starts is told after the line with the address, which is the first one.
  const early: string[] = [];
  try {
    const settings = readSettings(process.env);
    const { startServer } = await import('./server.js');
    let say = (line: string): void => void early.push(line);
    const server = await startServer(settings, (line) => say(line));
    say = logLine;
    logLine(`mlops-actions server ${toolVersion()} listens on ${server.url}`);
    for (const line of early) logLine(line);
    if (settings.token === undefined) logLine('The admin API is off (no MLOPS_SERVER_TOKEN).');
    else if (settings.models === undefined)
      logLine('What the admin API brings is gone after a restart (no MLOPS_SERVER_MODELS).');
    if (settings.token !== undefined && settings.token.length < SHORT_TOKEN)
      logLine(`MLOPS_SERVER_TOKEN has fewer than ${SHORT_TOKEN} characters; take a longer one.`);
    let isEnding = false;
    const end = (signal: string): void => {
      // Whoever insists gets it.
      if (isEnding) process.exit(1);
      isEnding = true;
      logLine(`${signal}: finishing what is in flight`);
      server.close().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      );
    };
    process.on('SIGTERM', () => end('SIGTERM'));
    process.on('SIGINT', () => end('SIGINT'));
  } catch (error) {
    for (const line of early) logLine(line);
    fail(error);
  }
}

function fail(error: unknown): never {
  const isMistake = error instanceof UserError;
  process.stderr.write(
    isMistake
      ? `${messageOf(error)}\n`
      : `This is a bug in mlops-actions: ${error instanceof Error ? error.stack : messageOf(error)}\n`,
  );
  process.exit(1);
}

/** Control characters of names and paths cannot make lines of their own. */
function logLine(line: string): void {
  process.stdout.write(`${line.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}\n`);
}
