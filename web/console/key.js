// The key that this browser signs requests with. WebCrypto makes it and never gives it out: it can be used by this page and copied by nobody.
import { fromBase64, toHex, utf8 } from '../verify/src/bytes.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };
const SCHEME = 'SIGNATURE_SCHEME_TK_API_P256';

/** Whether this page may use WebCrypto: over TLS or on the loopback. */
export const isPossible = () => globalThis.crypto?.subtle !== undefined && globalThis.indexedDB !== undefined;

/** The key of before, or a new one. */
export const openKey = async () => {
  const database = await openDatabase();
  try {
    let pair = await inStore(database, 'readonly', (store) => store.get('own'));
    if (!pair) {
      pair = await crypto.subtle.generateKey(ALGORITHM, false, ['sign']);
      await inStore(database, 'readwrite', (store) => store.put(pair, 'own'));
    }
    return new Key(pair, compressed(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))));
  } finally {
    database.close();
  }
};

/** Forgets the key: what it was used for stays in the service's records. */
export const forgetKey = async () => {
  const database = await openDatabase();
  try {
    await inStore(database, 'readwrite', (store) => store.delete('own'));
  } finally {
    database.close();
  }
};

class Key {
  #pair;

  constructor(pair, publicKey) {
    this.#pair = pair;
    this.publicKey = publicKey;
  }

  /** The stamp of a body: base64url of its signature by this key. */
  async stamp(body) {
    const signature = new Uint8Array(await crypto.subtle.sign(SIGNING, this.#pair.privateKey, body));
    return base64Url(utf8(JSON.stringify({ publicKey: this.publicKey, signature: toHex(der(signature)), scheme: SCHEME })));
  }
}

/** Who stamped a body, and whether the stamp is over it. */
export const readStamp = async (stamp, body) => {
  try {
    const { publicKey, signature, scheme } = JSON.parse(new TextDecoder().decode(fromBase64Url(stamp)));
    if (scheme !== SCHEME || !/^0[23][0-9a-f]{64}$/i.test(publicKey)) return { publicKey: null, holds: false };
    const key = await crypto.subtle.importKey('raw', decompressed(publicKey), ALGORITHM, false, ['verify']);
    return { publicKey, holds: await crypto.subtle.verify(SIGNING, key, raw(signature), body) };
  } catch {
    return { publicKey: null, holds: false };
  }
};

const openDatabase = () => new Promise((resolve, reject) => {
  const request = indexedDB.open('qos-console', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('keys');
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const inStore = (database, mode, act) => new Promise((resolve, reject) => {
  const transaction = database.transaction('keys', mode);
  const request = act(transaction.objectStore('keys'));
  transaction.oncomplete = () => resolve(request.result);
  transaction.onerror = () => reject(transaction.error);
});

const compressed = (point) => (point[64] % 2 === 0 ? '02' : '03') + toHex(point.subarray(1, 33));

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

// y is a root of x³ - 3x + b; the prefix says which of the two. A number that is none gives a point that WebCrypto refuses.
const decompressed = (hex) => {
  const x = BigInt(`0x${hex.slice(2)}`);
  const root = power((((x * x * x - 3n * x + B) % P) + P) % P, (P + 1n) / 4n);
  const y = root % 2n === BigInt(hex[1]) % 2n ? root : P - root;
  return Uint8Array.from([4, ...bytesOf(x), ...bytesOf(y)]);
};

const power = (base, exponent) => {
  let result = 1n;
  for (let factor = base, left = exponent; left > 0n; left >>= 1n, factor = (factor * factor) % P) if (left & 1n) result = (result * factor) % P;
  return result;
};

const bytesOf = (number) => number.toString(16).padStart(64, '0').match(/../g).map((pair) => parseInt(pair, 16));

// r and s as the API takes them: a DER sequence of two integers.
const der = (signature) => {
  const integer = (bytes) => {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start++;
    const body = bytes[start] > 0x7f ? [0, ...bytes.subarray(start)] : [...bytes.subarray(start)];
    return [2, body.length, ...body];
  };
  const body = [...integer(signature.subarray(0, 32)), ...integer(signature.subarray(32))];
  return Uint8Array.from([0x30, body.length, ...body]);
};

const raw = (hex) => {
  const match = /^30[0-9a-f]{2}02([0-9a-f]{2})/i.exec(hex);
  const length = parseInt(match[1], 16) * 2;
  const parts = [hex.slice(8, 8 + length), hex.slice(8 + length + 4)];
  return Uint8Array.from(parts.flatMap((part) => bytesOf(BigInt(`0x${part}`))));
};

const base64Url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

const fromBase64Url = (text) => {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  return fromBase64(plain.padEnd(Math.ceil(plain.length / 4) * 4, '='));
};
