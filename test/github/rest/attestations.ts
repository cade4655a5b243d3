import { GitHubError } from '../errors.js';
import { type Fields, isFields } from '../fields.js';
import { paginate } from '../paging.js';
import { loginOf } from '../state.js';
import { type Answer, type Call, type Route, withLink } from './route.js';

const ATTESTATIONS = '/repos/{owner}/{repo}/attestations';

function create(call: Call): Answer {
  const { state, record } = call;
  if (record.private)
    throw new GitHubError(
      403,
      `Feature not available for the ${record.repository.owner} organization. To enable this feature, please upgrade the billing plan, or make this repository public.`,
    );
  const { bundle } = call.body;
  const digests = isFields(bundle) ? subjectsOf(bundle) : undefined;
  if (!isFields(bundle) || digests === undefined || digests.length === 0)
    throw new GitHubError(422, 'Invalid attestation bundle: it has no in-toto statement with subjects');
  const id = state.nextId('attestation');
  state.attestations.push({ id, repository: record.repository, bundle, digests, initiator: loginOf(call.actor) });
  return { status: 201, body: { id } };
}

function list(call: Call): Answer {
  const { state, record } = call;
  const found = state.attestations
    .filter(({ repository }) => repository.id === record.repository.id)
    .filter(({ digests }) => digests.includes(call.params.subject_digest!));
  const { items, link } = paginate(found, call.url, call.query);
  const attestations = items.map(({ bundle, initiator }) => ({
    ...{ bundle, initiator, repository_id: record.repository.id, bundle_url: `${call.url}/bundle` },
  }));
  return withLink({ attestations }, link);
}

/** `sha256:<hex>` of what a bundle's statement is about. */
function subjectsOf(bundle: Fields): readonly string[] | undefined {
  const envelope = bundle.dsseEnvelope;
  if (!isFields(envelope) || typeof envelope.payload !== 'string') return undefined;
  try {
    const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as {
      subject?: { digest?: { sha256?: string } }[];
    };
    return statement.subject?.flatMap(({ digest }) => (digest?.sha256 === undefined ? [] : [`sha256:${digest.sha256}`]));
  } catch {
    return undefined;
  }
}

export const attestationRoutes: readonly Route[] = [
  { method: 'POST', path: ATTESTATIONS, access: { level: 'write', anyOf: ['attestations'] }, handle: create },
  {
    method: 'GET',
    path: `${ATTESTATIONS}/{subject_digest}`,
    access: { level: 'read', anyOf: ['attestations'] },
    handle: list,
  },
];
