// App proofs and boot proofs as they are published. Nothing in them is verified yet.
import { FormatError, fromBase64 } from './bytes.js';
import { MAX_DOCUMENT } from './document.js';
import { JsonNumber, parseJson } from './json.js';

const MAX_SHORT = 1024;
const MAX_PAYLOAD = 4 * 1024 * 1024;
const MAX_MANIFEST = 16 * 1024 * 1024;

/** The longest published proof that is read, in bytes. */
export const MAX_PROOF = 64 * 1024 * 1024;

/**
 * Reads published proofs: `{"appProof":…,"bootProof":…}`, `{"appProofs":[…],"bootProof":…}`, or one of them alone. Members that are not
 * known are passed over.
 */
export const parseProof = (bytes) => {
  if (bytes.length > MAX_PROOF) throw new FormatError(`the proof has more than ${MAX_PROOF} bytes`);
  const root = parseJson(bytes, { anyNumber: true });
  if (!(root instanceof Map)) throw new FormatError('a proof is a JSON object');
  const [app, apps, boot] = ['appProof', 'appProofs', 'bootProof'].map((name) => root.get(name) ?? null);
  const bootProof = boot && readBoot(boot);
  if (apps) {
    if (app) throw new FormatError('the text holds both appProof and appProofs');
    if (!Array.isArray(apps) || apps.length === 0) throw new FormatError('appProofs is not a list of app proofs');
    return { apps: apps.map(readApp), boot: bootProof };
  }
  if (app || boot) return { apps: app ? [readApp(app)] : [], boot: bootProof };
  if (root.has('proofPayload')) return { apps: [readApp(root)], boot: null };
  if (root.has('awsAttestationDocB64')) return { apps: [], boot: readBoot(root) };
  throw new FormatError('the text holds neither an app proof nor a boot proof');
};

const readApp = (value) => {
  const read = members(value, 'the app proof');
  return { scheme: read.text('scheme', MAX_SHORT), publicKey: read.text('publicKey', MAX_SHORT), payload: read.text('proofPayload', MAX_PAYLOAD), signature: read.text('signature', MAX_SHORT) };
};

const readBoot = (value) => {
  const read = members(value, 'the boot proof');
  return {
    publicKey: read.text('ephemeralPublicKeyHex', MAX_SHORT),
    document: read.base64('awsAttestationDocB64', MAX_DOCUMENT),
    manifest: read.base64('qosManifestB64', MAX_MANIFEST),
    envelope: read.base64('qosManifestEnvelopeB64', MAX_MANIFEST),
    // For people: nothing is decided by them.
    label: read.optional('deploymentLabel'), app: read.optional('enclaveApp'), owner: read.optional('owner'), createdAt: read.seconds('createdAt'),
  };
};

const members = (value, what) => {
  if (!(value instanceof Map)) throw new FormatError(`${what} must be an object`);
  const text = (name, max) => {
    const found = value.get(name);
    if (typeof found !== 'string') throw new FormatError(`${what} has no text "${name}"`);
    if (new TextEncoder().encode(found).length > max) throw new FormatError(`${what}'s "${name}" is longer than ${max} bytes`);
    return found;
  };
  return {
    text,
    base64: (name, max) => {
      const encoded = text(name, Math.ceil((max + 2) / 3) * 4);
      try {
        return fromBase64(encoded);
      } catch (error) {
        throw new FormatError(`${what}'s "${name}": ${error.message}`);
      }
    },
    optional: (name) => (typeof value.get(name) === 'string' ? value.get(name) : null),
    seconds: (name) => {
      const found = value.get(name);
      const seconds = found instanceof Map ? found.get('seconds') : undefined;
      const digits = seconds instanceof JsonNumber ? seconds.text : seconds;
      return typeof digits === 'string' && /^[0-9]{1,12}$/.test(digits) ? Number(digits) : null;
    },
  };
};
