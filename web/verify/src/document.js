// Attestation documents of the Nitro Secure Module: a COSE_Sign1 with a certificate chain, read strictly and verified step by step.
import { CborReader, cborBytes } from './cbor.js';
import { FormatError, concat, equalBytes, sha, toHex, utf8 } from './bytes.js';
import { parseCertificate } from './certificate.js';
import { verifyP384 } from './curves.js';

/** The longest document that a module gives, in bytes. */
export const MAX_DOCUMENT = 0x3000;
const MAX_PCRS = 32;
const MAX_USER_BYTES = 1024;
const MAX_TIMESTAMP = 253402300799999n;

/**
 * Reads a COSE_Sign1, tagged with 18 or not. Members that are not known are refused, or only named where AWS may have added one and
 * nothing else depends on them.
 */
export const parseDocument = (bytes, { allowUnknown = false } = {}) => {
  if (bytes.length > MAX_DOCUMENT) throw new FormatError(`the document has ${bytes.length} bytes; at most ${MAX_DOCUMENT} can be one`);
  const reader = new CborReader(bytes);
  if (reader.peek() === 'tag' && reader.tag() !== 18n) throw reader.error('the tag is not 18, COSE_Sign1');
  const parts = [];
  const count = reader.array(() => {
    switch (parts.length) {
      case 0:
      case 2:
      case 3:
        parts.push(reader.bytes());
        break;
      case 1:
        reader.map(() => {
          throw reader.error('the unprotected header is not empty');
        });
        parts.push(null);
        break;
      default:
        throw reader.error('more than four elements');
    }
  });
  if (parts.length !== 4 || (count !== undefined && count !== 4)) throw reader.error('a COSE_Sign1 has four elements');
  reader.end();
  const [header, , payload, signature] = parts;
  if (header.length > 16) throw new FormatError('the protected header is too long');
  if (signature.length !== 96) throw new FormatError(`the signature has ${signature.length} bytes instead of 96`);
  readHeader(header);
  return { header, payload, signature, ...readPayload(payload, allowUnknown) };
};

const readHeader = (header) => {
  const reader = new CborReader(header);
  let members = 0;
  reader.map(() => {
    const label = reader.integer();
    const algorithm = reader.integer();
    if (members++ > 0 || label !== 1n || algorithm !== -35n) throw reader.error('the protected header is not {1: -35}, ES384');
  });
  if (members !== 1) throw reader.error('the protected header is not {1: -35}, ES384');
  reader.end();
};

const readPayload = (payload, allowUnknown) => {
  const reader = new CborReader(payload);
  const fields = { publicKey: null, userData: null, nonce: null, unknown: [] };
  const optional = () => (reader.peek() === 'null' ? reader.null() ?? null : reader.bytes());
  const members = {
    module_id: () => (fields.moduleId = reader.text()),
    digest: () => (fields.digest = reader.text()),
    timestamp: () => (fields.timestamp = reader.unsigned()),
    pcrs: () => (fields.pcrs = readPcrs(reader)),
    certificate: () => (fields.certificate = reader.bytes()),
    cabundle: () => {
      fields.cabundle = [];
      reader.array(() => fields.cabundle.push(reader.bytes()));
    },
    public_key: () => (fields.publicKey = optional()),
    user_data: () => (fields.userData = optional()),
    nonce: () => (fields.nonce = optional()),
  };
  const seen = new Set();
  reader.map(() => {
    const name = reader.text();
    if (seen.has(name)) throw reader.error(`"${name}" is there twice`);
    seen.add(name);
    if (Object.hasOwn(members, name)) {
      members[name]();
      return;
    }
    if (!allowUnknown) throw reader.error(`"${name.slice(0, 40)}" is not known here`);
    fields.unknown.push(name.slice(0, 40));
    reader.skip();
  });
  reader.end();
  checkLimits(fields);
  fields.timestamp = Number(fields.timestamp);
  return fields;
};

const readPcrs = (reader) => {
  const pcrs = new Map();
  reader.map(() => {
    const index = reader.integer();
    const value = reader.bytes();
    if (pcrs.has(Number(index))) throw reader.error(`PCR${index} is there twice`);
    pcrs.set(Number(index), value);
  });
  return pcrs;
};

const checkLimits = ({ moduleId, digest, timestamp, pcrs, certificate, cabundle, publicKey, userData, nonce }) => {
  const require = (holds, otherwise) => {
    if (!holds) throw new FormatError(`the document's ${otherwise}`);
  };
  const isCertificate = (bytes) => bytes && bytes.length > 0 && bytes.length <= 1024;
  require(moduleId && moduleId.length <= 256, 'module_id is missing, empty or too long');
  require(digest === 'SHA384', 'digest is not SHA384');
  require(timestamp > 0n && timestamp <= MAX_TIMESTAMP, `timestamp is ${timestamp}`);
  require(
    pcrs && pcrs.size >= 1 && pcrs.size <= MAX_PCRS && [...pcrs].every(([index, value]) => index >= 0 && index < MAX_PCRS && [32, 48, 64].includes(value.length)),
    'pcrs is not 1 to 32 PCRs with indices below 32 and 32, 48 or 64 bytes');
  require(isCertificate(certificate), 'certificate has not 1 to 1,024 bytes');
  require(cabundle && cabundle.length > 0 && cabundle.every(isCertificate), 'cabundle is not one or more certificates of 1 to 1,024 bytes');
  require(publicKey === null || (publicKey.length > 0 && publicKey.length <= 1024), 'public_key has not 1 to 1,024 bytes');
  require(userData === null || userData.length <= MAX_USER_BYTES, 'user_data has more than 1,024 bytes');
  require(nonce === null || nonce.length <= MAX_USER_BYTES, 'nonce has more than 1,024 bytes');
};

/**
 * Verifies a document's chain from a root and its signature: five steps, each a name and null or what was wrong; without readable
 * certificates the others are not run (undefined).
 */
export const examine = async (document, root, time) => {
  let chain;
  const certificates = step(() => (chain = readChain(document, root)));
  if (certificates !== null) return { certificates, chain: undefined, validity: undefined, chainSignatures: undefined, signature: undefined };
  return {
    certificates,
    chain: step(() => checkChain(chain)),
    validity: step(() => checkValidity(chain, time)),
    chainSignatures: await checkChainSignatures(chain),
    signature: await checkSignature(document, chain),
  };
};

/** The root certificate that everything is verified from; throws when it is not an authority of the accepted profile. */
export const parseRoot = (der) => {
  const root = parseCertificate(der, 'the root');
  requireAuthority(root, 0);
  return root;
};

const step = (check) => {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
};

// The root, the bundle without its first entry, the leaf.
const readChain = (document, root) => [
  root,
  ...document.cabundle.slice(1).map((der, index) => parseCertificate(der, `cabundle[${index + 1}]`)),
  parseCertificate(document.certificate, 'the certificate'),
];

const checkChain = (chain) => {
  const leaf = chain[chain.length - 1];
  for (let at = 0; at < chain.length - 1; at++) {
    if (!equalBytes(chain[at + 1].issuer, chain[at].subject)) throw new FormatError(`${chain[at + 1].name} was issued by another name than the subject of ${chain[at].name}`);
    requireAuthority(chain[at], chain.length - 2 - at);
  }
  if (leaf.isAuthority) throw new FormatError('the certificate is that of an authority');
  if (!leaf.canSignData) throw new FormatError('the certificate has a key usage without digitalSignature');
};

const requireAuthority = (certificate, authoritiesBelow) => {
  if (!certificate.isAuthority) throw new FormatError(`${certificate.name} is not that of an authority`);
  if (!certificate.canSignCertificates) throw new FormatError(`${certificate.name} has a key usage without keyCertSign`);
  if (certificate.pathLength < authoritiesBelow) throw new FormatError(`${certificate.name} allows ${certificate.pathLength} authorities below it, and there are ${authoritiesBelow}`);
};

const checkValidity = (chain, time) => {
  for (const { name, notBefore, notAfter } of chain) {
    if (time < notBefore) throw new FormatError(`${name} is valid from ${stamp(notBefore)} on, and the chosen time is ${stamp(time)}`);
    if (time > notAfter) throw new FormatError(`${name} was valid until ${stamp(notAfter)}, and the chosen time is ${stamp(time)}`);
  }
};

const stamp = (time) => new Date(time).toISOString();

const checkChainSignatures = async (chain) => {
  const signed = await Promise.all(chain.slice(1).map((certificate, at) => verifyP384(chain[at].point, certificate.toBeSigned, certificate.signature)));
  const wrong = signed.indexOf(false);
  return wrong < 0 ? null : `${chain[wrong + 1].name} is not signed by ${chain[wrong].name}`;
};

const checkSignature = async (document, chain) => {
  // Sig_structure (RFC 9052, section 4.4): ["Signature1", protected, h'', payload].
  const structure = concat(Uint8Array.of(0x84, 0x6a), utf8('Signature1'), cborBytes(document.header), Uint8Array.of(0x40), cborBytes(document.payload));
  const isSigned = await verifyP384(chain[chain.length - 1].point, structure, document.signature);
  return isSigned ? null : "the document is not signed by its certificate's key";
};

/**
 * What PCR16 (setup) or PCR17 (live) must hold for a key and a manifest: SHA384(48 zero bytes || SHA384(preimage)), the preimage
 * canonical JSON.
 */
export const commitment = async (isLive, publicKey, manifestHash) => {
  const domain = `qos-${isLive ? 'live' : 'setup'}-manifest-pcr-commitment-v1`;
  const preimage = utf8(`{"domain":"${domain}","ephemeralPublicKey":"${toHex(publicKey)}","manifestHash":"${toHex(manifestHash)}"}`);
  return { index: isLive ? 17 : 16, value: await sha(384, concat(new Uint8Array(48), await sha(384, preimage))) };
};
