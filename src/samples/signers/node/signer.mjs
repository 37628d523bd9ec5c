#!/usr/bin/env node
// A signer, in Node.js without packages: a line of text comes in over TCP, a line of JSON with an app proof of it goes out.
// docs/app.md says what each step is. It runs on a development node; an image takes one static file and has no interpreter.
//
//     signer.mjs --port 3000 [--qos-dir DIRECTORY]
import { createECDH, createHash, createPrivateKey, hkdfSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '3000' }, 'qos-dir': { type: 'string', default: '/' } },
});

// The file holds the 32-byte seed of a key set as 64 hex digits.
const text = readFileSync(join(options['qos-dir'], 'qos.ephemeral.key'), 'latin1').trim();
if (!/^[0-9a-f]{64}$/i.test(text)) throw new Error('qos.ephemeral.key does not hold 64 hex digits');
const seed = Buffer.from(text, 'hex');

function keyOf(salt) {
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(Buffer.from(hkdfSync('sha512', seed, salt, '', 32)));
  return pair;
}

const encryption = keyOf('qos_p256_encrypt');
const signing = keyOf('qos_p256_sign');
const point = signing.getPublicKey(); // 04 || x || y
const publicKey = Buffer.concat([encryption.getPublicKey(), point]).toString('hex');
const base64url = (bytes) => bytes.toString('base64url');
const key = createPrivateKey({
  format: 'jwk',
  key: { kty: 'EC', crv: 'P-256', x: base64url(point.subarray(1, 33)), y: base64url(point.subarray(33)), d: base64url(signing.getPrivateKey()) },
});

// ECDSA over SHA-256 of the payload's bytes; ieee-p1363 is r || s with 32 bytes each.
function prove(line) {
  const proofPayload = JSON.stringify({
    type: 'SIGNED_LINE',
    timestampMs: String(Date.now()),
    sha256: createHash('sha256').update(line).digest('hex'),
  });
  return {
    scheme: 'SIGNATURE_SCHEME_EPHEMERAL_KEY_P256',
    publicKey,
    proofPayload,
    signature: sign('sha256', Buffer.from(proofPayload), { key, dsaEncoding: 'ieee-p1363' }).toString('hex'),
  };
}

// One line of at most 64 KiB in, one line out; a client that is silent for ten seconds is left.
const server = createServer((client) => {
  let received = Buffer.alloc(0);
  client.setTimeout(10_000, () => client.destroy());
  client.on('error', () => client.destroy());
  client.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    const end = received.indexOf(0x0a);
    if (end >= 0) {
      const line = received.subarray(0, end > 0 && received[end - 1] === 0x0d ? end - 1 : end);
      client.end(JSON.stringify(prove(line)) + '\n');
      client.pause();
    } else if (received.length >= 65536) client.destroy();
  });
});
server.maxConnections = 256;
server.listen(Number(options.port), '127.0.0.1', () => console.log(`signer: listening on 127.0.0.1:${options.port}`));
process.on('SIGTERM', () => process.exit(0));
