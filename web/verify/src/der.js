// A strict reader of DER (X.690): definite, minimal lengths and tags, no trailing bytes where a value must end.
import { FormatError, toHex } from './bytes.js';

export const TAG = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utcTime: 0x17, time: 0x18, sequence: 0x30, set: 0x31 };

/** Reads one level of DER from front to back. */
export class DerReader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  get hasData() {
    return this.#at < this.#bytes.length;
  }

  /** The next identifier octet; undefined at the end. */
  get tag() {
    return this.#bytes[this.#at];
  }

  /** The next value with its header. */
  encoded() {
    const start = this.#at;
    this.#content();
    return this.#bytes.subarray(start, this.#at);
  }

  /** The next value with its header, without going past it. */
  peekEncoded() {
    const start = this.#at;
    const encoded = this.encoded();
    this.#at = start;
    return encoded;
  }

  value(tag) {
    if (!this.hasData) throw new FormatError('the DER ends where a value is expected');
    if (this.tag !== tag) throw new FormatError(`expected DER tag ${tag.toString(16)}, found ${this.tag.toString(16)}`);
    return this.#content();
  }

  sequence(tag = TAG.sequence) {
    return new DerReader(this.value(tag));
  }

  /** A SET OF, whose elements stand in the order of their encodings. */
  set() {
    const content = this.value(TAG.set);
    let before;
    for (const elements = new DerReader(content); elements.hasData;) {
      const encoded = elements.encoded();
      if (before && compare(before, encoded) > 0) throw new FormatError('a SET OF out of order');
      before = encoded;
    }
    return new DerReader(content);
  }

  /** The content of an INTEGER: two's complement, minimal. */
  integer() {
    const content = this.value(TAG.integer);
    if (content.length === 0) throw new FormatError('an integer without content');
    if (content.length > 1 && ((content[0] === 0 && content[1] < 0x80) || (content[0] === 0xff && content[1] >= 0x80)))
      throw new FormatError('an integer that is not minimal');
    return content;
  }

  /** A small integer, or undefined when it has more than four bytes. */
  smallInteger() {
    const content = this.integer();
    if (content.length > 4) return undefined;
    let value = content[0] >= 0x80 ? -1 : 0;
    for (const byte of content) value = (value << 8) | byte;
    return value;
  }

  boolean() {
    const content = this.value(TAG.boolean);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new FormatError('a boolean that is neither 00 nor FF');
    return content[0] === 0xff;
  }

  /** A BIT STRING: its bytes and how many bits of the last one are unused, which must be zero. */
  bits() {
    const content = this.value(TAG.bits);
    const unused = content[0];
    const bytes = content.subarray(1);
    if (unused === undefined || unused > 7 || (bytes.length === 0 && unused !== 0)) throw new FormatError('a bit string with a wrong count of unused bits');
    if (bytes.length > 0 && (bytes[bytes.length - 1] & ((1 << unused) - 1)) !== 0) throw new FormatError('a bit string whose unused bits are not zero');
    return { bytes, unused };
  }

  octets() {
    return this.value(TAG.octets);
  }

  /** An object identifier as the hex of its content, which is how it is compared. */
  oid() {
    const content = this.value(TAG.oid);
    let isFirst = true;
    for (const byte of content) {
      if (isFirst && byte === 0x80) throw new FormatError('an object identifier that is not minimal');
      isFirst = byte < 0x80;
    }
    if (content.length === 0 || !isFirst) throw new FormatError('an object identifier without an end');
    return toHex(content);
  }

  /** UTCTime or GeneralizedTime, in milliseconds since 1970. */
  time() {
    const isUtc = this.tag === TAG.utcTime;
    const text = String.fromCharCode(...this.value(isUtc ? TAG.utcTime : TAG.time));
    const match = (isUtc ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d*[1-9])?Z$/).exec(text);
    if (!match) throw new FormatError('a time that is not DER');
    let [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
    if (isUtc) year += year < 50 ? 2000 : 1900;
    const time = new Date(0);
    time.setUTCFullYear(year, month - 1, day);
    time.setUTCHours(hour, minute, second);
    const isReal = year > 0 && time.getUTCFullYear() === year && time.getUTCMonth() === month - 1 && time.getUTCDate() === day
      && time.getUTCHours() === hour && time.getUTCMinutes() === minute && time.getUTCSeconds() === second;
    if (!isReal) throw new FormatError('a time that does not exist');
    return time.getTime() + (isUtc ? 0 : Number(`0${/\.\d+/.exec(text)?.[0] ?? ''}`) * 1000);
  }

  end() {
    if (this.hasData) throw new FormatError('bytes behind the last DER value');
  }

  // Goes past the next value and gives its content.
  #content() {
    this.#tag();
    const first = this.#byte();
    let length = first;
    if (first >= 0x80) {
      const size = first & 0x7f;
      if (size === 0 || size > 4) throw new FormatError('a DER length of a form that is not accepted');
      length = 0;
      for (let rest = size; rest > 0; rest--) length = length * 256 + this.#byte();
      if (length < 0x80 || length < 256 ** (size - 1)) throw new FormatError('a DER length that is not minimal');
    }
    if (length > this.#bytes.length - this.#at) throw new FormatError('a DER length that goes beyond the data');
    const content = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return content;
  }

  #tag() {
    if ((this.#byte() & 0x1f) !== 0x1f) return;
    let number = 0;
    let byte = this.#byte();
    if (byte === 0x80) throw new FormatError('a DER tag that is not minimal');
    for (; ; byte = this.#byte()) {
      number = number * 128 + (byte & 0x7f);
      if (number > 0x7fffffff) throw new FormatError('a DER tag that is too large');
      if (byte < 0x80) break;
    }
    if (number < 0x1f) throw new FormatError('a DER tag that is not minimal');
  }

  #byte() {
    if (!this.hasData) throw new FormatError('the DER ends inside a value');
    return this.#bytes[this.#at++];
  }
}

const compare = (left, right) => {
  for (let at = 0; at < Math.min(left.length, right.length); at++) if (left[at] !== right[at]) return left[at] - right[at];
  return left.length - right.length;
};
