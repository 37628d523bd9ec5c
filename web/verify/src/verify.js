// The checks on proofs, in order, each by name with the values compared. The names and the order are those of the .NET library Qos.Verify.
import { AWS_ROOT_SHA256 } from './aws-root.js';
import { FormatError, equalBytes, fromHex, sha, toHex, utf8 } from './bytes.js';
import { publicKey, verifyP256 } from './curves.js';
import { commitment, examine, parseDocument, parseRoot } from './document.js';
import { checkApprovals, hashManifest, hashedBytes, parseEnvelope, parseManifest } from './manifest.js';
import { checkAppAlone, checkDocumentAlone, checkPolicy, createPolicy } from './policy.js';
import { parseProof } from './proofs.js';

const CLOCK_TOLERANCE = 5 * 60 * 1000;
const SCHEME = 'SIGNATURE_SCHEME_EPHEMERAL_KEY_P256';
const AFTER_FORMAT = { certificates: 'document.certificates', chain: 'document.chain', validity: 'document.validity', chainSignatures: 'document.chain-signatures', signature: 'document.signature' };

/** Collects checks while they are made. */
class Checks extends Array {
  pass(name, detail) {
    this.note(name, 'passed', { detail });
  }

  fail(name, detail, expected, actual) {
    this.note(name, 'failed', { expected, actual, detail });
  }

  note(name, outcome, values = {}) {
    this.push({ name, outcome, ...Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) });
  }

  notRun(...names) {
    for (const name of names) this.note(name, 'notRun', { detail: 'an earlier failure left nothing to compare' });
  }

  /** Compares bytes; an absent value is equal to nothing. */
  equal(name, expected, actual, otherwise) {
    const isEqual = equalBytes(expected, actual);
    this.note(name, isEqual ? 'passed' : 'failed', { expected: shown(expected), actual: shown(actual), detail: isEqual ? undefined : otherwise });
  }
}

const shown = (bytes) => (bytes ? toHex(bytes) : 'absent');

/** Verifies proofs under one policy. */
export class Verifier {
  #policy;
  #root;
  #rootSha256;

  constructor(policy, root, rootSha256) {
    this.#policy = policy;
    this.#root = root;
    this.#rootSha256 = rootSha256;
  }

  /**
   * A verifier for a policy (see policy.js).
   * @throws {TypeError} The policy is not one.
   * @throws {FormatError} The root is not an authority of the accepted profile.
   */
  static async create(policy) {
    const checked = createPolicy(policy);
    return new Verifier(checked, parseRoot(checked.root), toHex(await sha(256, checked.root)));
  }

  /** Verifies a published proof: its bytes, or what parseProof made of them. A proof that cannot be read throws FormatError. */
  async verify(proof) {
    const { apps, boot } = proof instanceof Uint8Array ? parseProof(proof) : proof;
    const checks = new Checks();
    const appKeys = [];
    for (const app of apps) appKeys.push(await this.#app(checks, app));
    if (!boot) {
      appKeys.forEach((key) => checkAppAlone(checks, this.#policy, key));
      return this.#result(checks, { apps, ephemeralKey: appKeys[0] });
    }
    const bound = await this.#boot(checks, boot);
    for (const [index, key] of appKeys.entries()) this.#compareKeys(checks, 'keys.app-proof', bound.document, key ?? decoded(apps[index].publicKey));
    return this.#result(checks, { apps, ...bound });
  }

  /** Verifies an attestation document by itself: form, chain, time, signature and the measurements. Whose it is, it does not say. */
  async verifyDocument(bytes) {
    const checks = new Checks();
    const document = await this.#document(checks, bytes, true);
    if (this.#policy.nonce) this.#nonce(checks, document);
    checkDocumentAlone(checks, this.#policy, document);
    return this.#result(checks, { apps: [], document });
  }

  async #app(checks, { scheme, publicKey: hex, payload, signature }) {
    checks.note('app.scheme', scheme === SCHEME ? 'passed' : 'failed', { expected: SCHEME, actual: scheme });
    const key = readKey(checks, 'app.key', decoded(hex));
    if (!key) {
      checks.notRun('app.signature');
      return null;
    }
    const bytes = decoded(signature);
    if (bytes && (await verifyP256(key.signingPoint, utf8(payload), bytes))) checks.pass('app.signature');
    else checks.fail('app.signature', "the payload is not signed by the app proof's key");
    return key.bytes;
  }

  async #boot(checks, { publicKey: hex, document: encoded, manifest: manifestBytes, envelope: envelopeBytes }) {
    const document = await this.#document(checks, encoded);
    const manifest = await this.#bind(checks, document, manifestBytes);
    const approvers = await this.#envelope(checks, envelopeBytes, manifestBytes);
    this.#compareKeys(checks, 'keys.boot-proof', document, decoded(hex));
    return { document, manifest, approvers };
  }

  // The document by itself: form, chain, time, signature.
  async #document(checks, bytes, allowUnknown = false) {
    const isAws = this.#rootSha256 === AWS_ROOT_SHA256;
    checks.pass('document.root', isAws ? `AWS Nitro Enclaves Root-G1, SHA-256 ${this.#rootSha256}` : `not AWS's, but one that was given: SHA-256 ${this.#rootSha256}`);
    let document;
    try {
      document = parseDocument(bytes, { allowUnknown });
      checks.pass('document.format');
      if (document.unknown.length > 0) checks.note('document.members', 'notAsked', { detail: `members that are not known here, and not looked at: ${document.unknown.join(', ')}` });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      checks.fail('document.format', error.message);
      checks.notRun(...Object.values(AFTER_FORMAT), 'document.time');
      return null;
    }
    const findings = await examine(document, this.#root, this.#time(document));
    for (const [step, name] of Object.entries(AFTER_FORMAT)) {
      const finding = findings[step];
      if (finding === undefined) checks.notRun(name);
      else if (finding === null) checks.pass(name);
      else checks.fail(name, finding);
    }
    this.#notOfTheFuture(checks, document);
    return document;
  }

  // Whatever time the certificates are checked at: one of the two clocks is wrong then.
  #notOfTheFuture(checks, { timestamp }) {
    const { time, clock } = this.#policy;
    const present = typeof time === 'number' ? time : clock();
    const made = `made at ${new Date(timestamp).toISOString()}`;
    if (timestamp - present <= CLOCK_TOLERANCE) checks.pass('document.time', made);
    else checks.fail('document.time', `${made}, which is ${Math.round((timestamp - present) / 60000)} minutes ahead of ${typeof time === 'number' ? 'the chosen time' : "this machine's clock"}: one of the two is wrong`);
  }

  // The document against the manifest, and both against the policy.
  async #bind(checks, document, bytes) {
    const isOlder = this.#policy.allowUncommitted && document?.pcrs.has(17) === false;
    const manifest = await this.#manifest(checks, bytes, document);
    this.#nonce(checks, document);
    for (let index = 0; index < 4; index++) {
      const name = `manifest.pcr${index}`;
      if (document && manifest) checks.equal(name, fromHex(manifest.enclave[`pcr${index}`]), document.pcrs.get(index));
      else checks.notRun(name);
    }
    this.#allPcrs(checks, document, isOlder);
    if (document) readKey(checks, 'document.key', document.publicKey);
    else checks.notRun('document.key');
    await this.#commitment(checks, document, isOlder);
    await checkPolicy(checks, this.#policy, document, manifest, bytes);
    return manifest;
  }

  async #manifest(checks, bytes, document) {
    let manifest = null;
    try {
      manifest = parseManifest(bytes);
      checks.pass('manifest.format', manifest.version);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      checks.fail('manifest.format', error.message);
    }
    if (document) checks.equal('manifest.hash', document.userData, await sha(256, bytes), 'the document was made for another manifest');
    else checks.notRun('manifest.hash');
    if (!manifest) checks.notRun('manifest.encoding');
    else if (equalBytes(hashedBytes(manifest), bytes)) checks.pass('manifest.encoding');
    else checks.fail('manifest.encoding', 'the bytes are another encoding of the manifest than the one that is hashed');
    return manifest;
  }

  #nonce(checks, document) {
    if (!document) checks.notRun('document.nonce');
    else if (this.#policy.nonce) checks.equal('document.nonce', this.#policy.nonce, document.nonce);
    else if (document.nonce) checks.fail('document.nonce', 'no nonce was asked for', 'absent', shown(document.nonce));
    else checks.pass('document.nonce', 'absent');
  }

  #allPcrs(checks, document, isWaived) {
    if (!document) {
      checks.notRun('document.pcrs');
      return;
    }
    const missing = Array.from({ length: 32 }, (_, index) => index).filter((index) => !document.pcrs.has(index));
    const values = { expected: 'PCR 0 to 31', actual: `${document.pcrs.size} PCRs` };
    if (missing.length === 0) checks.pass('document.pcrs');
    else if (isWaived) checks.note('document.pcrs', 'waived', { ...values, detail: 'a node without PCR17: accepted because that was asked for' });
    else checks.note('document.pcrs', 'failed', { ...values, detail: `missing: ${missing.join(', ')}` });
  }

  async #commitment(checks, document, isWaived) {
    if (!document?.publicKey || !document.userData) {
      checks.notRun('commitment.live');
      return;
    }
    const { index, value } = await commitment(true, document.publicKey, document.userData);
    const actual = document.pcrs.get(index);
    if (!actual && isWaived) {
      checks.note('commitment.live', 'waived', { expected: shown(value), actual: 'absent', detail: `the document has no PCR${index}: accepted because that was asked for` });
      return;
    }
    checks.equal('commitment.live', value, actual, `PCR${index} does not commit to this key and manifest`);
  }

  async #envelope(checks, bytes, manifestBytes) {
    let envelope;
    try {
      envelope = parseEnvelope(bytes);
      checks.pass('envelope.format', envelope.manifest.version);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      checks.fail('envelope.format', error.message);
      checks.notRun('envelope.manifest', 'envelope.approvals');
      return [];
    }
    checks.equal('envelope.manifest', await sha(256, manifestBytes), await hashManifest(envelope.manifest), 'the envelope is that of another manifest');
    const { threshold, members } = envelope.manifest.manifestSet;
    const refusal = (await checkApprovals(envelope)) ?? (threshold < 1 ? 'a threshold of 0 asks for nothing' : null);
    checks.note('envelope.approvals', refusal ? 'failed' : 'passed', {
      expected: `${threshold} of ${members.length} members`,
      actual: `${envelope.manifestSetApprovals.length} approvals`,
      detail: refusal ?? `by ${envelope.manifestSetApprovals.map(({ member }) => member.alias).join(', ')}`,
    });
    return refusal ? [] : envelope.manifestSetApprovals.map(({ member }) => member);
  }

  #compareKeys(checks, name, document, key) {
    if (document) checks.equal(name, document.publicKey, key, "the proof's key is not the document's");
    else checks.notRun(name);
  }

  #time(document) {
    const { time, clock } = this.#policy;
    return time === 'document' ? document.timestamp : time === 'now' ? clock() : time;
  }

  #result(checks, { apps, document = null, manifest = null, approvers = [], ephemeralKey = document?.publicKey ?? null }) {
    const isValid = checks.every(({ outcome }) => ['passed', 'waived', 'notAsked'].includes(outcome));
    return {
      valid: isValid,
      root: { sha256: this.#rootSha256, aws: this.#rootSha256 === AWS_ROOT_SHA256 },
      time: document && { choice: this.#policy.time, unixMs: this.#time(document) },
      checks: [...checks],
      // Nothing is read from a proof that was refused.
      proven: isValid ? { document, manifest, approvers, ephemeralKey, payloads: apps.map(({ payload }) => payload) } : null,
    };
  }
}

const readKey = (checks, name, bytes) => {
  try {
    const key = publicKey(bytes);
    checks.note(name, 'passed', { actual: shown(bytes) });
    return key;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    checks.note(name, 'failed', { expected: '130 bytes, two points on P-256', actual: bytes ? toHex(bytes) : '', detail: error.message });
    return null;
  }
};

// The bytes of a text of hex digits; null for any other text.
const decoded = (hex) => {
  try {
    return fromHex(hex);
  } catch {
    return null;
  }
};
