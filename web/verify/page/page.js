// The proof page: what the visitor holds and a proof go in, the verdict comes out. Everything from outside is shown as text, never as markup.
import { ANYONE, ANY_IMAGE, FormatError, Verifier, argumentsText, bridgesText, environmentText, setText } from '../src/index.js';

const MAX_FILE = 64 * 1024 * 1024;
const find = (id) => document.getElementById(id);
const text = (id) => find(id).value.trim();

const element = (name, className, ...children) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
};

// ---- What the visitor holds

const fromPem = (pem) => {
  const match = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem);
  if (!match) throw new TypeError('the root is not a certificate in PEM');
  return Uint8Array.from(atob(match[1].replace(/\s/g, '')), (character) => character.charCodeAt(0));
};

/** PCRs in any form that tools print: a number and 96 hex digits beside each other on one line. */
export const readPcrs = (source) => {
  const pcrs = {};
  const take = (index, value) => {
    if (pcrs[index] !== undefined && pcrs[index] !== value.toLowerCase()) throw new TypeError(`PCR${index} is there twice, with two values`);
    pcrs[index] = value.toLowerCase();
  };
  for (const [, index, value] of source.matchAll(/pcr[ \t]?([0-9]{1,2})"?'?[ \t]*[:=]?[ \t]*"?'?([0-9a-f]{96})\b/gi)) take(Number(index), value);
  for (const [, value, index] of source.matchAll(/\b([0-9a-f]{96})[ \t]+pcr[ \t]?([0-9]{1,2})\b/gi)) take(Number(index), value);
  if (Object.keys(pcrs).length === 0) throw new TypeError('the measurements hold no PCR: a name such as PCR0 and 96 hex digits');
  return pcrs;
};

const readSet = (lines) => {
  const [threshold, ...keys] = lines.split(/\s+/).filter(Boolean);
  return { threshold: Number(threshold), members: keys.map((pubKey) => ({ alias: '', pubKey })) };
};

const readPolicy = () => {
  const identity = {};
  if (text('quorum-key')) identity.quorumKeys = [text('quorum-key')];
  if (text('manifest-hash')) identity.manifestHashes = [text('manifest-hash')];
  if (text('manifest-set')) identity.manifestSets = [readSet(text('manifest-set'))];
  const isNamed = Object.keys(identity).length > 0;
  if (!isNamed && !find('anyone').checked) throw new TypeError('Say whose deployment it must be: a quorum key, a manifest hash or a manifest set. Or accept anyone.');
  if (!text('pcrs') && !find('any-image').checked) throw new TypeError('Say which image it must run: the PCRs of a release. Or accept any image.');
  return {
    identity: isNamed ? identity : ANYONE,
    measurements: text('pcrs') ? [{ name: 'the release that you named', pcrs: readPcrs(text('pcrs')) }] : ANY_IMAGE,
    manifest: text('pivot') ? { pivots: [text('pivot')] } : {},
    ...(text('root') ? { root: fromPem(text('root')) } : {}),
    time: find('time').value,
    allowUncommitted: find('uncommitted').checked,
    allowDebug: find('debug').checked,
  };
};

// ---- The verdict

const describePinned = (policy) => {
  const pinned = [];
  const open = [];
  const say = (isPinned, held, given) => (isPinned ? pinned.push(held) : open.push(given));
  say(policy.root !== undefined, 'a root certificate of your own', 'the root: that of AWS is taken');
  say(policy.identity !== ANYONE, `whose deployment: ${policy.identity === ANYONE ? '' : Object.keys(policy.identity).map((kind) => ({ quorumKeys: 'its quorum key', manifestHashes: 'its manifest', manifestSets: 'the people who approve' })[kind]).join(', ')}`, 'whose deployment it is: anyone can run the same app in an enclave of their own');
  say(policy.measurements !== ANY_IMAGE, 'the image, by its PCRs', 'the image: any code can have run');
  say(policy.manifest.pivots !== undefined, 'the binary, by its hash', 'the binary: the manifest\'s approvers vouch for it');
  return element('dl', '', element('dt', '', 'You pinned'), element('dd', '', pinned.join('\n') || 'nothing'), element('dt', '', 'You left open'), element('dd', '', open.join('\n') || 'nothing'));
};

// Each link of the chain, with the checks that hold it.
const LINKS = [
  { title: (result) => (result.root.aws ? 'AWS Nitro Enclaves root' : 'A root that is not of AWS'), checks: ['document.root'], depth: 0 },
  { title: () => 'signed the attestation document', checks: ['document.format', 'document.certificates', 'document.chain', 'document.validity', 'document.chain-signatures', 'document.signature', 'document.time', 'document.members', 'document.nonce'], depth: 0 },
  { title: () => 'which measures the image (PCRs)', checks: ['trusted.pcrs', 'document.pcrs', 'document.debug-mode'], depth: 1 },
  { title: () => 'which names the manifest', checks: ['manifest.format', 'manifest.hash', 'manifest.encoding', 'manifest.pcr0', 'manifest.pcr1', 'manifest.pcr2', 'manifest.pcr3'], depth: 1 },
  { title: () => 'approved by its manifest set', checks: ['envelope.format', 'envelope.manifest', 'envelope.approvals'], depth: 2 },
  { title: () => 'of the deployment that you named', checks: ['identity', 'identity.quorum-key', 'identity.manifest-set', 'identity.manifest-hash', 'identity.ephemeral-key'], depth: 2 },
  { title: () => 'for the app', checks: ['trusted.pivot', 'manifest.debug-mode', 'required.namespace', 'required.nonce', 'required.arguments', 'required.environment', 'required.bridges', 'required.share-set'], depth: 2 },
  { title: () => 'which holds the ephemeral key', checks: ['document.key', 'commitment.live', 'keys.boot-proof', 'keys.app-proof', 'app.scheme', 'app.key'], depth: 1 },
  { title: () => 'which signed the payload', checks: ['app.signature'], depth: 2 },
];

const STYLE = { passed: 'good', failed: 'bad', notRun: 'bad', waived: 'care', notAsked: 'care' };
const WORD = { passed: 'holds', failed: 'refused', notRun: 'not reached', waived: 'given up', notAsked: 'not asked' };
const rank = ['passed', 'notAsked', 'waived', 'notRun', 'failed'];

const showChain = (result) => {
  const links = [];
  for (const { title, checks, depth } of LINKS) {
    const found = result.checks.filter(({ name }) => checks.includes(name));
    if (found.length === 0) continue;
    const worst = found.reduce((left, right) => (rank.indexOf(right.outcome) > rank.indexOf(left.outcome) ? right : left));
    const compared = found.filter(({ outcome }) => outcome === worst.outcome).map(({ name, expected, actual, detail }) => [name, detail, worst.outcome === 'failed' && expected ? `expected ${short(expected)}, found ${short(actual ?? 'nothing')}` : ''].filter(Boolean).join(': '));
    if (links.length > 0) links.push(element('div', `arrow${depth > 0 ? ' branch' : ''}`, '↓'));
    const link = element('div', `link ${STYLE[worst.outcome]}`, element('strong', '', `${title(result)}: ${WORD[worst.outcome]}`), element('span', '', compared.join('; ')));
    link.style.marginLeft = `${depth * 1.6}rem`;
    links.push(link);
  }
  find('chain').replaceChildren(...links);
};

const short = (value) => (value.length > 40 ? `${value.slice(0, 16)}…${value.slice(-8)}` : value);

const showFacts = async ({ proven }) => {
  const list = element('dl', '');
  const add = (name, value) => list.append(element('dt', '', name), element('dd', '', value));
  if (proven) {
    for (const payload of proven.payloads) add('What the app signed', payload);
    const { manifest, document: attested } = proven;
    if (manifest) {
      add('Namespace', `${manifest.namespace.name}, nonce ${manifest.namespace.nonce}`);
      add('Binary', manifest.pivot.hash);
      add('Arguments', argumentsText(manifest.pivot.args));
      add('Environment', environmentText(manifest.pivot.env));
      add('Bridges', bridgesText(manifest.pivot.bridgeConfig));
      add('Debug mode', manifest.pivot.debugMode ? 'on' : 'off');
      add('Manifest set', await setText(manifest.manifestSet));
      add('Share set', await setText(manifest.shareSet));
      add('Quorum key', manifest.namespace.quorumKey);
    }
    if (attested) add('Made', new Date(attested.timestamp).toISOString());
  }
  find('facts').replaceChildren(...(proven ? [element('h3', '', 'What was proven'), list] : []));
};

const showChecks = ({ checks }) => {
  find('checks').tBodies[0].replaceChildren(...checks.map(({ name, outcome, expected, actual, detail }) => {
    const compared = [expected && `expected ${expected}`, actual && `found ${actual}`, detail].filter(Boolean).join('; ');
    return element('tr', '', element('td', STYLE[outcome], WORD[outcome]), element('td', '', name), element('td', '', compared));
  }));
};

const forWhom = (policy, result) => {
  if (!result.valid) return 'Believe nothing that came with this proof.';
  const { manifest } = result.proven;
  const whose = policy.identity === ANYONE ? "of anyone: you named nobody, so a stranger's quorum is accepted too" : 'that you named';
  return manifest ? `Signed in an enclave of the deployment ${whose}; namespace ${manifest.namespace.name}.` : 'An app proof alone: it says nothing about where its key lives.';
};

const showVerdict = (kind, words) => {
  const verdict = find('verdict');
  verdict.className = kind;
  verdict.textContent = words;
  find('answer').hidden = false;
  verdict.focus();
};

const clear = () => {
  for (const id of ['for-whom', 'pinned', 'chain', 'facts']) find(id).replaceChildren();
  find('checks').tBodies[0].replaceChildren();
};

const verify = async () => {
  clear();
  try {
    const policy = readPolicy();
    const verifier = await Verifier.create(policy);
    const result = await verifier.verify(new TextEncoder().encode(text('proof')));
    find('for-whom').textContent = forWhom(policy, result);
    find('pinned').replaceChildren(describePinned(policy));
    showChain(result);
    showChecks(result);
    await showFacts(result);
    const waived = result.checks.filter(({ outcome }) => outcome === 'waived').length;
    const first = result.checks.find(({ outcome }) => outcome === 'failed');
    const whom = policy.identity === ANYONE ? 'for anyone, also a stranger' : 'for the deployment that you named';
    if (!result.valid) showVerdict('bad', `Refused: ${first ? first.name : 'not everything could be checked'}`);
    else if (waived > 0) showVerdict('care', `Valid ${whom}, with ${waived} ${waived === 1 ? 'check' : 'checks'} given up`);
    else showVerdict('good', `Valid ${whom}`);
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof TypeError)) throw error;
    showVerdict('bad', error instanceof FormatError ? `Refused: it cannot be read: ${error.message}` : error.message);
  }
};

// ---- Where a proof comes from

const readFile = async (file) => {
  if (file.size > MAX_FILE) throw new TypeError('the file has more than 64 MiB');
  find('proof').value = await file.text();
};

const lookUp = async () => {
  const key = text('key').toLowerCase();
  if (!/^[0-9a-f]{260}$/.test(key)) {
    showVerdict('bad', 'An ephemeral key has 260 hex digits.');
    return;
  }
  const answer = await fetch(new URL(`../boot-proofs/${key}`, document.baseURI));
  if (answer.ok) find('proof').value = await answer.text();
  else showVerdict('bad', `The service has no boot proof of this key (status ${answer.status}).`);
};

// A link carries a proof behind #, which no server sees: the JSON in base64url. Or the key that a proof is looked up by.
const fromFragment = () => {
  const key = /^#key=([0-9a-fA-F]{260})$/.exec(location.hash);
  if (key && !find('lookup').hidden) {
    find('key').value = key[1];
    void lookUp();
    return;
  }
  const match = /^#proof=([A-Za-z0-9_-]+)$/.exec(location.hash);
  if (!match) return;
  try {
    const binary = atob(match[1].replaceAll('-', '+').replaceAll('_', '/'));
    find('proof').value = new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  } catch {
    showVerdict('bad', 'The link holds no proof.');
  }
};

find('form').addEventListener('submit', (event) => {
  event.preventDefault();
  void verify();
});
find('file').addEventListener('change', ({ target }) => target.files[0] && void readFile(target.files[0]));
find('find').addEventListener('click', () => void lookUp());
find('lookup').hidden = !location.protocol.startsWith('http');
for (const type of ['dragover', 'dragleave', 'drop']) {
  find('proof').addEventListener(type, (event) => {
    event.preventDefault();
    find('proof').classList.toggle('dropping', type === 'dragover');
    if (type === 'drop' && event.dataTransfer.files[0]) void readFile(event.dataTransfer.files[0]);
  });
}
addEventListener('hashchange', fromFragment);
fromFragment();
