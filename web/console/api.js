// The service's API as every client speaks it: JSON both ways, each request stamped.
import { utf8 } from '../verify/src/bytes.js';

const PAUSE = 250;

/** A refusal: the API's code, and its one sentence. */
export class ApiError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export const UNAUTHENTICATED = 16;
export const RESOURCE_EXHAUSTED = 8;
export const UNAVAILABLE = 14;

export class Api {
  #key;
  #base;
  organizationId;

  constructor(key, base = new URL('../', document.baseURI)) {
    this.#key = key;
    this.#base = base;
  }

  async whoAmI() {
    const me = await this.#json('public/v1/query/whoami', {});
    this.organizationId = me.organizationId;
    return me;
  }

  query(name, members = {}) {
    return this.#json(`public/v1/query/${name}`, { organizationId: this.organizationId, ...members });
  }

  /** Asks for an activity and waits until it has ended. */
  async submit(name, type, parameters) {
    const body = { type: `ACTIVITY_TYPE_${type}`, timestampMs: String(Date.now()), organizationId: this.organizationId, parameters };
    for (;;) {
      // The same body is the same activity, however often it is sent.
      const { activity } = await this.#json(`public/v1/submit/${name}`, body);
      if (activity.status === 'ACTIVITY_STATUS_COMPLETED') return activity;
      if (!['ACTIVITY_STATUS_CREATED', 'ACTIVITY_STATUS_PENDING'].includes(activity.status)) throw new ApiError(activity.failure?.code ?? 13, activity.failure?.message ?? activity.status);
      await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
    }
  }

  /** A public page of an app's boot proofs, newest first. */
  async bootProofs(appId, before, limit = 20) {
    const url = new URL(`apps/${encodeURIComponent(appId)}/boot-proofs`, this.#base);
    url.searchParams.set('limit', limit);
    if (before) url.searchParams.set('before', before);
    return answerOf(await reach(url, {}));
  }

  /** The stream of changes, as a response whose body goes on. */
  async events(signal) {
    const response = await this.#post('events', { organizationId: this.organizationId }, signal);
    if (!response.ok) await answerOf(response);
    return response;
  }

  async #json(path, body) {
    return answerOf(await this.#post(path, body));
  }

  async #post(path, members, signal) {
    const body = utf8(JSON.stringify(members));
    return reach(new URL(path, this.#base), { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Stamp': await this.#key.stamp(body) }, body, signal });
  }
}

const reach = async (url, options) => {
  try {
    return await fetch(url, { ...options, credentials: 'omit', cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(UNAVAILABLE, 'The service does not answer.');
  }
};

const answerOf = async (response) => {
  let answer;
  try {
    answer = await response.json();
  } catch {
    throw new ApiError(UNAVAILABLE, `The service answered with HTTP status ${response.status} and no JSON.`);
  }
  if (!response.ok) throw new ApiError(answer?.code ?? UNAVAILABLE, String(answer?.message ?? `HTTP status ${response.status}`));
  return answer;
};
