// ECDSA on P-256 and P-384 by WebCrypto, and the check that a point is on P-256.
import { FormatError, toHex } from './bytes.js';
import { DerReader } from './der.js';

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

const number = (bytes) => BigInt(`0x${toHex(bytes)}`);

/** Whether 65 bytes are an uncompressed point on P-256. */
export const isP256Point = (bytes) => {
  if (bytes.length !== 65 || bytes[0] !== 4) return false;
  const x = number(bytes.subarray(1, 33));
  const y = number(bytes.subarray(33));
  return x < P && y < P && (y * y - (x * x * x - 3n * x + B)) % P === 0n;
};

const verify = async (curve, hash, point, message, signature) => {
  let key;
  try {
    key = await crypto.subtle.importKey('raw', point, { name: 'ECDSA', namedCurve: curve }, false, ['verify']);
  } catch {
    // The point is not on the curve, so nothing is signed by it.
    return false;
  }
  return crypto.subtle.verify({ name: 'ECDSA', hash }, key, signature, message);
};

/** ECDSA/SHA-256 over a message; the signature is r || s, 64 bytes. */
export const verifyP256 = (point, message, signature) =>
  signature.length === 64 ? verify('P-256', 'SHA-256', point, message, signature) : Promise.resolve(false);

/** ECDSA/SHA-384 over a message; the signature is r || s, 96 bytes. */
export const verifyP384 = (point, message, signature) => verify('P-384', 'SHA-384', point, message, signature);

/** r || s, 96 bytes, of a DER signature on P-384. */
export const signatureFromDer = (der) => {
  const outer = new DerReader(der);
  const numbers = outer.sequence();
  outer.end();
  const signature = new Uint8Array(96);
  for (const end of [48, 96]) {
    let content = numbers.integer();
    if (content[0] >= 0x80) throw new FormatError('a number of the signature is negative');
    if (content[0] === 0) content = content.subarray(1);
    if (content.length > 48) throw new FormatError('a number of the signature is too long');
    signature.set(content, end - content.length);
  }
  numbers.end();
  return signature;
};

/** A public key: 130 bytes, an encryption point and a signing point. */
export const publicKey = (bytes) => {
  if (!bytes || bytes.length !== 130) throw new FormatError('a public key has 130 bytes');
  if (!isP256Point(bytes.subarray(0, 65)) || !isP256Point(bytes.subarray(65))) throw new FormatError('a point of the public key is not on P-256');
  return { bytes, encryptionPoint: bytes.subarray(0, 65), signingPoint: bytes.subarray(65) };
};
