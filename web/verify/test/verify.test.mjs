import assert from 'node:assert/strict';
import test from 'node:test';
import { ANYONE, ANY_IMAGE, FormatError, Verifier, hashManifest, parseManifest, parseProof, verifyResponse } from '../src/index.js';
import { bytes } from './vectors.mjs';

const published = bytes('proofs/turnkey_1.json');
const text = new TextDecoder().decode(published);
const manifest = parseManifest(parseProof(published).boot.manifest);
const older = { time: 'document', allowUncommitted: true };
const open = { ...older, identity: ANYONE, measurements: ANY_IMAGE };
const { pcr0, pcr1, pcr2 } = manifest.enclave;
const pinned = {
  ...older,
  identity: { quorumKeys: [manifest.namespace.quorumKey], manifestSets: [manifest.manifestSet], manifestHashes: [await hashManifest(manifest)] },
  measurements: [{ name: 'release', pcrs: { 0: pcr0, 1: pcr1, 2: pcr2 } }],
};
const verify = async (policy, proof = published) => (await Verifier.create(policy)).verify(proof);
const failed = (result) => result.checks.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);

test('a published proof is valid for a verifier who pins its quorum key, set, manifest and image', async () => {
  const result = await verify(pinned);
  assert.deepEqual(failed(result), []);
  assert.equal(result.valid, true);
  assert.match(result.proven.payloads[0], /ADDRESS_DERIVATION/);
});

test('a policy without identity or measurements is refused', async () => {
  await assert.rejects(Verifier.create({}), TypeError);
  await assert.rejects(Verifier.create({ identity: ANYONE }), TypeError);
  await assert.rejects(Verifier.create({ measurements: ANY_IMAGE }), TypeError);
  await assert.rejects(Verifier.create({ ...open, pcr: 1 }), /unknown member/);
});

const other = '11'.repeat(48);
for (const [what, policy, check] of [
  ['another quorum key', { identity: { quorumKeys: [manifest.manifestSet.members[0].pubKey] } }, 'identity.quorum-key'],
  ['another manifest set', { identity: { manifestSets: [{ ...manifest.manifestSet, threshold: 1 }] } }, 'identity.manifest-set'],
  ['another manifest', { identity: { manifestHashes: ['00'.repeat(32)] } }, 'identity.manifest-hash'],
  ['another image', { measurements: [{ pcrs: { 0: other } }] }, 'trusted.pcrs'],
  ['another binary', { manifest: { pivots: ['00'.repeat(32)] } }, 'trusted.pivot'],
  ['another namespace', { manifest: { namespace: 'other' } }, 'required.namespace'],
  ['a later nonce', { manifest: { minimumNonce: manifest.namespace.nonce + 1 } }, 'required.nonce'],
  ['other arguments', { manifest: { arguments: [] } }, 'required.arguments'],
  ['no older nodes', { allowUncommitted: false }, 'commitment.live'],
  ['validity now', { time: 'now' }, 'document.validity'],
]) {
  test(`a verifier who holds ${what} refuses it`, async () => {
    const result = await verify({ ...pinned, ...policy });
    assert.equal(result.valid, false);
    assert.equal(result.proven, null);
    assert.ok(failed(result).includes(check), failed(result).join(', '));
  });
}

test('every byte of the document, manifest, key, payload and signature counts', async () => {
  const verifier = await Verifier.create(open);
  const proof = parseProof(published);
  const flipped = (value, at) => Uint8Array.from(value, (byte, index) => (index === at ? byte ^ 1 : byte));
  const flippedText = (value, at) => value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1);
  for (const member of ['document', 'manifest']) {
    for (let at = 0; at < proof.boot[member].length; at += 3) {
      const result = await verifier.verify({ ...proof, boot: { ...proof.boot, [member]: flipped(proof.boot[member], at) } });
      assert.equal(result.valid, false, `${member} byte ${at}`);
    }
  }
  for (const member of ['publicKey', 'payload', 'signature']) {
    for (let at = 0; at < proof.apps[0][member].length; at++) {
      const result = await verifier.verify({ ...proof, apps: [{ ...proof.apps[0], [member]: flippedText(proof.apps[0][member], at) }] });
      assert.equal(result.valid, false, `${member} character ${at}`);
    }
  }
});

test('what is not a proof is refused with what is wrong', () => {
  for (const [proof, message] of [['', /expected a value/], ['{}', /neither/], ['{"a":1,"a":2}', /already/], ['[]', /object/], ['{"appProof":{}}', /no text "scheme"/], ['{"a":1.5}', /neither/], ['{"a":01}', /expected/], ['\ufeff{}', /expected/], [`${'['.repeat(65)}`, /64 levels/]])
    assert.throws(() => parseProof(new TextEncoder().encode(proof)), (error) => error instanceof FormatError && message.test(error.message), proof);
});

test('informational members of any kind do not matter', () => {
  const proof = JSON.parse(text);
  for (const createdAt of [null, 5, 'x', {}, { seconds: 7 }]) assert.ok(parseProof(new TextEncoder().encode(JSON.stringify({ ...proof.bootProof, createdAt }))).boot);
});

test('an answer is believed only with its proof', async () => {
  const { appProof, bootProof } = JSON.parse(text);
  const answer = (body) => new Response(JSON.stringify(body));
  const bootProofs = (key) => (key === appProof.publicKey ? JSON.stringify(bootProof) : Promise.reject(new FormatError('not found')));
  const { result, payload } = await verifyResponse(answer({ appProof, anything: true }), pinned, { bootProofs });
  assert.equal(result.valid, true);
  assert.equal(payload, appProof.proofPayload);
  const changed = await verifyResponse(answer({ appProof: { ...appProof, proofPayload: '{}' } }), pinned, { bootProofs });
  assert.equal(changed.payload, null);
  await assert.rejects(verifyResponse(answer({ value: 1 }), pinned, { bootProofs }), FormatError);
});
