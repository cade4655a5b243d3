import { UserError } from '../core/errors.js';

/** A model by the words that a user writes. */
export type ModelReference =
  | { readonly kind: 'path'; readonly path: string }
  /** A run's candidate; `model` where the run made several. */
  | { readonly kind: 'run'; readonly runId: number; readonly model?: string };

const FORMS = 'run:<run-id>, run:<run-id>/<model>, the path of a bundle, or the path of an .onnx file';

/**
 * Reads `run:123`, `run:123/flight-delay`, or a path.
 * @param input the action's input that it comes from, for messages
 */
export function parseReference(text: string, input: string): ModelReference {
  if (text.startsWith('run:')) {
    const match = /^run:(\d{1,15})(?:\/([a-z0-9][a-z0-9-]*))?$/.exec(text);
    if (!match) throw new UserError(`Input "${input}" is ${JSON.stringify(text)}; accepted: ${FORMS}.`);
    return { kind: 'run', runId: Number(match[1]), ...(match[2] && { model: match[2] }) };
  }
  if (/^[a-z0-9][a-z0-9-]*[@#]/.test(text))
    throw new UserError(
      `Input "${input}" is ${JSON.stringify(text)}: versions and stages are not built yet; accepted: ${FORMS}.`,
    );
  return { kind: 'path', path: text };
}
