import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Follower, followGitHub } from './follow.js';
import { runEvent } from './runner.js';
import { gitIn, jobOf, openWorkbench, printed, type Workbench } from './workbench.js';

const DEPLOY = `
name: Deploy
on:
  workflow_dispatch:
    inputs:
      version: { required: true }
      stage: { type: choice, options: [staging, production], default: staging }
      dry: { type: boolean, default: true }
      count: { type: number, default: 3 }
jobs:
  deploy:
    runs-on: x
    steps:
      - run: echo "$GITHUB_EVENT_NAME $GITHUB_REF $GITHUB_REF_TYPE $GITHUB_ACTOR"
      - run: echo '\${{ toJSON(inputs) }} \${{ toJSON(github.event.inputs) }}'
      - if: inputs.dry
        run: echo dry
`;

const CHAIN = `
name: Chain
on: { push: { branches: [main] } }
permissions: { actions: write, contents: write }
jobs:
  start:
    runs-on: x
    steps:
      - run: |
          const call = (path, body) => fetch(process.env.GITHUB_API_URL + '/repos/acme/models/' + path, {
            method: 'POST', headers: { authorization: 'token ' + process.env.TOKEN }, body: JSON.stringify(body),
          }).then(({ status }) => console.log(path, status));
          call('actions/workflows/deploy.yml/dispatches', { ref: 'main', inputs: { version: '1' } })
            .then(() => call('dispatches', { event_type: 'drift', client_payload: { share: 0.4 } }))
            .then(() => call('git/refs', { ref: 'refs/tags/v1', sha: process.env.GITHUB_SHA }));
        shell: node {0}
        env: { TOKEN: '\${{ github.token }}' }
`;

const EVENTS = `
name: Events
on:
  repository_dispatch: { types: [drift] }
  release: { types: [published] }
  push: { tags: ['v*'] }
jobs:
  tell:
    runs-on: x
    steps:
      - run: echo "$GITHUB_EVENT_NAME $GITHUB_REF \${{ github.event.client_payload.share }}\${{ github.event.release.tag_name }}"
`;

describe('dispatches', () => {
  let bench: Workbench;
  let follower: Follower;
  beforeAll(async () => {
    bench = await openWorkbench({
      '.github/workflows/deploy.yml': DEPLOY,
      '.github/workflows/chain.yml': CHAIN,
      '.github/workflows/events.yml': EVENTS,
    });
    const { github, repository, project, root } = bench;
    follower = followGitHub({ github, repository, project, temp: root, minuteMs: 200 });
  });
  afterAll(async () => {
    follower.stop();
    await bench.close();
  });

  const post = async (path: string, body: object, token = bench.github.personToken('ann')) => {
    const answer = await fetch(`${bench.github.apiUrl}/repos/acme/models/${path}`, {
      ...{ method: 'POST', headers: { authorization: `token ${token}` }, body: JSON.stringify(body) },
    });
    return {
      status: answer.status,
      message: answer.status === 204 ? '' : ((await answer.json()) as { message?: string }).message,
    };
  };
  const dispatch = (inputs: object, workflow = 'deploy.yml', ref = 'main') =>
    post(`actions/workflows/${workflow}/dispatches`, { ref, inputs });

  it('run one workflow, with its inputs typed and defaulted', async () => {
    expect((await dispatch({ version: '1.2.0', dry: false })).status).toBe(204);
    const [result, ...others] = await follower.settled();
    expect(others).toEqual([]);
    expect(result).toMatchObject({
      workflow: 'Deploy',
      conclusion: 'success',
      run: { event: 'workflow_dispatch', actor: 'ann' },
    });
    const job = jobOf(result!, 'deploy');
    const text = printed(job).replace(/\s+/g, ' ');
    expect(text).toContain('workflow_dispatch refs/heads/main branch ann');
    expect(text).toContain('{ "version": "1.2.0", "stage": "staging", "dry": false, "count": "3" }');
    expect(text).toContain('{ "version": "1.2.0", "stage": "staging", "dry": "false", "count": "3" }');
    expect(job.steps.map(({ conclusion }) => conclusion)).toContain('skipped');
  });

  it('by the API are refused as GitHub refuses them', async () => {
    for (const [inputs, message] of [
      [{}, "Required input 'version' not provided"],
      [{ version: '1', color: 'red' }, 'Unexpected inputs provided: ["color"]'],
      [{ version: '1', stage: 'moon' }, 'not in the list of allowed values'],
      [{ version: '1', dry: 'maybe' }, 'is not a boolean'],
      [{ version: '1', count: 'many' }, 'is not a number'],
    ] as const) {
      expect(await dispatch(inputs)).toMatchObject({ status: 422, message: expect.stringContaining(message) });
    }
    expect(await dispatch({}, 'chain.yml')).toMatchObject({
      status: 422,
      message: expect.stringContaining('workflow_dispatch'),
    });
    expect(await dispatch({}, 'absent.yml')).toMatchObject({ status: 404 });
    expect(await dispatch({}, 'deploy.yml', 'absent')).toMatchObject({ status: 422, message: 'No ref found for: absent' });
    expect(await follower.settled()).toEqual([]);
    const { github, repository, project } = bench;
    const event = { name: 'workflow_dispatch', workflow: 'deploy.yml', ref: 'refs/heads/main' } as const;
    await expect(runEvent({ github, repository, project, event })).rejects.toThrow("Required input 'version' not provided");
  });

  it("may come from a job's token, whose tags start nothing", async () => {
    const [chain] = await bench.push();
    expect(printed(jobOf(chain!, 'start'))).toBe('actions/workflows/deploy.yml/dispatches 204\ndispatches 204\ngit/refs 201');
    const results = await follower.settled();
    expect(results.map(({ workflow, run }) => [workflow, run.event, run.actor])).toEqual([
      ['Deploy', 'workflow_dispatch', 'github-actions[bot]'],
      ['Events', 'repository_dispatch', 'github-actions[bot]'],
    ]);
    expect(printed(jobOf(results[1]!, 'tell'))).toBe('repository_dispatch refs/heads/main 0.4');
  });

  it('a release and a tag of a person start workflows', async () => {
    expect((await post('releases', { tag_name: 'v2' })).status).toBe(201);
    const results = await follower.settled();
    const told = results.map((result) => printed(jobOf(result, 'tell')).trim());
    expect(told.sort()).toEqual(['push refs/tags/v2', 'release refs/tags/v2 v2']);
    expect(gitIn(join(bench.root, 'repository'), 'tag', '--list', 'v2').trim()).toBe('v2');
  });
});
