// Byte strings: hex, base64, comparison. Every reader of text here is strict and throws FormatError.

/** What is read is not of the form that it must have. The message says what and, where it is known, at which byte. */
export class FormatError extends Error {
  constructor(message) {
    super(message);
    this.name = 'FormatError';
  }
}

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

/** Lower-case hex of bytes. */
export const toHex = (bytes) => {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
};

/** Bytes of an even number of hex digits in either case. */
export const fromHex = (text) => {
  if (typeof text !== 'string' || text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw new FormatError('expected hex digits, two for each byte');
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = parseInt(text.substr(2 * at, 2), 16);
  return bytes;
};

/** Bytes of standard base64 with padding. */
export const fromBase64 = (text) => {
  if (typeof text !== 'string' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new FormatError('expected base64');
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  // Bits behind the last byte must be zero, or two texts would mean the same bytes.
  if (btoa(binary) !== text) throw new FormatError('expected base64 whose last character has no spare bits');
  return bytes;
};

/** Whether two byte strings are the same; an absent one is equal to nothing. */
export const equalBytes = (left, right) => {
  if (!left || !right || left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
};

/** One byte string behind the other. */
export const concat = (...parts) => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** UTF-8 of a text. */
export const utf8 = (text) => new TextEncoder().encode(text);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of valid UTF-8. */
export const fromUtf8 = (bytes) => {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new FormatError('expected UTF-8');
  }
};

/** SHA-256 or SHA-384 of bytes. */
export const sha = async (bits, bytes) => new Uint8Array(await crypto.subtle.digest(`SHA-${bits}`, bytes));
