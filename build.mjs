// Builds dist/: one small entry an action or program, the code they share as chunks beside them. Adding a folder to actions/ is
// enough for a new action. `node build.mjs --check` compares with what is committed instead of writing.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');

/** Bundles reach `require` for CommonJS dependencies; ES modules have none of their own. */
const banner = "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/**
 * Bundles that are no actions, and what they run.
 * @type {Record<string, string>}
 */
const PROGRAMS = {
  server: "import { runServer } from './shared/serving/main.js';\nawait runServer();\n",
  'pipeline-step': "import { main } from './shared/pipelines/step-main.js';\nawait main();\n",
};

/** @returns {Promise<Map<string, Uint8Array>>} file name below dist/ -> content */
export async function buildFiles() {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const actions = (await readdir(join(root, 'actions'), { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const entry = (/** @type {string} */ name) =>
    `import { runAction } from './shared/runner/action.js';\nawait runAction('${name}', () => import('./actions/${name}/main.js'));\n`;
  const result = await build({
    absWorkingDir: root,
    entryPoints: {
      ...Object.fromEntries(actions.map(({ name }) => [name, `action:${name}`])),
      ...Object.fromEntries(Object.keys(PROGRAMS).map((name) => [name, `program:${name}`])),
    },
    plugins: [
      {
        name: 'entries',
        setup(setup) {
          setup.onResolve({ filter: /^program:/ }, ({ path }) => ({
            path: path.slice('program:'.length),
            namespace: 'program',
          }));
          setup.onLoad({ filter: /.*/, namespace: 'program' }, ({ path }) => ({
            contents: PROGRAMS[path] ?? '',
            resolveDir: root,
            loader: 'ts',
          }));
          setup.onResolve({ filter: /^action:/ }, ({ path }) => ({ path: path.slice('action:'.length), namespace: 'action' }));
          setup.onLoad({ filter: /.*/, namespace: 'action' }, ({ path }) => ({
            contents: entry(path),
            resolveDir: root,
            loader: 'ts',
          }));
        },
      },
    ],
    outdir: dist,
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    // The oldest Node that runs them; actions themselves declare node24.
    target: 'node20.19',
    minify: true,
    legalComments: 'none',
    chunkNames: 'chunk-[hash]',
    banner: { js: banner },
    define: { MLOPS_ACTIONS_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
  });
  const files = new Map(
    result.outputFiles.map(({ path, contents }) => [path.slice(dist.length + 1).replaceAll('\\', '/'), contents]),
  );
  files.set('package.json', new TextEncoder().encode('{"type":"module"}\n'));
  for (const name of ['package.json', 'package-lock.json'])
    files.set(`native/${name}`, await readFile(join(root, 'shared/runner/native', name)));
  return files;
}

/** @returns {Promise<string[]>} names of files in dist/ that differ from what the source builds */
export async function staleFiles() {
  const built = await buildFiles();
  const committed = (await readdir(dist, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(dist.length + 1)
        .replaceAll('\\', '/'),
    );
  const stale = committed.filter((name) => !built.has(name));
  for (const [name, content] of built) {
    const found = await readFile(join(dist, name)).catch(() => undefined);
    if (!found || Buffer.compare(found, content) !== 0) stale.push(name);
  }
  return stale;
}

async function writeFiles() {
  const files = await buildFiles();
  await rm(dist, { recursive: true, force: true });
  for (const [name, content] of files) {
    await mkdir(dirname(join(dist, name)), { recursive: true });
    await writeFile(join(dist, name), content);
  }
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const stale = await staleFiles();
    if (stale.length > 0) {
      console.error(`dist/ is not what the source builds (${stale.join(', ')}): run "npm run build" and commit dist/.`);
      process.exitCode = 1;
    }
  } else {
    const files = await writeFiles();
    const bytes = [...files.values()].reduce((sum, content) => sum + content.byteLength, 0);
    console.log(`dist/: ${files.size} files, ${(bytes / 1e6).toFixed(2)} MB`);
  }
}
