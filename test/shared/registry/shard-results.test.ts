import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readShardResults, SHARD_FILES, shardArtifact } from '../../../shared/registry/shard-results.js';
import { cleanUp, userError, workspace } from '../data/workspace.js';

cleanUp();

const document = (index: number, attempt: number) => ({
  ...{
    format: 1,
    kind: 'profile shard',
    model: 'm',
    shard: { index, count: 2 },
    spec: 's',
    tool: `attempt ${attempt}`,
    rules: [],
  },
  data: { digest: 'd', files: [], rowsRead: 0, rows: 0, columns: [], notices: [] },
});

test('of each shard the last attempt counts, and what belongs to others does not', async () => {
  const folder = workspace();
  const leave = async (name: string, content: object): Promise<void> => {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, SHARD_FILES.document), JSON.stringify(content));
  };
  for (const [index, attempt] of [
    [1, 1],
    [1, 10],
    [1, 9],
    [2, 1],
  ] as const)
    await leave(shardArtifact('m', 'profile shard', { index, count: 2 }, attempt), document(index, attempt));
  await leave(shardArtifact('m', 'validation shard', { index: 1, count: 2 }, 99), document(1, 99));
  await leave(shardArtifact('mm', 'profile shard', { index: 1, count: 2 }, 99), document(1, 99));
  for (const name of ['m-profile-shard-1-of-2', 'm-profile-shard-x-of-2-a1', 'm-profile-shard-1-of-2-a99-kept'])
    await leave(name, document(1, 99));
  const results = await readShardResults('m', 'profile shard', folder, undefined);
  expect(results.map((result) => [result.document.shard.index, result.document.tool])).toEqual([
    [1, 'attempt 10'],
    [2, 'attempt 1'],
  ]);
});

test('a folder without results has none, and one that cannot be read says which', async () => {
  expect(await readShardResults('m', 'profile shard', '/nowhere', undefined)).toEqual([]);
  const folder = workspace({ 'm-profile-shard-1-of-2-a1/shard.json': '{"format":1}' });
  expect(await userError(readShardResults('m', 'profile shard', folder, undefined))).toMatch(
    /^m-profile-shard-1-of-2-a1 is no result of a shard: its \S+ is wrong \(.+\)\. Run the jobs of all shards again, with one version\.$/,
  );
});
