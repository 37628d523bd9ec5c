// A hook for apps that send an app proof with each answer: the answer is believed only when its proof verifies.
import { FormatError, fromUtf8 } from './bytes.js';
import { parseProof } from './proofs.js';
import { Verifier } from './verify.js';

const MAX_BODY = 8 * 1024 * 1024;
const MAX_REMEMBERED = 64;

/**
 * Checks the answers of one app under one policy. `bootProofs` is the address that a boot proof is found under by its key, such as
 * `https://fleet.example/boot-proofs/`, or a function from the key in hex to a boot proof's JSON text.
 */
export const createResponseVerifier = async ({ policy, bootProofs, fetch: fetcher = globalThis.fetch }) => {
  const verifier = await Verifier.create(policy);
  const remembered = new Map();

  const bootProof = async (keyHex) => {
    if (!/^[0-9a-f]{260}$/.test(keyHex)) throw new FormatError("the app proof's key is not 130 bytes in hex");
    if (remembered.has(keyHex)) return remembered.get(keyHex);
    const text = typeof bootProofs === 'function' ? await bootProofs(keyHex) : await boundedText(await fetcher(new URL(keyHex, bootProofs)));
    const { boot } = parseProof(new TextEncoder().encode(text));
    if (!boot) throw new FormatError('what was found under the key is not a boot proof');
    if (remembered.size === MAX_REMEMBERED) remembered.delete(remembered.keys().next().value);
    remembered.set(keyHex, boot);
    return boot;
  };

  /**
   * Reads a response whose body is JSON with `appProof`, and `bootProof` beside it or found by its key. Gives the verdict and, when it
   * is valid, the signed text; nothing else of the answer is to be believed.
   */
  return async (response) => {
    if (!response.ok) throw new FormatError(`the app answered with status ${response.status}`);
    const proof = parseProof(new TextEncoder().encode(await boundedText(response)));
    if (proof.apps.length !== 1) throw new FormatError('the answer carries no app proof');
    const result = await verifier.verify({ apps: proof.apps, boot: proof.boot ?? (await bootProof(proof.apps[0].publicKey.toLowerCase())) });
    if (!result.valid) remembered.delete(proof.apps[0].publicKey.toLowerCase());
    return { result, payload: result.proven?.payloads[0] ?? null };
  };
};

/** Checks one response; for several of one app make a createResponseVerifier once. */
export const verifyResponse = async (response, policy, { bootProofs, fetch } = {}) => (await createResponseVerifier({ policy, bootProofs, fetch }))(response);

const boundedText = async (response) => {
  const chunks = [];
  let size = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MAX_BODY) {
      await reader.cancel();
      throw new FormatError(`the answer has more than ${MAX_BODY} bytes`);
    }
    chunks.push(value);
  }
  const body = new Uint8Array(size);
  chunks.reduce((at, chunk) => (body.set(chunk, at), at + chunk.length), 0);
  return fromUtf8(body);
};

