import { UserError } from '../core/errors.js';
import { isStageName } from './tag-name.js';
import { parseVersion, type Version } from './version.js';

/** A model by the words that a user writes. */
export type ModelReference =
  | { readonly kind: 'path'; readonly path: string }
  /** A run's candidate; `model` where the run made several. */
  | { readonly kind: 'run'; readonly runId: number; readonly model?: string }
  | { readonly kind: 'version'; readonly model: string; readonly version: Version | 'latest' }
  | { readonly kind: 'stage'; readonly model: string; readonly stage: string };

const FORMS =
  'model@v1.2.0, model@latest, model#stage, run:<run-id>, run:<run-id>/<model>, the path of a bundle, or the path of an .onnx file';

/**
 * Reads `flight-delay@v1.2.0`, `flight-delay@latest`, `flight-delay#production`, `run:123`, `run:123/flight-delay`, or a path.
 * @param input the action's input that it comes from, for messages
 */
export function parseReference(text: string, input: string): ModelReference {
  const wrong = (): UserError => new UserError(`Input "${input}" is ${JSON.stringify(text)}; accepted: ${FORMS}.`);
  if (text.startsWith('run:')) {
    const match = /^run:(\d{1,15})(?:\/([a-z0-9][a-z0-9-]*))?$/.exec(text);
    if (!match) throw wrong();
    return { kind: 'run', runId: Number(match[1]), ...(match[2] && { model: match[2] }) };
  }
  const match = /^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)([@#])(.*)$/s.exec(text);
  if (!match) return { kind: 'path', path: text };
  const [, model = '', kind, name = ''] = match;
  if (kind === '#') {
    if (!isStageName(name)) throw wrong();
    return { kind: 'stage', model, stage: name };
  }
  const version = name === 'latest' ? name : parseVersion(name);
  if (!version) throw wrong();
  return { kind: 'version', model, version };
}
