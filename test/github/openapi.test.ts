import { describe, expect, it } from 'vitest';
import { loadOpenApi } from './openapi.js';
import { actionsApp, simpleUser } from './rest/users.js';

const create = { method: 'POST', path: '/repos/{owner}/{repo}/issues/{issue_number}/comments' };
const list = { method: 'GET', path: '/repos/{owner}/{repo}/issues/{issue_number}/comments' };
const params = { owner: 'acme', repo: 'models', issue_number: '1' };
const url = 'https://api.github.com/repos/acme/models/issues';

describe("GitHub's description", () => {
  const openApi = loadOpenApi();
  const request = (operation: typeof create, query: string, body?: unknown) =>
    openApi.request(operation, { params, query: new URLSearchParams(query), body });
  const comment = {
    ...{ id: 1, node_id: 'x', url: `${url}/comments/1`, html_url: url, issue_url: url, body: 'x' },
    ...{ created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' },
    ...{ user: simpleUser('ann', 'https://api.github.com'), author_association: 'NONE' },
    performed_via_github_app: actionsApp('https://api.github.com'),
  };
  const answer = (changed: object) => openApi.response(create, 201, 'application/json', { ...comment, ...changed });

  it('takes what is right', () => {
    expect(request(create, '', { body: 'x' })).toEqual([]);
    expect(request(list, 'per_page=100&page=2&since=2026-01-01T00%3A00%3A00Z')).toEqual([]);
    expect(answer({})).toEqual([]);
    expect(answer({ user: null, performed_via_github_app: null })).toEqual([]);
    expect(openApi.response(list, 404, 'application/json', { message: 'Not Found', status: '404' })).toEqual([]);
  });

  it('finds what is wrong in a request', () => {
    expect(request(create, '')).toEqual(['body: is missing']);
    expect(request(create, '', {})[0]).toContain("must have required property 'body'");
    expect(request(create, '', { body: 'x', text: 'y' })[0]).toContain('(text)');
    expect(request(list, 'per_pag=3')[0]).toContain('(per_pag)');
    expect(request(list, 'page=two')[0]).toContain('page must be integer');
    expect(request(list, 'since=yesterday')[0]).toContain('must match format "date-time"');
    expect(request(list, '', {})).toEqual(['body: none is expected']);
    expect(
      openApi.request(list, { params: { ...params, issue_number: 'x' }, query: new URLSearchParams(), body: undefined }),
    ).toHaveLength(1);
  });

  it('finds what is wrong in an answer', () => {
    expect(answer({ invented: 1 })[0]).toContain('(invented)');
    expect(answer({ id: '1' })[0]).toContain('/id must be integer');
    expect(answer({ created_at: 'today' })[0]).toContain('date-time');
    expect(answer({ user: { login: 'ann' } }).length).toBeGreaterThan(0);
    expect(openApi.response(create, 200, 'application/json', comment)[0]).toContain('status 200 is not among 201');
    expect(openApi.response(list, 404, 'application/json', { message: 5 })[0]).toContain('/message');
    const remove = { method: 'DELETE', path: '/repos/{owner}/{repo}/issues/comments/{comment_id}' };
    expect(openApi.response(remove, 204, 'application/json', undefined)).toEqual([]);
    expect(openApi.response(remove, 204, 'application/json', {})[0]).toContain('GitHub sends none');
    expect(() =>
      openApi.request({ method: 'GET', path: '/nothing' }, { params, query: new URLSearchParams(), body: undefined }),
    ).toThrow('no operation');
  });
});
