// The boot proofs of a deployment, each verified in this browser against what the service says of itself. What it cannot say is told first.
import { parseProof } from '../verify/src/proofs.js';
import { Verifier } from '../verify/src/verify.js';
import { utf8, fromHex } from '../verify/src/bytes.js';
import { h } from './dom.js';
import { badge, count, milliseconds, short, since, visible } from './text.js';

const LIMIT = 50;
const OUTCOME = { passed: ['good', 'holds'], failed: ['bad', 'refused'], notRun: ['bad', 'not reached'], waived: ['care', 'given up'], notAsked: ['quiet', 'not asked'] };
const verdicts = new Map();

export const proofsView = async ({ api, app, deployment, own }) => {
  const [{ bootProofs = [] }, versions] = await Promise.all([api.bootProofs(app.id, undefined, LIMIT), api.query('get_tvc_qos_versions')]);
  const mine = bootProofs.filter(({ deploymentLabel }) => deploymentLabel === deployment.id);
  const image = versions.images?.find(({ version }) => version === deployment.qosVersion);
  const verifier = await Verifier.create({
    identity: { quorumKeys: [app.quorumPublicKey], manifestHashes: [own.hash] },
    measurements: image ? [{ name: image.version, pcrs: Object.fromEntries(Object.entries(image.pcrs).map(([name, value]) => [name.replace('PCR', ''), value])) }] : [{ name: 'no image', pcrs: { 0: '00'.repeat(48) } }],
    root: fromHex(versions.awsRootCertificate), time: 'document', allowDebug: deployment.debugMode,
  });
  return [
    h('section', { 'aria-labelledby': 'proofs' },
      h('h2', { id: 'proofs' }, 'Boot proofs'),
      h('p', {}, 'One for each replica that got the quorum key. This browser verified them against this deployment’s manifest, the app’s quorum key, and root and measurements as ', h('em', {}, 'the service'), ' names them. To hold them against what you hold yourself, open one on the proof page.'),
      mine.length === 0
        ? h('div', { class: 'empty' }, h('p', {}, bootProofs.length === LIMIT ? `None is among the latest ${LIMIT} of this app.` : 'There is none yet: no replica of this deployment has the quorum key.'))
        : h('ul', { class: 'list' }, await Promise.all(mine.map((proof) => row(proof, verifier))))),
  ];
};

const row = async (proof, verifier) => {
  const verdict = await judge(proof, verifier);
  return h('li', { 'data-key': proof.ephemeralPublicKeyHex },
    h('div', { class: 'row' },
      verdict.valid ? badge('good', 'Holds, by the service’s own measures') : badge('bad', `Refused: ${verdict.why}`),
      h('code', { title: proof.ephemeralPublicKeyHex }, short(proof.ephemeralPublicKeyHex)),
      h('span', { class: 'soft end' }, since(proof.createdAt))),
    verdict.checks && h('details', {},
      h('summary', {}, `${count(verdict.checks.length, 'check')}`),
      h('ul', { class: 'checks' }, verdict.checks.map(({ name, outcome, detail }) => {
        const [tone, word] = OUTCOME[outcome];
        return h('li', {}, badge(tone, word), h('code', {}, name), detail && h('span', { class: 'soft' }, visible(detail, 300)));
      }))),
    h('p', {}, h('a', { href: `../verify/#key=${proof.ephemeralPublicKeyHex}` }, 'Verify it on the proof page'), h('span', { class: 'soft' }, `, made ${new Date(milliseconds(proof.createdAt)).toISOString()}`)));
};

// A verdict about the same proof stays the same: documents are looked at as of the time they were made.
const judge = async (proof, verifier) => {
  const key = proof.ephemeralPublicKeyHex + proof.awsAttestationDocB64.length;
  if (!verdicts.has(key)) {
    try {
      const result = await verifier.verify(parseProof(utf8(JSON.stringify(proof))));
      verdicts.set(key, { valid: result.valid, checks: result.checks, why: result.checks.find(({ outcome }) => outcome === 'failed')?.name ?? 'not everything could be checked' });
    } catch (error) {
      verdicts.set(key, { valid: false, why: error.message });
    }
  }
  return verdicts.get(key);
};
