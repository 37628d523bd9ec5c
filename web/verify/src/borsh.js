// Borsh: what manifests before V2 are hashed over.
import { FormatError, fromUtf8, toHex, utf8 } from './bytes.js';

/** Reads Borsh from front to back; every count is checked against what is left. */
export class BorshReader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  unsigned(size) {
    return this.fixed(size).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  fixed(length) {
    if (length > this.#bytes.length - this.#at) throw new FormatError(`${length} bytes are expected at byte ${this.#at} and fewer are left`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  variant(count) {
    const index = this.unsigned(1);
    if (index >= count) throw new FormatError(`unknown variant ${index} of ${count}`);
    return index;
  }

  bool() {
    return this.variant(2) === 1;
  }

  hex(max) {
    return toHex(this.#bounded(max));
  }

  text(max) {
    return fromUtf8(this.#bounded(max));
  }

  list(max, read) {
    const count = this.unsigned(4);
    if (count * 4 > this.#bytes.length - this.#at || count > max) throw new FormatError(`${count} elements are announced`);
    return Array.from({ length: count }, () => read());
  }

  end() {
    if (this.#at !== this.#bytes.length) throw new FormatError(`${this.#bytes.length - this.#at} bytes are left over`);
  }

  #bounded(max) {
    const bytes = this.fixed(this.unsigned(4));
    if (bytes.length > max) throw new FormatError(`more than ${max} bytes`);
    return bytes;
  }
}

/** Writes Borsh. */
export class BorshWriter {
  #bytes = [];

  unsigned(value, size) {
    for (let rest = size; rest > 0; rest--, value = Math.floor(value / 256)) this.#bytes.push(value % 256);
  }

  fixed(bytes) {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  bytes(bytes) {
    this.unsigned(bytes.length, 4);
    this.fixed(bytes);
  }

  text(text) {
    this.bytes(utf8(text));
  }

  list(items, write) {
    this.unsigned(items.length, 4);
    items.forEach(write);
  }

  done() {
    return Uint8Array.from(this.#bytes);
  }
}
