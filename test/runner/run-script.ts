import { randomUUID } from 'node:crypto';
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { applyFileCommands } from './command-effects.js';
import { CommandFiles } from './file-commands.js';
import { type Frame, type JobContext, type StepOutcome, type StepSession, stepScope, templateText } from './job-context.js';
import { runProcess } from './process.js';
import { stepEnvironment } from './step-environment.js';
import type { StepSpec } from './workflow-spec.js';

/** How each shell of GitHub is called, and what its script files end in. */
const SHELLS: Readonly<Record<string, { readonly args: readonly string[]; readonly extension: string }>> = {
  bash: { args: ['--noprofile', '--norc', '-e', '-o', 'pipefail', '{0}'], extension: 'sh' },
  sh: { args: ['-e', '{0}'], extension: 'sh' },
  python: { args: ['{0}'], extension: 'py' },
  pwsh: { args: ['-command', ". '{0}'"], extension: 'ps1' },
};

/** Runs the script of a `run:` step. The script is written to a file as it is: no command line is put together from it. */
export async function runScript(
  job: JobContext,
  frame: Frame,
  step: StepSpec,
  own: Readonly<Record<string, string>>,
  session: StepSession,
): Promise<StepOutcome> {
  const scope = stepScope(job, frame, own);
  const script = step.run ? templateText(step.run, scope) : '';
  const defaults = frame.composite ? {} : job.defaults;
  const shellTemplate = step.shell ?? defaults.shell;
  const folderTemplate = step.workingDirectory ?? defaults.workingDirectory;
  const cwd = resolve(job.workspace, folderTemplate ? templateText(folderTemplate, scope) : '');
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError(`working-directory '${cwd}' does not exist`);

  const files = new CommandFiles(job.temp);
  const environment = stepEnvironment(job, frame, own, files.environment());
  const shell = shellTemplate ? templateText(shellTemplate, scope) : undefined;
  const { command, args, shown } = writeScript(job, script, shell, environment.PATH ?? '');
  session.output.print(`##[group]Run ${script.split('\n', 1)[0]}`);
  session.output.print(script.replace(/\n$/, ''));
  session.output.print(`shell: ${shown}`);
  for (const [name, value] of Object.entries(own)) session.output.print(`env: ${name}=${value}`);
  session.output.print('##[endgroup]');
  const said = session.output.startProcess();
  const onLine = (line: string): void => session.output.line(line);
  const result = await runProcess({ command, args, cwd, env: environment, onLine, signal: session.signal });
  if (result.leftover !== undefined) job.leftovers.push(result.leftover);
  const written = files.collect();
  const sound = applyFileCommands(job, session, written);
  if (result.exitCode !== 0 && !session.signal.aborted) {
    session.output.annotate('error', `Process completed with exit code ${result.exitCode}.`);
  }
  const succeeded = result.exitCode === 0 && sound && said.refused === undefined;
  return { outcome: succeeded ? 'success' : 'failure', outputs: { ...said.outputs, ...Object.fromEntries(written.outputs) } };
}

function writeScript(
  job: JobContext,
  script: string,
  shell: string | undefined,
  path: string,
): { command: string; args: string[]; shown: string } {
  // Without a shell GitHub takes bash without pipefail, or sh where there is no bash.
  const preset = findProgram('bash', path) ? 'bash -e {0}' : 'sh -e {0}';
  const known = shell === undefined ? undefined : SHELLS[shell];
  if (shell !== undefined && !known && !shell.includes('{0}')) {
    throw new UserError(
      `shell '${shell}' is not known; accepted: bash, sh, python, pwsh, or a command with {0} for the script`,
    );
  }
  const parts = known ? [shell!, ...known.args] : (shell ?? preset).split(/\s+/).filter((part) => part !== '');
  const file = join(job.temp, `${randomUUID()}.${known?.extension ?? 'sh'}`);
  const content =
    shell === 'pwsh'
      ? `$ErrorActionPreference = 'stop'\n${script}\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }\n`
      : script;
  writeFileSync(file, content);
  const program = parts[0]!;
  const command = findProgram(program, path);
  if (!command) throw new UserError(`shell '${shell ?? 'sh'}' needs the program '${program}', which is not on PATH`);
  return { command, args: parts.slice(1).map((part) => part.replaceAll('{0}', file)), shown: parts.join(' ') };
}

/** The full path of a program, looked up in the step's own PATH. */
function findProgram(name: string, path: string): string | undefined {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const folder of path.split(delimiter)) {
    for (const suffix of suffixes) {
      const file = resolve(folder, name + suffix);
      try {
        accessSync(file, constants.X_OK);
        if (statSync(file).isFile()) return file;
      } catch {
        // Not in this folder: the next one.
      }
    }
  }
  return undefined;
}
