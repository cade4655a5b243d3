import type { Finding, Sections } from './checks.js';

/** Names that MLflow keeps for itself, or cannot write: the stages of a spec become aliases there. */
const ALIAS = /^(?!latest$|v\d+$)[\w-]{1,255}$/i;

/** The hosts that are this machine, as URL writes them. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Rules of `registry` that the schema cannot say. */
export function checkRegistry({ registry }: Sections): Finding[] {
  const mlflow = registry?.mlflow;
  if (!mlflow) return [];
  const findings: Finding[] = [];
  const wrong = addressMistake(mlflow.tracking_uri);
  if (wrong) {
    const message = `registry.mlflow.tracking_uri: ${wrong}`;
    findings.push({ path: ['registry', 'mlflow', 'tracking_uri'], message, kind: 'error' });
  }
  for (const [index, stage] of (registry.stages ?? []).entries()) {
    if (ALIAS.test(stage)) continue;
    const message =
      `registry.stages: found ${JSON.stringify(stage)}, which cannot be an alias in MLflow (registry.mlflow): accepted are letters, ` +
      'digits, "-" and "_", and neither "latest" nor a number such as "v1"';
    findings.push({ path: ['registry', 'stages', index], message, kind: 'error' });
  }
  return findings;
}

/** Why an address cannot be used. What may be a password in it is not repeated. */
function addressMistake(address: string): string | undefined {
  const accepted =
    'an https:// address, or http:// on the same machine (localhost, 127.0.0.1), such as https://mlflow.example.org';
  if (!URL.canParse(address)) return `found no web address, expected ${accepted}`;
  const { protocol, username, password, hostname, search, hash } = new URL(address);
  if (username !== '' || password !== '')
    return 'credentials do not belong into the spec: remove them, and give the step MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD in its env';
  if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.test(hostname)))
    return `found ${protocol}//${hostname}, expected ${accepted}`;
  if (search !== '' || hash !== '') return 'found an address with "?" or "#"; expected the address alone';
  return undefined;
}
