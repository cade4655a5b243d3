import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { UserError } from '../../core/errors.js';
import {
  ADMIN_PATHS,
  BUNDLE_CONTENT_TYPE,
  BUNDLE_HASH_HEADER,
  type ModelState,
  modelsResponseSchema,
  type PutResponse,
  putResponseSchema,
  trafficResponseSchema,
} from '../../serving/admin-api.js';
import { jsonOf } from '../answers.js';
import { errorText, type Sender, type ServiceAnswer, type ServiceRequest } from '../sender.js';
import type { Shares } from './shares.js';

/** A packed bundle. */
export interface Archive {
  readonly file: string;
  /** `sha256:<hex>` of its bytes. */
  readonly digest: string;
}

const UPLOAD_TIMEOUT_MS = 10 * 60 * 1000;

/** The server's admin API. Every refusal becomes one line that says what to do; the token is in none of them. */
export class AdminClient {
  readonly #send: Sender;
  readonly #address: string;
  readonly #token: string;

  constructor(send: Sender, address: string, token: string) {
    this.#send = send;
    this.#address = address;
    this.#token = token;
  }

  /** What the server serves of a model; undefined when it does not know it. */
  async model(name: string): Promise<ModelState | undefined> {
    const answer = await this.#ask({ method: 'GET', path: ADMIN_PATHS.models });
    const { models } = this.#parsed(modelsResponseSchema, this.#expect(answer, [200], 'list the models'));
    return models.find((model) => model.name === name);
  }

  /** Brings a version; the same one again changes nothing. */
  async bring(model: string, version: string, archive: Archive): Promise<PutResponse & { readonly created: boolean }> {
    const answer = await this.#ask({
      ...{ method: 'PUT', path: ADMIN_PATHS.version(model, version), timeoutMs: UPLOAD_TIMEOUT_MS },
      body: new Uint8Array(await readFile(archive.file)),
      headers: { 'content-type': BUNDLE_CONTENT_TYPE, [BUNDLE_HASH_HEADER]: archive.digest.slice('sha256:'.length) },
    });
    if (answer.status === 409)
      throw new UserError(
        `${this.#address} has other bytes as ${model} ${version} (${errorText(answer)}): it was filled by another repository, or by hand. ` +
          'Take that version away there, or deploy another.',
      );
    if (answer.status === 422)
      throw new UserError(`${this.#address} does not take the bundle of ${model} ${version} (${errorText(answer)}).`);
    if (answer.status === 413)
      throw new UserError(
        `${this.#address} takes no bundle of that size (${errorText(answer)}): raise the limit of the server, or of the proxy in front of it.`,
      );
    const parsed = this.#parsed(putResponseSchema, this.#expect(answer, [200, 201], `load ${model} ${version}`));
    return { ...parsed, created: answer.status === 201 };
  }

  /** Divides the traffic. @returns the state that the server then has */
  async divide(model: string, shares: Shares): Promise<ModelState> {
    const answer = await this.#ask({
      ...{ method: 'POST', path: ADMIN_PATHS.traffic(model) },
      body: JSON.stringify({ shares }),
      headers: { 'content-type': 'application/json' },
    });
    return this.#parsed(trafficResponseSchema, this.#expect(answer, [200], 'divide the traffic'));
  }

  /** Takes a version away. @returns false when it still has traffic */
  async remove(model: string, version: string): Promise<boolean> {
    const answer = await this.#ask({ method: 'DELETE', path: ADMIN_PATHS.version(model, version) });
    if (answer.status === 409) return false;
    this.#expect(answer, [200, 204, 404], `take ${model} ${version} away`);
    return true;
  }

  #ask(request: ServiceRequest): Promise<ServiceAnswer> {
    return this.#send({ ...request, headers: { ...request.headers, authorization: `Bearer ${this.#token}` } });
  }

  #expect(answer: ServiceAnswer, accepted: readonly number[], what: string): ServiceAnswer {
    const { status } = answer;
    if (accepted.includes(status)) return answer;
    if (status === 401 || status === 403)
      throw new UserError(
        `${this.#address} does not accept the token (${status}): the input "service-token" has to be what the server was started with ` +
          '(MLOPS_SERVER_TOKEN).',
      );
    if (status === 404)
      throw new UserError(
        `${this.#address} has no admin API (404): start the server with MLOPS_SERVER_TOKEN, and give the address without a path of a model.`,
      );
    throw new UserError(`${this.#address} did not ${what} (${errorText(answer)}).`);
  }

  #parsed<T>(schema: z.ZodType<T>, answer: ServiceAnswer): T {
    const parsed = schema.safeParse(jsonOf(answer.text));
    if (parsed.success) return parsed.data;
    throw new UserError(
      `${this.#address} answers as no model server does: is the address that of the server, and the server of this version?`,
    );
  }
}
