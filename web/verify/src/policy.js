// What a verifier holds and compares a proof with. Identity and measurements have no default: a policy that leaves one of them out has to
// give it up by name.
import { equalBytes, fromHex, sha, toHex } from './bytes.js';
import { AWS_ROOT } from './aws-root.js';

/** Gives the identity up: a deployment of any quorum is accepted, also a stranger's. */
export const ANYONE = 'anyone';

/** Gives the measurements up: an enclave of any image is accepted. */
export const ANY_IMAGE = 'any-image';

const KINDS = ['quorumKeys', 'manifestSets', 'manifestHashes', 'ephemeralKeys'];

/**
 * A checked policy. The types are in index.d.ts.
 * @throws {TypeError} Identity or measurements are missing, or a value is not of its form.
 */
export const createPolicy = (policy) => {
  const {
    identity, measurements, manifest = {}, root = AWS_ROOT, time = 'now', nonce = null, allowUncommitted = false, allowDebug = false, clock = Date.now,
    ...unknown
  } = policy ?? {};
  const extra = Object.keys(unknown);
  if (extra.length > 0) throw new TypeError(`the policy has the unknown member "${extra[0]}"`);
  if (!(time === 'now' || time === 'document' || Number.isFinite(time))) throw new TypeError('time is "now", "document" or milliseconds since 1970');
  return {
    identity: checkedIdentity(identity), measurements: checkedMeasurements(measurements), manifest: checkedManifest(manifest),
    root: checkedBytes(root, 'root'), time, nonce: nonce === null ? null : checkedBytes(nonce, 'nonce'), allowUncommitted: allowUncommitted === true, allowDebug: allowDebug === true, clock,
  };
};

const checkedIdentity = (identity) => {
  if (identity === ANYONE) return ANYONE;
  const kinds = Object.keys(identity ?? {});
  if (kinds.length === 0) throw new TypeError('the policy names no identity: give a quorum key, a manifest set, a manifest hash or an ephemeral key; ANYONE gives it up');
  const unknown = kinds.find((kind) => !KINDS.includes(kind));
  if (unknown) throw new TypeError(`the identity has the unknown member "${unknown}"`);
  const checked = {};
  for (const kind of KINDS) {
    const values = identity[kind] ?? [];
    if (!Array.isArray(values) || (kinds.includes(kind) && values.length === 0)) throw new TypeError(`identity.${kind} is an array of one or more values`);
    const size = kind === 'manifestHashes' ? 32 : 130;
    checked[kind] = values.map((value) => (kind === 'manifestSets' ? checkedSet(value) : checkedBytes(value, `identity.${kind}`, size)));
  }
  return checked;
};

const checkedMeasurements = (measurements) => {
  if (measurements === ANY_IMAGE) return [];
  if (!Array.isArray(measurements) || measurements.length === 0) throw new TypeError('the policy names no measurements: give the PCRs of the releases that you trust; ANY_IMAGE gives them up');
  return measurements.map(({ name = 'the release', pcrs }) => {
    const values = Object.entries(pcrs ?? {}).map(([index, value]) => [Number(index), checkedBytes(value, `PCR${index}`, 48)]);
    if (values.length === 0 || values.some(([index]) => !Number.isInteger(index) || index < 0 || index > 31)) throw new TypeError(`${name} names no PCR`);
    return { name, pcrs: new Map(values) };
  });
};

const checkedManifest = ({ pivots = [], namespace, minimumNonce, arguments: args, environment, bridges, shareSet }) => ({
  pivots: pivots.map((pivot) => checkedBytes(pivot, 'manifest.pivots', 32)), namespace, minimumNonce, arguments: args, environment, bridges, shareSet: shareSet && checkedSet(shareSet),
});

const checkedSet = (set) => {
  const { threshold, members } = set ?? {};
  if (!Number.isInteger(threshold) || !Array.isArray(members)) throw new TypeError('a set is {threshold, members: [{alias, pubKey}]}');
  return { threshold, members: members.map(({ alias = '', pubKey }) => ({ alias, pubKey: toHex(checkedBytes(pubKey, 'a member', 130)) })) };
};

const checkedBytes = (value, what, size) => {
  let bytes;
  try {
    bytes = typeof value === 'string' ? fromHex(value.trim()) : Uint8Array.from(value);
  } catch (error) {
    throw new TypeError(`${what} is bytes or hex: ${error.message}`);
  }
  if (size !== undefined && bytes.length !== size) throw new TypeError(`${what} has ${bytes.length} bytes instead of ${size}`);
  return bytes;
};

/** SHA-256 of a public key in hex: what people read to each other. */
export const fingerprint = async (publicKeyHex) => toHex(await sha(256, fromHex(publicKeyHex)));

/** The checks of a bound document and manifest against the policy, in order. */
export const checkPolicy = async (checks, policy, document, manifest, manifestBytes) => {
  debugMode(checks, 'document.debug-mode', document && isDebug(document), policy, 'PCR0 to PCR2 are zero: the enclave runs in debug mode, and nothing is proven about its code');
  debugMode(checks, 'manifest.debug-mode', manifest && manifest.pivot.debugMode, policy, "the manifest is in debug mode: the app's output can be read outside");
  await identityChecks(checks, policy.identity, manifest, await sha(256, manifestBytes), document?.publicKey);
  trustedPcrs(checks, document, policy.measurements);
  trustedPivot(checks, manifest, policy.manifest.pivots);
  await required(checks, manifest, policy.manifest);
};

/** The checks of an app proof that comes without a boot proof. */
export const checkAppAlone = (checks, policy, key) => {
  const { identity } = policy;
  if (identity === ANYONE) checks.note('identity', 'waived', { detail: 'signed by any key: accepted because that was asked for' });
  else {
    if (identity.quorumKeys.length + identity.manifestSets.length + identity.manifestHashes.length > 0)
      checks.fail('identity', 'an app proof alone does not say whose deployment made it: verify it with its boot proof');
    oneOf(checks, 'identity.ephemeral-key', identity.ephemeralKeys, key, 'it is another key');
  }
  if (policy.measurements.length > 0) checks.fail('trusted.pcrs', 'an app proof alone carries no measurements: verify it with its boot proof');
};

/** The checks of a document that comes alone. */
export const checkDocumentAlone = (checks, { measurements }, document) => {
  if (measurements.length === 0) checks.note('trusted.pcrs', 'notAsked', { detail: 'no trusted measurements were given' });
  else trustedPcrs(checks, document, measurements);
  if (document && isDebug(document)) checks.note('document.debug-mode', 'notAsked', { detail: 'PCR0 to PCR2 are zero: this enclave runs in debug mode and proves nothing about its code' });
};

/** Whether PCR0 to PCR2 are zero, as they are in an enclave that was started in debug mode. */
export const isDebug = (document) => [0, 1, 2].every((index) => document.pcrs.get(index)?.every((byte) => byte === 0));

const debugMode = (checks, name, found, { allowDebug }, detail) => {
  if (found === null || found === undefined) checks.notRun(name);
  else if (!found) checks.pass(name);
  else if (allowDebug) checks.note(name, 'waived', { detail: `${detail}: accepted because that was asked for` });
  else checks.fail(name, detail);
};

const identityChecks = async (checks, identity, manifest, hash, key) => {
  if (identity === ANYONE) {
    checks.note('identity', 'waived', { detail: "a deployment of any quorum, also a stranger's: accepted because that was asked for" });
    return;
  }
  const quorumKey = manifest && fromHex(manifest.namespace.quorumKey);
  oneOf(checks, 'identity.quorum-key', identity.quorumKeys, quorumKey, 'the manifest names the quorum key of another application');
  oneOf(checks, 'identity.manifest-hash', identity.manifestHashes, hash, 'it is another manifest');
  oneOf(checks, 'identity.ephemeral-key', identity.ephemeralKeys, key, "it is another enclave's key");
  if (identity.manifestSets.length > 0) await sameSet(checks, 'identity.manifest-set', identity.manifestSets, manifest?.manifestSet, 'other people approved the manifest');
};

const oneOf = (checks, name, trusted, actual, otherwise) => {
  if (trusted.length === 0) return;
  if (!actual) {
    checks.notRun(name);
    return;
  }
  const isKnown = trusted.some((bytes) => equalBytes(bytes, actual));
  checks.note(name, isKnown ? 'passed' : 'failed', { expected: trusted.map(toHex).join(' or '), actual: toHex(actual), detail: isKnown ? undefined : otherwise });
};

const sameSet = async (checks, name, trusted, actual, otherwise) => {
  if (!actual) {
    checks.notRun(name);
    return;
  }
  const keys = ({ threshold, members }) => [threshold, ...members.map(({ pubKey }) => pubKey).sort()].join(' ');
  const isKnown = trusted.some((set) => keys(set) === keys(actual));
  const shown = await Promise.all([...trusted, actual].map(setText));
  checks.note(name, isKnown ? 'passed' : 'failed', { expected: shown.slice(0, -1).join(' or '), actual: shown.at(-1), detail: isKnown ? undefined : otherwise });
};

/** A set in one line: its threshold, and each member's alias with the fingerprint of the key. */
export const setText = async ({ threshold, members }) =>
  `${threshold} of ${members.length}: ${(await Promise.all(members.map(async ({ alias, pubKey }) => `${alias} ${await fingerprint(pubKey)}`))).join(', ')}`;

const trustedPcrs = (checks, document, profiles) => {
  const name = 'trusted.pcrs';
  if (profiles.length === 0) {
    checks.note(name, 'waived', { detail: 'an enclave of any image: accepted because that was asked for' });
    return;
  }
  if (!document) {
    checks.notRun(name);
    return;
  }
  const misses = [];
  for (const profile of profiles) {
    const miss = [...profile.pcrs].find(([index, value]) => !equalBytes(value, document.pcrs.get(index)));
    if (!miss) {
      checks.pass(name, `as in ${profile.name}: PCR ${[...profile.pcrs.keys()].join(', ')}`);
      return;
    }
    const [index, value] = miss;
    const actual = document.pcrs.get(index);
    misses.push(`${profile.name}: PCR${index} is ${actual ? toHex(actual) : 'absent'} instead of ${toHex(value)}`);
  }
  checks.fail(name, misses.join('; '));
};

const trustedPivot = (checks, manifest, pivots) => {
  const name = 'trusted.pivot';
  if (pivots.length === 0) checks.note(name, 'notAsked', { actual: manifest?.pivot.hash, detail: 'no trusted binary was given' });
  else oneOf(checks, name, pivots, manifest && fromHex(manifest.pivot.hash));
};

const required = async (checks, manifest, { namespace, minimumNonce, arguments: args, environment, bridges, shareSet }) => {
  const text = (name, expected, actual) => {
    if (actual === undefined) checks.notRun(name);
    else checks.note(name, expected === actual ? 'passed' : 'failed', { expected, actual });
  };
  const pivot = manifest?.pivot;
  if (namespace !== undefined) text('required.namespace', namespace, manifest?.namespace.name);
  if (minimumNonce !== undefined) {
    const nonce = manifest?.namespace.nonce;
    if (nonce === undefined) checks.notRun('required.nonce');
    else checks.note('required.nonce', nonce >= minimumNonce ? 'passed' : 'failed', { expected: `at least ${minimumNonce}`, actual: String(nonce), detail: nonce >= minimumNonce ? undefined : 'the manifest is an older one' });
  }
  if (args !== undefined) text('required.arguments', argumentsText(args), pivot && argumentsText(pivot.args));
  if (environment !== undefined) text('required.environment', environmentText(Object.entries(environment)), pivot && environmentText([...pivot.env]));
  if (bridges !== undefined) text('required.bridges', bridgesText(bridges), pivot && bridgesText(pivot.bridgeConfig));
  if (shareSet !== undefined) await sameSet(checks, 'required.share-set', [shareSet], manifest?.shareSet, 'other people hold the shares');
};

const list = (items) => (items.length === 0 ? 'none' : items.join(' '));
const quote = (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
const byCode = (left, right) => (left < right ? -1 : left > right ? 1 : 0);

/** Parts of a manifest in one line each, so that two that differ never look the same. */
export const argumentsText = (args) => list(args.map(quote));
export const environmentText = (variables) => list([...variables].sort(([left], [right]) => byCode(left, right)).map(([name, value]) => quote(`${name}=${value}`)));
export const bridgesText = (bridges) => list(bridges.map(({ type, port, host }) => (host === null || host === undefined ? `${type}:${port}` : `${type}:${port}:${host}`)).sort(byCode));

