// A strict CBOR reader (RFC 8949) for the few kinds of value that an attestation document is made of: integers, byte and text strings,
// arrays, maps, null and tags; lengths may be definite or not. No value is built that the caller did not ask for.
import { FormatError, concat, fromUtf8 } from './bytes.js';

const BREAK = 0xff;
const MAX_DEPTH = 64;
const KINDS = ['unsigned', 'negative', 'bytes', 'text', 'array', 'map', 'tag', 'simple'];

/** Reads CBOR from front to back. */
export class CborReader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  /** How many bytes are left. */
  get left() {
    return this.#bytes.length - this.#at;
  }

  /** The kind of the next value: one of KINDS, or 'null'. */
  peek() {
    if (this.left === 0) throw this.error('the data ends where a value is expected');
    const initial = this.#bytes[this.#at];
    return initial === 0xf6 ? 'null' : KINDS[initial >> 5];
  }

  error(what) {
    return new FormatError(`at byte ${this.#at}: ${what}`);
  }

  /** An integer as a BigInt. */
  integer() {
    const kind = this.#expect('unsigned', 'negative');
    const value = this.#argument();
    return kind === 'unsigned' ? value : -1n - value;
  }

  /** An unsigned integer below 2^64. */
  unsigned() {
    this.#expect('unsigned');
    return this.#argument();
  }

  tag() {
    this.#expect('tag');
    return this.#argument();
  }

  null() {
    this.#expect('null');
    this.#at++;
  }

  bytes() {
    return concat(...this.#chunks('bytes', 2));
  }

  text() {
    return this.#chunks('text', 3).map(fromUtf8).join('');
  }

  /** Reads an array, each element by `read`; gives the declared count, or undefined when the length is indefinite. */
  array(read) {
    this.#expect('array');
    return this.#items(1, read);
  }

  /** Reads a map: `read` takes a key and its value each time. */
  map(read) {
    this.#expect('map');
    return this.#items(1, read);
  }

  /** Goes past a value of any kind, with bounds on its depth. */
  skip(depth = 0) {
    if (depth > MAX_DEPTH) throw this.error('values nested too deeply');
    switch (this.peek()) {
      case 'unsigned':
      case 'negative':
        this.integer();
        break;
      case 'bytes':
        this.bytes();
        break;
      case 'text':
        this.text();
        break;
      case 'array':
        this.array(() => this.skip(depth + 1));
        break;
      case 'map':
        this.#expect('map');
        this.#items(2, () => {
          this.skip(depth + 1);
          this.skip(depth + 1);
        });
        break;
      case 'tag':
        this.tag();
        this.skip(depth + 1);
        break;
      default:
        this.#argument();
    }
  }

  /** Nothing may follow. */
  end() {
    if (this.left !== 0) throw this.error(`${this.left} bytes follow the value`);
  }

  #expect(...kinds) {
    const kind = this.peek();
    if (!kinds.includes(kind)) throw this.error(`expected ${kinds.join(' or ')}, found ${kind}`);
    return kind;
  }

  #byte() {
    if (this.left === 0) throw this.error('the data ends inside a value');
    return this.#bytes[this.#at++];
  }

  // The argument behind the initial byte (RFC 8949, section 3).
  #argument() {
    const additional = this.#byte() & 0x1f;
    if (additional < 24) return BigInt(additional);
    if (additional > 27) throw this.error('an argument of a reserved size');
    let value = 0n;
    for (let rest = 1 << (additional - 24); rest > 0; rest--) value = (value << 8n) | BigInt(this.#byte());
    return value;
  }

  #isIndefinite() {
    return (this.#bytes[this.#at] & 0x1f) === 31;
  }

  #slice(length) {
    if (length > BigInt(this.left)) throw this.error('a length that goes beyond the data');
    const from = this.#at;
    this.#at += Number(length);
    return this.#bytes.subarray(from, this.#at);
  }

  #chunks(kind, major) {
    this.#expect(kind);
    if (!this.#isIndefinite()) return [this.#slice(this.#argument())];
    this.#at++;
    const chunks = [];
    while (this.left > 0 && this.#bytes[this.#at] !== BREAK) {
      if (this.#bytes[this.#at] >> 5 !== major || this.#isIndefinite()) throw this.error('a chunk of another kind than its string');
      chunks.push(this.#slice(this.#argument()));
    }
    if (this.#byte() !== BREAK) throw this.error('a string without an end');
    return chunks;
  }

  #items(size, read) {
    if (this.#isIndefinite()) {
      this.#at++;
      while (this.left > 0 && this.#bytes[this.#at] !== BREAK) read();
      this.#byte();
      return undefined;
    }
    const count = this.#argument();
    if (count * BigInt(size) > BigInt(this.left)) throw this.error('a count that goes beyond the data');
    for (let item = 0n; item < count; item++) read();
    return Number(count);
  }
}

/** One definite byte string, as COSE's Sig_structure holds them. */
export const cborBytes = (bytes) => {
  const length = bytes.length;
  const head = length < 24 ? [0x40 | length]
    : length < 0x100 ? [0x58, length]
    : length < 0x10000 ? [0x59, length >> 8, length & 0xff]
    : [0x5a, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
  return concat(Uint8Array.from(head), bytes);
};
