import assert from 'node:assert/strict';
import test from 'node:test';
import { AWS_ROOT, AWS_ROOT_SHA256 } from '../src/aws-root.js';
import { fromHex, sha, toHex } from '../src/bytes.js';
import { signatureFromDer, verifyP256, verifyP384 } from '../src/curves.js';
import { commitment, examine, parseDocument, parseRoot } from '../src/document.js';
import { canonicalJson, parseJson } from '../src/json.js';
import { checkApprovals, hashManifest, hashedBytes, parseEnvelope, parseManifest } from '../src/manifest.js';
import { bytes, json } from './vectors.mjs';

const root = parseRoot(AWS_ROOT);
const holds = (findings) => Object.values(findings).every((finding) => finding === null);

test('the root is the pinned one', async () => assert.equal(toHex(await sha(256, AWS_ROOT)), AWS_ROOT_SHA256));

for (const vector of json('attestation/manifest.json')) {
  test(`document ${vector.file} holds at its time and not a second outside of its window`, async () => {
    const document = parseDocument(bytes(`attestation/${vector.file}`));
    assert.equal(document.timestamp, vector.timestamp_ms);
    assert.equal(document.moduleId, vector.module_id);
    assert.equal(document.pcrs.size, vector.npcrs);
    // Long keys are abridged in the list.
    if (!vector.public_key?.includes(' ')) assert.equal(document.publicKey && toHex(document.publicKey), vector.public_key);
    const findings = await examine(document, root, vector.validation_time_unix * 1000);
    assert.equal(holds(findings), vector.root_is_aws_g1, JSON.stringify(findings));
    if (!vector.root_is_aws_g1) return;
    const [from, to] = vector.valid_window_unix.map((seconds) => seconds * 1000);
    for (const time of [from - 1000, to + 1000]) assert.notEqual((await examine(document, root, time)).validity, null);
    for (const time of [from, to]) assert.equal((await examine(document, root, time)).validity, null);
  });
}

for (const [manifest, envelope] of [['qos/golden/manifest_v1.json', 'qos/golden/manifest_envelope_v1.json'], ['qos/golden/manifest_v1.borsh', 'qos/golden/manifest_envelope_v1.borsh'],
  ['qos/tvc/manifest.borsh', 'qos/tvc/manifest_envelope.json'], ['qos/tvc/manifest.borsh', 'qos/tvc/manifest_envelope.borsh']]) {
  test(`${envelope} is the approved envelope of ${manifest}`, async () => {
    const read = parseEnvelope(bytes(envelope));
    assert.equal(toHex(await hashManifest(read.manifest)), toHex(await hashManifest(parseManifest(bytes(manifest)))));
    assert.equal(await checkApprovals(read), null);
  });
}

test('a V1 manifest is hashed over its Borsh', () => assert.deepEqual(hashedBytes(parseManifest(bytes('qos/golden/manifest_v1.json'))), bytes('qos/golden/manifest_v1.borsh')));

test('the setup document of the published provisioning details commits to its key and manifest', async () => {
  const document = parseDocument(bytes('qos/tvc/attestation_doc.cbor'));
  assert.deepEqual(document.userData, await hashManifest(parseManifest(bytes('qos/tvc/manifest.borsh'))));
  const { index, value } = await commitment(false, document.publicKey, document.userData);
  assert.deepEqual(document.pcrs.get(index), value);
});

for (const { input: source, canonical: expected, error } of json('qos/qos_json.json')) {
  test(`canonical JSON: ${source}`, () => {
    const input = new TextEncoder().encode(source);
    if (error) assert.throws(() => canonicalJson(parseJson(input)));
    else assert.equal(canonicalJson(parseJson(input)), expected);
  });
}

const wycheproof = (file, verify) => test(`Wycheproof ${file}`, async () => {
  for (const { publicKey, tests } of json(`standard/${file}.json`).testGroups) {
    const point = fromHex(publicKey.uncompressed);
    for (const { tcId, msg, sig, result } of tests) {
      if (result === 'acceptable') continue;
      assert.equal(await verify(point, fromHex(msg), fromHex(sig)), result === 'valid', `${file} ${tcId}`);
    }
  }
});
wycheproof('ecdsa_secp256r1_sha256_p1363_test', verifyP256);
wycheproof('ecdsa_secp384r1_sha384_p1363_test', verifyP384);
wycheproof('ecdsa_secp384r1_sha384_test', async (point, message, der) => {
  let signature;
  try {
    signature = signatureFromDer(der);
  } catch {
    return false;
  }
  return verifyP384(point, message, signature);
});
