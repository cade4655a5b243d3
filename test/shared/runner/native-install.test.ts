import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { customers, Project, spec } from '../../actions/project.js';
import { ROOT } from '../../docs/action-files.js';

const run = promisify(execFile);

// A runner has no node_modules beside the bundles: everything native comes from npm. That takes a registry and 140 MB,
// so only CI does it.
const registry = process.env.MLOPS_ACTIONS_TEST_REGISTRY === '1';
if (!registry)
  console.log('native-install: skipped, set MLOPS_ACTIONS_TEST_REGISTRY=1 to download the native modules with npm');

describe.skipIf(!registry)('on a runner that has never seen the native modules', () => {
  test('they are installed once, pruned to this platform, and found again', { timeout: 180_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'runner-'));
    const project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers() });
    try {
      await cp(`${ROOT}dist`, join(folder, 'dist'), { recursive: true });
      const env = {
        ...process.env,
        GITHUB_WORKSPACE: project.directory,
        RUNNER_TOOL_CACHE: join(folder, 'tools'),
        INPUT_SPEC: 'mlops.yaml',
        'INPUT_WORKING-DIRECTORY': '.',
        INPUT_OUTPUT: 'bundle',
        INPUT_CHAMPION: 'none',
        // Else the second one would find its model again and need no module.
        INPUT_CACHE: 'false',
      };
      const train = async (): Promise<string> =>
        (await run(process.execPath, [join(folder, 'dist/train.js')], { cwd: folder, env })).stdout;
      expect(await train()).toMatch(/installed in \d+\.\d s/);
      expect(await train()).not.toContain('installed in');
      const [version] = await readdir(join(folder, 'tools/mlops-actions-native'));
      const [platform] = await readdir(join(folder, 'tools/mlops-actions-native', version!));
      const native = join(
        folder,
        'tools/mlops-actions-native',
        version!,
        platform!,
        'node_modules/onnxruntime-node/bin/napi-v6',
      );
      expect((await readdir(join(native, process.platform))).sort()).toEqual([process.arch]);
    } finally {
      await project.remove();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
