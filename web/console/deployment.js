// One deployment: where it stands, who has done what, its replicas as they change, its manifest, proofs and logs.
import { sha, toHex, fromBase64, fromHex } from '../verify/src/bytes.js';
import { publicKey, verifyP256 } from '../verify/src/curves.js';
import { parseManifest } from '../verify/src/manifest.js';
import { deploymentButtons } from './app.js';
import { h } from './dom.js';
import { logsView } from './logs.js';
import { differences, manifestView } from './manifest.js';
import { standing } from './model.js';
import { proofsView } from './proofs.js';
import { ReplicaList } from './replicas.js';
import { badge, command, count, id, milliseconds, since, visible } from './text.js';

export const deploymentPage = (session, deploymentId, tab = 'overview') => {
  const { api } = session;
  const replicas = new ReplicaList();
  // A deployment's manifest never changes: the live one is asked for once.
  const known = new Map();
  const read = async (deploymentIdToRead) => {
    if (!known.has(deploymentIdToRead)) known.set(deploymentIdToRead, parsed((await api.query('get_tvc_deployment', { deploymentId: deploymentIdToRead })).tvcDeployment));
    return known.get(deploymentIdToRead);
  };
  return async () => {
    const { tvcDeployment: deployment } = await api.query('get_tvc_deployment', { deploymentId });
    const [{ tvcApp: app }, { appStatus }] = await Promise.all([api.query('get_tvc_app', { appId: deployment.appId }), api.query('get_app_status', { appId: deployment.appId })]);
    const status = appStatus.deployments.find((candidate) => candidate.deploymentId === deploymentId) ?? { deploymentId, readyReplicas: 0, desiredReplicas: 0, delete: true };
    const own = await parsed(deployment);
    const isLive = app.liveDeploymentId === deploymentId;
    const live = app.liveDeploymentId && !isLive ? await read(app.liveDeploymentId).catch(() => null) : null;
    const state = standing(status, app);
    const changes = live && own.manifest && live.manifest ? differences(live.manifest, own.manifest) : null;
    const context = { api, app, deployment, status, own, live, changes, isLive };
    const body = { overview: overview, manifest: manifestView, proofs: proofsView, logs: logsView }[tab];
    const content = [
      h('nav', { class: 'trail', 'aria-label': 'Where you are' }, h('a', { href: '#/apps' }, 'Apps'), h('a', { href: `#/apps/${app.id}` }, visible(app.name))),
      h('div', { class: 'head' },
        h('div', {},
          h('h1', {}, 'Deployment ', id(deployment.id)),
          h('p', { class: 'row' }, badge(state.tone, state.word), isLive && state.word !== 'Live' && badge('good', 'Live'), deployment.debugMode && badge('bad', 'Debug mode'),
            !status.delete && h('span', {}, `${status.readyReplicas} of ${count(status.desiredReplicas, 'replica')} ready`), h('span', { class: 'soft' }, 'made ', since(deployment.createdAt)))),
        h('div', { class: 'buttons' }, deploymentButtons(status, isLive, live && milliseconds(deployment.createdAt) < live.createdAt))),
      nextStep(state),
      tabs(deployment, tab, changes),
      ...(await body(context)),
    ];
    // On later looks a stand-in keeps its place: what it shows is its own to change.
    if (tab === 'overview') content.splice(-1, 0, replicas.element.isConnected ? h('section', { 'data-own': true, 'data-key': 'replicas' }) : replicas.element);
    return { title: `${visible(app.name)}, deployment`, content, after: () => { if (tab === 'overview') void replicas.update(status.replicas ?? [], deployment.qosVersion); } };
  };
};

const parsed = async (deployment) => {
  const bytes = fromBase64(deployment.manifest.manifest);
  const result = { bytes, hash: toHex(await sha(256, bytes)), createdAt: milliseconds(deployment.createdAt), id: deployment.id };
  try {
    return { ...result, manifest: parseManifest(bytes) };
  } catch (error) {
    return { ...result, manifest: null, problem: error.message };
  }
};

const nextStep = ({ tone, next }) => next && h('div', { class: `callout ${tone}` },
  h('p', {}, h('strong', {}, tone === 'care' ? 'Waits for people: ' : 'Next: '), visible(next.who), tone === 'care' && next.command && '. Each runs, with the files that they hold:'),
  next.command && command(next.command));

const tabs = (deployment, current, changes) => {
  const all = [['overview', 'Overview', ''], ['manifest', 'Manifest', '/manifest'], ['proofs', 'Proofs', '/proofs'], deployment.debugMode && ['logs', 'Logs', '/logs']].filter(Boolean);
  return h('nav', { class: 'tabs', 'aria-label': 'Parts of this deployment' }, all.map(([name, title, path]) =>
    h('a', { href: `#/deployments/${deployment.id}${path}`, 'aria-current': current === name ? 'page' : null }, title,
      name === 'manifest' && changes && changes.size > 0 && h('span', { class: 'count' }, String(changes.size), h('span', { class: 'unseen' }, ' differences from the live one')))));
};

const overview = async ({ app, deployment, status, own }) => [
  h('div', { class: 'columns' },
    await approvals(app, deployment, own),
    shares(app, status)),
  h('section', { 'aria-labelledby': 'what' },
    h('h2', { id: 'what' }, 'What runs'),
    h('dl', { class: 'facts' },
      h('dt', {}, 'Image'), h('dd', {}, h('code', {}, visible(deployment.pivotContainer.containerUrl))),
      h('dt', {}, 'Executable'), h('dd', {}, h('code', {}, visible(deployment.pivotContainer.path))),
      own.manifest && h('dt', {}, 'SHA-256'), own.manifest && h('dd', {}, h('code', {}, own.manifest.pivot.hash)),
      h('dt', {}, 'Enclave image'), h('dd', {}, visible(deployment.qosVersion)),
      h('dt', {}, 'Ports'), h('dd', {}, `app ${deployment.pivotContainer.publicIngressPort}, health ${deployment.pivotContainer.healthCheckPort}`),
      h('dt', {}, 'Manifest'), h('dd', {}, h('code', {}, own.hash)),
      h('dt', {}, 'Deployment'), h('dd', {}, h('code', {}, deployment.id)))),
];

// Each signature is checked here, over the hash that was computed here: the service's word is not taken for it.
const approvals = async (app, deployment, own) => {
  const { threshold, operators } = app.manifestSet;
  const given = new Map((deployment.manifestApprovals ?? []).map((approval) => [approval.operator.id, approval]));
  const rows = await Promise.all(operators.map(async (operator) => {
    const approval = given.get(operator.id);
    const holds = approval && (await signed(operator, approval, own));
    return { operator, approval, holds };
  }));
  const number = rows.filter(({ holds }) => holds).length;
  return h('section', { 'aria-labelledby': 'approvals' },
    h('h2', { id: 'approvals' }, 'Approvals'),
    h('p', { class: 'soft' }, `${number} of ${threshold} needed; the signatures were checked in this browser`),
    h('ul', { class: 'people' }, rows.map(({ operator, approval, holds }) => h('li', { 'data-key': operator.id },
      h('span', {}, visible(operator.name)),
      approval ? (holds ? badge('good', 'Approved') : badge('bad', 'Its signature does not hold')) : number >= threshold ? badge('quiet', 'Not needed') : badge('care', 'Missing'),
      approval && h('span', { class: 'soft end' }, since(approval.createdAt))))));
};

const signed = async ({ publicKey: key }, { approval }, { hash, manifest }) => {
  if (!manifest) return false;
  try {
    return await verifyP256(publicKey(fromHex(key)).signingPoint, fromHex(hash), fromBase64(approval));
  } catch {
    return false;
  }
};

const SHARE = { MISSING: ['care', 'Missing'], POSTED: ['busy', 'Posted'], DELIVERED: ['good', 'Given'], REFUSED: ['bad', 'Refused'] };

const shares = ({ shareSet }, { shareHolders }) => h('section', { 'aria-labelledby': 'shares' },
  h('h2', { id: 'shares' }, 'Shares'),
  shareHolders
    ? [
        h('p', { class: 'soft' }, `${shareHolders.filter(({ state }) => state === 'DELIVERED').length} of ${shareSet.threshold} needed, for the replica that waits now`),
        h('ul', { class: 'people' }, shareHolders.map(({ operatorId, name, state, message }) => {
          const [tone, word] = SHARE[state] ?? ['quiet', state];
          return h('li', { 'data-key': operatorId }, h('span', {}, visible(name)), badge(tone, word), message && h('span', { class: 'soft' }, visible(message)));
        })),
      ]
    : h('p', { class: 'soft' }, 'None is asked for: no replica waits for the quorum key, or another one may give it.'));
