// A strict JSON reader for what is hashed, signed or published: valid UTF-8, no duplicate members, no lone surrogates, at most 64 levels,
// nothing behind the value. Numbers keep their digits. And the canonical form that hashes are taken over.
import { FormatError, fromUtf8 } from './bytes.js';

const MAX_DEPTH = 64;
const MAX_INTEGER = 2n ** 64n - 1n;
const MIN_INTEGER = -(2n ** 63n);

/** A number as its digits stand in the text. */
export class JsonNumber {
  constructor(text) {
    this.text = text;
  }
}

/**
 * Reads JSON: objects become Maps, numbers JsonNumbers, the rest what JSON.parse makes of it. What is hashed holds integers of 64 bits
 * only; a published proof may hold any number, in members that nothing depends on.
 */
export const parseJson = (bytes, { anyNumber = false } = {}) => {
  const text = fromUtf8(bytes);
  let at = 0;
  const fail = (what) => new FormatError(`at character ${at}: ${what}`);
  const space = () => {
    while (at < text.length && ' \t\r\n'.includes(text[at])) at++;
  };
  const take = (pattern) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) return undefined;
    at += match[0].length;
    return match[0];
  };

  const string = () => {
    const raw = take(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    if (raw === undefined) throw fail('expected a string');
    const value = raw.includes('\\') ? JSON.parse(raw) : raw.slice(1, -1);
    if (/\p{Surrogate}/u.test(value)) throw fail('a lone surrogate');
    return value;
  };

  const value = (depth) => {
    space();
    const first = text[at];
    if (first === '"') return string();
    if (first === '{' || first === '[') {
      if (depth === MAX_DEPTH) throw fail('more than 64 levels of arrays and objects');
      return first === '{' ? object(depth + 1) : array(depth + 1);
    }
    const word = take(/true|false|null/y);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    const number = anyNumber && take(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y);
    if (number) return new JsonNumber(number);
    const digits = take(/-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y);
    if (digits === undefined) throw fail('expected a value; a number must be an integer');
    if (digits.length > 20 || BigInt(digits) > MAX_INTEGER || BigInt(digits) < MIN_INTEGER || digits === '-0') throw fail('an integer that does not fit in 64 bits');
    return new JsonNumber(digits);
  };

  const items = (closing, item) => {
    at++;
    space();
    if (text[at] === closing) {
      at++;
      return;
    }
    for (;;) {
      item();
      space();
      const next = text[at++];
      if (next === closing) return;
      if (next !== ',') throw fail(`expected ',' or '${closing}'`);
    }
  };

  const object = (depth) => {
    const members = new Map();
    items('}', () => {
      space();
      const name = string();
      if (members.has(name)) throw fail('this member name came already in the same object');
      space();
      if (text[at++] !== ':') throw fail("expected ':'");
      members.set(name, value(depth));
    });
    return members;
  };

  const array = (depth) => {
    const elements = [];
    items(']', () => elements.push(value(depth)));
    return elements;
  };

  const result = value(0);
  space();
  if (at !== text.length) throw fail('nothing may follow the JSON value');
  return result;
};

/** Canonical QOS JSON: sorted members, integers as strings, members that are null left out. */
export const canonicalJson = (value) => {
  if (value instanceof Map) {
    const members = [...value].filter(([, member]) => member !== null).sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${members.map(([name, member]) => `${quoted(name)}:${canonicalJson(member)}`).join(',')}}`;
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'string') return quoted(value);
  if (value instanceof JsonNumber) return quoted(value.text);
  return String(value);
};

// JSON.stringify escapes what canonical JSON escapes, and lone surrogates, which no reader lets in.
const quoted = (text) => JSON.stringify(text);

/** Reads an object's members by a schema {name: read}; `optional` ones may be missing or, unless `read` takes it, null. */
export const readMembers = (value, what, schema, optional = []) => {
  if (!(value instanceof Map)) throw new FormatError(`${what} must be an object`);
  const result = {};
  for (const [name, member] of value) {
    if (!Object.hasOwn(schema, name)) throw new FormatError(`${what} has the unknown member "${name.slice(0, 40)}"`);
    result[name] = schema[name](member, `${what}.${name}`);
  }
  for (const name of Object.keys(schema)) {
    if (!value.has(name) && !optional.includes(name)) throw new FormatError(`${what} has no member "${name}"`);
  }
  return result;
};

/** Readers of single values, each (value, what) => result. */
export const asText = (maxBytes) => (value, what) => {
  if (typeof value !== 'string') throw new FormatError(`${what} must be a string`);
  if (new TextEncoder().encode(value).length > maxBytes) throw new FormatError(`${what} is longer than ${maxBytes} bytes`);
  return value;
};

export const asBool = (value, what) => {
  if (typeof value !== 'boolean') throw new FormatError(`${what} must be true or false`);
  return value;
};

export const asInteger = (max) => (value, what) => {
  const digits = value instanceof JsonNumber ? value.text : value;
  if (typeof digits !== 'string' || !/^(?:0|[1-9][0-9]{0,19})$/.test(digits) || BigInt(digits) > BigInt(max)) throw new FormatError(`${what} must be an integer from 0 to ${max}`);
  return Number(digits);
};

export const asHex = (maxBytes, exact = false) => (value, what) => {
  if (typeof value !== 'string' || value.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(value)) throw new FormatError(`${what} must be hex, two digits for each byte`);
  if (value.length > 2 * maxBytes || (exact && value.length !== 2 * maxBytes)) throw new FormatError(`${what} has ${value.length / 2} bytes; ${maxBytes} ${exact ? 'are' : 'at most are'} expected`);
  return value.toLowerCase();
};

export const asList = (max, read) => (value, what) => {
  if (!Array.isArray(value)) throw new FormatError(`${what} must be an array`);
  if (value.length > max) throw new FormatError(`${what} has more than ${max} elements`);
  return value.map((element, index) => read(element, `${what}[${index}]`));
};
