import type { HistoricAssignment, HistoricVersion } from '../../../shared/registry/history.js';
import type { StoryRecord } from '../story/record.js';

const version = (name: string, at: string, stages: readonly string[] = []): HistoricVersion => ({
  ...{ version: name, tag: `flight-delay@${name}`, digest: `sha256:${'ab'.repeat(32)}`, at, actor: 'you', run: 1 },
  ...{ reason: 'minor', storage: 'release', source: 'c'.repeat(40), commit: 'd'.repeat(40), stages },
});

const assignment = (name: string, at: string, until?: string, more: Partial<HistoricAssignment> = {}): HistoricAssignment => ({
  ...{ stage: 'production', version: name, tag: `flight-delay#production#${at}`, at: `2026-01-01T00:00:0${at}Z`, actor: 'you' },
  ...{ reason: 'Why not', rollback: false, ...(until !== undefined && { until: `2026-01-01T00:00:0${until}Z` }) },
  ...more,
});

/** A short story of a push, a pull request, and a refusal. */
export function storyRecord(): StoryRecord {
  const judged = { metric: 'auc', better: 'higher', rows: 60_000, blocked: false } as const;
  return {
    ...{ title: 'from here to there', model: 'flight-delay', purpose: 'Warn travellers.', seconds: 83.2 },
    startedAt: '2026-01-01T00:00:00.000Z',
    chapters: [
      {
        ...{ title: 'A push to main', why: 'Somebody pushes.', seconds: 12 },
        runs: [
          {
            ...{ workflow: 'release', event: 'push to main', conclusion: 'success', seconds: 11.2, href: 'runs/1.html' },
            jobs: [
              { name: 'model / judge', conclusion: 'success', seconds: 9, href: 'runs/1.html#job-1' },
              { name: 'model / register', conclusion: 'skipped', seconds: 0 },
            ],
          },
        ],
        links: [{ label: 'Release', note: 'v1.0.0', href: 'versions/v1.0.0/index.html' }],
        outcome: { tone: 'good', text: 'It became a version.' },
      },
      {
        ...{ title: 'A pull request', why: 'Somebody changes features.', seconds: 8 },
        runs: [
          {
            ...{
              workflow: 'model',
              event: 'pull request #1: Features',
              conclusion: 'failure',
              seconds: 8,
              href: 'runs/2.html',
            },
            jobs: [{ name: 'model / judge', conclusion: 'failure', seconds: 8, href: 'runs/2.html#job-1' }],
          },
        ],
        links: [{ label: 'Comment', href: 'pull-requests/1.html' }],
        outcome: { tone: 'bad', text: 'It was refused.' },
      },
    ],
    scores: [
      {
        ...judged,
        label: 'the first push',
        chapter: 1,
        value: 0.5685,
        low: 0.55,
        high: 0.58,
        verdict: 'first model',
        version: 'v1.0.0',
      },
      { ...judged, label: 'pull request #1', chapter: 2, value: 0.6773, verdict: 'better', version: 'v1.1.0' },
      { ...judged, label: 'a push', chapter: 2, value: 0.5, low: 0.49, high: 0.51, verdict: 'worse', blocked: true },
    ],
    history: {
      model: 'flight-delay',
      versions: [version('v1.1.0', '2026-01-01T00:00:01Z'), version('v1.0.0', '2026-01-01T00:00:02Z', ['production'])],
      assignments: [
        assignment('v1.0.0', '5', undefined, { rollback: true, reason: 'Complaints' }),
        assignment('v1.1.0', '4', '5'),
        assignment('v1.0.0', '3', '4'),
      ],
    },
    deployments: [
      {
        ...{ ref: 'flight-delay@v1.0.0', environment: 'production', description: 'flight-delay v1.1.0 took its place' },
        ...{ states: ['in_progress', 'success', 'inactive'], href: 'runs/3.html' },
      },
      {
        ref: 'flight-delay@v1.1.0',
        environment: 'production',
        states: ['in_progress', 'success'],
        description: 'flight-delay v1.1.0',
      },
    ],
    versionPages: { 'v1.0.0': [{ label: 'Model card', href: 'versions/v1.0.0/model-card.html' }] },
    repository: '.mlops-actions/start/flights/repository',
  };
}

/** The same with markup in every text. */
export function hostileRecord(): StoryRecord {
  const evil = '"><img src=x onerror=alert(1)><script>alert(1)</script>" onclick="x()';
  const poison = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return value.map((item) => poison(item));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poison(item, name)]));
    // Of these the types promise one of a few words.
    if (typeof value !== 'string' || ['tone', 'conclusion', 'better', 'storage'].includes(key)) return value;
    return `${evil}${value}`;
  };
  return poison(storyRecord()) as StoryRecord;
}
