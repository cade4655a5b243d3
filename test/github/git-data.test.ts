import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRefName } from './objects/store.js';
import { type Octokit, openScene, refusal, type Scene, sha } from './scene.js';

const STAGE = 'flight-delay#production#3';
const VERSION = 'flight-delay@v1.2.0';

/** The same calls against a git directory and against nothing but memory. */
for (const kind of ['in memory', 'of a git directory'] as const) {
  describe(`refs and objects ${kind}`, () => {
    let scene: Scene;
    let directory: string;
    let bot: Octokit;
    let at: { owner: string; repo: string };
    let head: string;
    const git = (...parameters: string[]): string =>
      execFileSync('git', ['-C', directory, '-c', 'user.name=ann', '-c', 'user.email=ann@example.org', ...parameters], {
        encoding: 'utf8',
      }).trim();

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'git-data-'));
      git('init', '-q', '-b', 'main');
      writeFileSync(join(directory, 'mlops.yaml'), 'name: flights\n');
      git('add', '.');
      git('commit', '-qm', 'one');
      scene = await openScene();
      const own = kind === 'in memory' ? {} : { gitDirectory: directory };
      const repository = scene.github.createRepository({ owner: 'ann', name: 'flights', ...own });
      head = kind === 'in memory' ? sha('main') : git('rev-parse', 'main');
      const run = scene.github.startRun({
        ...{ repository, workflowName: 'CD', path: 'cd.yml', event: 'push', headBranch: 'main', headSha: head },
      });
      bot = scene.as(scene.github.startJob(run, { name: 'register', permissions: { contents: 'write' } }).token);
      at = { owner: 'ann', repo: 'flights' };
    });
    afterAll(async () => {
      rmSync(directory, { recursive: true, force: true });
      expect(scene.github.violations.filter(({ side }) => side === 'response')).toEqual([]);
      await scene.github.close();
    });

    /** A commit with a card below the branch, and an annotated tag object of it. */
    async function version(tag: string, card: string): Promise<{ commit: string; tag: string }> {
      const base = await bot.rest.git.getCommit({ ...at, commit_sha: head });
      const tree = await bot.rest.git.createTree({
        ...{ ...at, base_tree: base.data.tree.sha },
        tree: [{ path: '.mlops/flight-delay/README.md', mode: '100644', type: 'blob', content: card }],
      });
      const commit = await bot.rest.git.createCommit({ ...at, message: 'Register', tree: tree.data.sha, parents: [head] });
      const made = await bot.rest.git.createTag({
        ...{ ...at, tag, message: '{"version":"1.2.0"}', object: commit.data.sha, type: 'commit' },
      });
      return { commit: commit.data.sha, tag: made.data.sha };
    }

    it('registers a version: commit, annotated tag, and refs whose names hold # and @', async () => {
      const made = await version(VERSION, '# Card\n');
      const created = await bot.rest.git.createRef({ ...at, ref: `refs/tags/${VERSION}`, sha: made.tag });
      expect(created.data.object).toMatchObject({ type: 'tag', sha: made.tag });
      expect(created.headers.location).toContain('/git/refs/tags/flight-delay%40v1.2.0');
      await bot.rest.git.createRef({ ...at, ref: `refs/tags/${STAGE}`, sha: made.tag });
      const found = await bot.rest.git.listMatchingRefs({ ...at, ref: 'tags/flight-delay#' });
      expect(found.data.map(({ ref }) => ref)).toEqual([`refs/tags/${STAGE}`]);
      const both = await bot.rest.git.listMatchingRefs({ ...at, ref: 'tags/flight-delay' });
      expect(both.data.map(({ ref }) => ref)).toEqual([`refs/tags/${STAGE}`, `refs/tags/${VERSION}`]);
      expect((await bot.rest.git.getRef({ ...at, ref: `tags/${STAGE}` })).data.ref).toBe(`refs/tags/${STAGE}`);
      const tag = await bot.rest.git.getTag({ ...at, tag_sha: made.tag });
      expect(tag.data).toMatchObject({ tag: VERSION, message: '{"version":"1.2.0"}', object: { sha: made.commit } });
      expect(tag.data.tagger.name).toBe('github-actions[bot]');
      const commit = await bot.rest.git.getCommit({ ...at, commit_sha: made.commit });
      expect(commit.data).toMatchObject({ message: 'Register', parents: [{ sha: head }] });
      const files = await bot.rest.git.getTree({ ...at, tree_sha: commit.data.tree.sha, recursive: '1' });
      const blob = files.data.tree.find(({ path }) => path === '.mlops/flight-delay/README.md');
      const content = await bot.rest.git.getBlob({ ...at, file_sha: blob!.sha });
      expect(Buffer.from(content.data.content, 'base64').toString()).toBe('# Card\n');
      if (kind === 'in memory') return;
      expect(git('cat-file', '-t', VERSION)).toBe('tag');
      expect(git('rev-parse', `${STAGE}^{commit}`, `${VERSION}~1`).split('\n')).toEqual([made.commit, head]);
      expect(git('ls-tree', '-r', '--name-only', VERSION).split('\n')).toEqual(['.mlops/flight-delay/README.md', 'mlops.yaml']);
      expect(git('fsck', '--strict')).toBe('');
      const card = await bot.rest.repos.getContent({ ...at, path: '.mlops/flight-delay/README.md', ref: VERSION });
      expect(card.data).toMatchObject({ sha: blob!.sha });
    });

    it('lets one of twenty create a ref', async () => {
      const made = await Promise.all(Array.from({ length: 20 }, (_, index) => version('race@v1.0.0', `card ${index}`)));
      const create = ({ tag }: { tag: string }) => bot.rest.git.createRef({ ...at, ref: 'refs/tags/race@v1.0.0', sha: tag });
      const results = await Promise.allSettled(made.map(create));
      const won = results.findIndex(({ status }) => status === 'fulfilled');
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await bot.rest.git.getRef({ ...at, ref: 'tags/race@v1.0.0' })).data.object.sha).toBe(made[won]!.tag);
      const lost = await refusal(create(made[0]!));
      expect(lost).toMatchObject({ status: 422, data: { message: 'Reference already exists' } });
    });

    it('moves a ref forward, and back only by force', async () => {
      const { commit } = await version('x@v1.0.0', 'x');
      const other = await version('x@v1.0.1', 'y');
      await bot.rest.git.createRef({ ...at, ref: 'refs/heads/models', sha: head });
      const move = (target: string, force?: boolean) =>
        bot.rest.git.updateRef({ ...at, ref: 'heads/models', sha: target, ...(force === undefined ? {} : { force }) });
      expect((await move(commit)).data.object.sha).toBe(commit);
      for (const target of [other.commit, head]) {
        expect(await refusal(move(target))).toMatchObject({ status: 422, data: { message: 'Update is not a fast forward' } });
      }
      expect((await move(other.commit, true)).data.object.sha).toBe(other.commit);
      expect((await bot.rest.git.deleteRef({ ...at, ref: 'heads/models' })).status).toBe(204);
      const gone = { status: 422, data: { message: 'Reference does not exist' } };
      expect(await refusal(bot.rest.git.deleteRef({ ...at, ref: 'heads/models' }))).toMatchObject(gone);
      expect(await refusal(move(head))).toMatchObject(gone);
      expect((await refusal(bot.rest.git.getRef({ ...at, ref: 'heads/models' }))).status).toBe(404);
      expect((await bot.rest.git.listMatchingRefs({ ...at, ref: 'heads/models' })).data).toEqual([]);
    });

    it('refuses what git would', async () => {
      const { tag } = await version('y@v1.0.0', 'x');
      for (const [ref, target, message] of [
        ['refs/heads/y', tag, 'Object is not a commit'],
        ['refs/tags/y', 'a'.repeat(40), 'Object does not exist'],
        ['refs/tags/a..b', head, 'not a valid ref name'],
        ['tags/y', head, 'not a valid ref name'],
        ['refs/heads/main/x', head, 'Reference cannot be created'],
      ] as const) {
        if (kind === 'in memory' && ref === 'refs/heads/main/x') continue;
        const asked = await refusal(bot.rest.git.createRef({ ...at, ref, sha: target }));
        expect(asked).toMatchObject({ status: 422, data: { message: expect.stringContaining(message) } });
      }
      const root = (await bot.rest.git.getCommit({ ...at, commit_sha: head })).data.tree.sha;
      const tree = (entry: object) =>
        bot.request('POST /repos/{owner}/{repo}/git/trees', { ...at, base_tree: root, tree: [entry as { path: string }] });
      for (const entry of [
        { path: '../x', mode: '100644', content: 'x' },
        { path: '.git/config', mode: '100644', content: 'x' },
        { path: 'x', mode: '100644', sha: 'a'.repeat(40) },
        { path: 'x', mode: '100644', sha: root },
        { path: 'x', mode: '040000', content: 'x' },
      ]) {
        expect((await refusal(tree(entry))).status).toBe(422);
      }
      const orphan = bot.rest.git.createCommit({ ...at, message: 'x', tree: root, parents: ['b'.repeat(40)] });
      expect((await refusal(orphan)).status).toBe(422);
      const noTree = bot.rest.git.createCommit({ ...at, message: 'x', tree: head });
      expect((await refusal(noTree)).status).toBe(422);
      expect((await refusal(bot.rest.git.getTag({ ...at, tag_sha: head }))).status).toBe(404);
    });

    it('changes, adds and deletes files of a tree, and keeps the rest', async () => {
      const blob = await bot.rest.git.createBlob({
        ...at,
        content: Buffer.from([0, 255]).toString('base64'),
        encoding: 'base64',
      });
      const first = await bot.rest.git.createTree({
        ...at,
        tree: [
          { path: 'b/c/d', mode: '100644', type: 'blob', sha: blob.data.sha },
          { path: 'b.txt', mode: '100755', type: 'blob', content: 'b' },
          { path: 'a', mode: '100644', type: 'blob', content: 'ä' },
        ],
      });
      const second = await bot.rest.git.createTree({
        ...{ ...at, base_tree: first.data.sha },
        tree: [
          { path: 'b/c/d', mode: '100644', type: 'blob', sha: null },
          { path: 'b.txt', mode: '100644', type: 'blob', content: 'c' },
        ],
      });
      const listed = (await bot.rest.git.getTree({ ...at, tree_sha: second.data.sha, recursive: 'true' })).data.tree;
      expect(listed.map(({ path, mode, size }) => [path, mode, size])).toEqual([
        ['a', '100644', 2],
        ['b.txt', '100644', 1],
      ]);
      if (kind === 'of a git directory') {
        expect(git('ls-tree', '-r', '--name-only', first.data.sha).split('\n')).toEqual(['a', 'b.txt', 'b/c/d']);
      }
    });

    it('records what happened, and starts workflows only for people', async () => {
      const events = scene.github.events.filter(({ name, ref }) => name === 'create' && ref === `refs/tags/${VERSION}`);
      expect(events).toMatchObject([{ startsWorkflows: false, payload: { ref: VERSION, ref_type: 'tag' } }]);
      const person = scene.as(scene.github.personToken('ann'));
      await person.rest.git.createRef({ ...at, ref: 'refs/tags/by-hand', sha: head });
      expect(scene.github.events.slice(-2)).toMatchObject([
        { name: 'create', startsWorkflows: true },
        { name: 'push', startsWorkflows: true, ref: 'refs/tags/by-hand', payload: { after: head, created: true } },
      ]);
    });

    it('needs contents: write', async () => {
      const { run } = scene;
      const reader = scene.as(scene.github.startJob(run, { name: 'x', permissions: { contents: 'read' } }).token);
      const denied = { status: 403, data: { message: 'Resource not accessible by integration' } };
      const own = scene.at;
      expect(await refusal(reader.rest.git.createRef({ ...own, ref: 'refs/tags/x', sha: run.headSha }))).toMatchObject(denied);
      expect(await refusal(reader.rest.git.deleteRef({ ...own, ref: 'tags/x' }))).toMatchObject(denied);
      expect(await refusal(reader.rest.git.createBlob({ ...own, content: 'x' }))).toMatchObject(denied);
      expect((await reader.rest.git.getRef({ ...own, ref: 'heads/deeper' })).data.object.sha).toBe(run.headSha);
    });
  });
}

describe('names of refs', () => {
  it('are those that git takes', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '@', '#', '{', '.', '~', ' ', '-', '*', 'ä', '\\'), maxLength: 5 });
    const name = fc.oneof(
      part,
      fc.tuple(part, part).map((parts) => parts.join('/')),
      fc.constant('x.lock'),
    );
    fc.assert(
      fc.property(name, (text) => {
        let taken = true;
        try {
          execFileSync('git', ['check-ref-format', `refs/tags/${text}`]);
        } catch {
          taken = false;
        }
        expect(isRefName(`refs/tags/${text}`), text).toBe(taken);
      }),
      { numRuns: 100, seed: 42 },
    );
  });
});
