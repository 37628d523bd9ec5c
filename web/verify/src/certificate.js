// X.509 certificates of the profile that Nitro enclaves use: version 3, a P-384 key, signed with ECDSA and SHA-384, no critical extension
// besides basicConstraints and keyUsage.
import { FormatError, equalBytes, fromHex } from './bytes.js';
import { signatureFromDer } from './curves.js';
import { DerReader, TAG } from './der.js';

const ECDSA_WITH_SHA384 = fromHex('300a06082a8648ce3d040303');
const P384_KEY_PREFIX = fromHex('3076301006072a8648ce3d020106052b81040022036200');
const BASIC_CONSTRAINTS = '551d13';
const KEY_USAGE = '551d0f';

/** Reads a certificate in DER. */
export const parseCertificate = (der, name) => {
  try {
    const outer = new DerReader(der);
    const certificate = outer.sequence();
    outer.end();
    const toBeSigned = certificate.peekEncoded();
    const fields = certificate.sequence();
    requireAlgorithm(certificate.encoded());
    const { bytes, unused } = certificate.bits();
    if (unused !== 0) throw new FormatError('the signature does not end at a byte');
    const signature = signatureFromDer(bytes);
    certificate.end();
    return { name, toBeSigned, signature, ...readFields(fields) };
  } catch (error) {
    throw error instanceof FormatError ? new FormatError(`${name} is not accepted: ${error.message}`) : error;
  }
};

const readFields = (fields) => {
  const version = fields.sequence(0xa0);
  if (version.smallInteger() !== 2) throw new FormatError('its version is not 3');
  version.end();
  if (fields.integer().length > 21) throw new FormatError('its serial number is longer than 20 bytes');
  requireAlgorithm(fields.encoded());
  const issuer = readName(fields);
  const validity = fields.sequence();
  const notBefore = validity.time();
  const notAfter = validity.time();
  validity.end();
  const subject = readName(fields);
  const point = readPublicKey(fields.encoded());
  const extensions = readExtensions(fields);
  fields.end();
  return { issuer, subject, notBefore, notAfter, point, ...extensions };
};

const requireAlgorithm = (encoded) => {
  if (!equalBytes(encoded, ECDSA_WITH_SHA384)) throw new FormatError('it is not signed with ecdsa-with-SHA384');
};

// A name is compared as bytes, so it only has to be one well-formed, non-empty sequence.
const readName = (fields) => {
  const encoded = fields.peekEncoded();
  const parts = fields.sequence();
  if (!parts.hasData) throw new FormatError('a name is empty');
  while (parts.hasData) {
    const part = parts.set();
    do {
      const pair = part.sequence();
      pair.oid();
      pair.encoded();
      pair.end();
    } while (part.hasData);
  }
  return encoded;
};

const readPublicKey = (encoded) => {
  const prefix = encoded.subarray(0, P384_KEY_PREFIX.length);
  if (encoded.length !== P384_KEY_PREFIX.length + 97 || !equalBytes(prefix, P384_KEY_PREFIX)) throw new FormatError('its key is not a named point on P-384');
  return encoded.subarray(P384_KEY_PREFIX.length);
};

const readExtensions = (fields) => {
  const found = { isAuthority: false, pathLength: undefined, canSignCertificates: false, canSignData: true };
  if (!fields.hasData) return found;
  const field = fields.sequence(0xa3);
  const list = field.sequence();
  field.end();
  const seen = new Set();
  do {
    const extension = list.sequence();
    const oid = extension.oid();
    if (seen.has(oid)) throw new FormatError('an extension is there twice');
    seen.add(oid);
    const isCritical = extension.tag === TAG.boolean && readTrue(extension);
    const value = new DerReader(extension.octets());
    extension.end();
    if (oid === BASIC_CONSTRAINTS) readBasicConstraints(value, found);
    else if (oid === KEY_USAGE) readKeyUsage(value, found);
    else if (isCritical) throw new FormatError('it has a critical extension that is not known');
  } while (list.hasData);
  return found;
};

const readBasicConstraints = (value, found) => {
  const fields = value.sequence();
  value.end();
  found.isAuthority = fields.hasData && fields.tag === TAG.boolean && readTrue(fields);
  if (!fields.hasData) return;
  const length = found.isAuthority ? fields.smallInteger() : undefined;
  if (length === undefined || length < 0) throw new FormatError('basicConstraints has a path length that it may not have');
  found.pathLength = length;
  fields.end();
};

const readKeyUsage = (value, found) => {
  const { bytes } = value.bits();
  value.end();
  // Bit 0 is the highest of the first byte: digitalSignature is bit 0, keyCertSign bit 5 (RFC 5280, section 4.2.1.3).
  found.canSignData = bytes.length > 0 && (bytes[0] & 0x80) !== 0;
  found.canSignCertificates = bytes.length > 0 && (bytes[0] & 0x04) !== 0;
};

// DER leaves out a value that is the default, and the default is false.
const readTrue = (reader) => {
  if (!reader.boolean()) throw new FormatError('a default value is written out');
  return true;
};
