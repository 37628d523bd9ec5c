// The badge: in a frame of an app's own page, it verifies the app's latest boot proof in the visitor's browser, against what that page names
// behind # in the frame's address: app, quorumKey, manifestHash, pcr0 to pcr2, root (all but the app in hex). It never says valid without
// saying for whom, and which of it the page left open.
import { ANYONE, ANY_IMAGE, FormatError, Verifier, fingerprint, parseProof } from '../src/index.js';

const MAX_PROOF = 32 * 1024 * 1024;
const find = (id) => document.getElementById(id);

const show = (tone, verdict, forWhom, key) => {
  find('verdict').className = tone;
  find('verdict').textContent = verdict;
  find('for-whom').textContent = forWhom;
  find('more').replaceChildren();
  if (!key) return;
  const link = document.createElement('a');
  link.href = `../verify/#key=${key}`;
  link.target = '_blank';
  link.rel = 'noopener';
  link.textContent = 'Check it yourself';
  find('more').append(link);
};

const readPolicy = (named) => {
  const identity = {};
  if (named.get('quorumKey')) identity.quorumKeys = [named.get('quorumKey')];
  if (named.get('manifestHash')) identity.manifestHashes = [named.get('manifestHash')];
  const pcrs = Object.fromEntries([0, 1, 2].filter((index) => named.get(`pcr${index}`)).map((index) => [index, named.get(`pcr${index}`)]));
  return {
    identity: Object.keys(identity).length > 0 ? identity : ANYONE,
    measurements: Object.keys(pcrs).length > 0 ? [{ name: 'the release that the page names', pcrs }] : ANY_IMAGE,
    ...(named.get('root') ? { root: named.get('root') } : {}),
    time: 'document',
  };
};

const latest = async (app) => {
  if (!/^[\w-]{1,64}$/.test(app)) throw new TypeError('This frame names no app.');
  const answer = await fetch(new URL(`../apps/${app}/boot-proofs/latest`, document.baseURI), { credentials: 'omit', redirect: 'error' });
  if (!answer.ok) throw new TypeError(answer.status === 404 ? 'This app has no proof yet.' : `The service answers with status ${answer.status}.`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (bytes.length > MAX_PROOF) throw new TypeError('The proof is too large.');
  return parseProof(bytes);
};

const run = async () => {
  const named = new URLSearchParams(location.hash.slice(1));
  try {
    const policy = readPolicy(named);
    const verifier = await Verifier.create(policy);
    const proof = await latest(named.get('app') ?? '');
    const result = await verifier.verify(proof);
    const key = proof.boot?.publicKey;
    if (!result.valid) {
      show('bad', 'Proof refused', `${result.checks.find(({ outcome }) => outcome === 'failed')?.name ?? 'not everything could be checked'}: believe nothing that this app says.`, key);
      return;
    }
    const { manifest, document: attested } = result.proven;
    const open = [policy.identity === ANYONE && 'whose it is', policy.measurements === ANY_IMAGE && 'the image'].filter(Boolean);
    const whose = policy.identity === ANYONE ? 'anyone' : `the quorum key with fingerprint ${(await fingerprint(manifest.namespace.quorumKey)).slice(0, 16)}`;
    const root = result.root.aws ? '' : ' The root is not AWS’s.';
    show(open.length > 0 || !result.root.aws ? 'care' : 'good', `Runs in an enclave, for ${policy.identity === ANYONE ? 'anyone' : manifest.namespace.name}`,
      `Proven ${new Date(attested.timestamp).toISOString().slice(0, 16).replace('T', ' ')} UTC, for ${whose}.${root}${open.length > 0 ? ` This page left open: ${open.join(', ')}.` : ''}`, key);
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof TypeError)) throw error;
    show('quiet', 'No proof', error.message);
  }
};

addEventListener('hashchange', () => void run());
void run();
