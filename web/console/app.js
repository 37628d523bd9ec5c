// One app: its deployments, the people who decide about it, its proofs.
import { fingerprint } from '../verify/src/policy.js';
import { h } from './dom.js';
import { standing } from './model.js';
import { badge, command, count, id, milliseconds, since, visible } from './text.js';

export const appPage = ({ api }, appId) => async () => {
  const [{ tvcApp: app }, { appStatus: status }, { tvcDeployments: deployments = [] }] = await Promise.all([
    api.query('get_tvc_app', { appId }), api.query('get_app_status', { appId }), api.query('list_tvc_app_deployments', { appId }),
  ]);
  const details = new Map(deployments.map((deployment) => [deployment.id, deployment]));
  const live = details.get(app.liveDeploymentId);
  const rows = [...status.deployments].sort((left, right) => madeAt(details, right) - madeAt(details, left));
  return {
    title: visible(app.name),
    content: [
      h('nav', { class: 'trail', 'aria-label': 'Where you are' }, h('a', { href: '#/apps' }, 'Apps')),
      h('div', { class: 'head' }, h('h1', {}, visible(app.name)), h('div', { class: 'buttons' }, h('button', { type: 'button', class: 'danger quiet', 'data-action': 'delete-app', 'data-id': app.id }, 'Delete app'))),
      h('section', { 'aria-labelledby': 'deployments' },
        h('h2', { id: 'deployments' }, 'Deployments'),
        rows.length === 0
          ? h('div', { class: 'empty' }, h('p', {}, 'There is no deployment yet. One is made at the terminal:'), command('qos deploy init --out deploy.yaml'), command('qos deploy create deploy.yaml'))
          : h('ul', { class: 'list' }, rows.map((row) => deploymentRow(row, details.get(row.deploymentId), live, app)))),
      h('div', { class: 'columns' },
        await people('Approvers', 'approve each manifest', app.manifestSet),
        await people('Share holders', 'hold the quorum key together', app.shareSet)),
      h('section', { 'aria-labelledby': 'about' },
        h('h2', { id: 'about' }, 'About'),
        h('dl', { class: 'facts' },
          h('dt', {}, 'App'), h('dd', {}, h('code', {}, app.id)),
          h('dt', {}, 'Host name'), h('dd', {}, h('code', {}, visible(app.publicDomain))),
          h('dt', {}, 'Quorum key'), h('dd', {}, h('code', {}, `fingerprint ${await fingerprint(app.quorumPublicKey)}`)),
          h('dt', {}, 'Debug mode'), h('dd', {}, app.enableDebugModeDeployments ? 'allowed: operators can read the output of such a deployment' : 'never'),
          h('dt', {}, 'Made'), h('dd', {}, since(app.createdAt)),
          h('dt', {}, 'For its users'), h('dd', {}, h('a', { href: `../badge/#app=${encodeURIComponent(app.id)}&quorumKey=${app.quorumPublicKey}` }, 'The badge of this app'), ', to be framed by its own page'))),
    ],
  };
};

const madeAt = (details, { deploymentId }) => milliseconds(details.get(deploymentId)?.createdAt);

const deploymentRow = (status, deployment, live, app) => {
  const { tone, word, isLive, next } = standing(status, app);
  const isOlder = deployment && live && milliseconds(deployment.createdAt) < milliseconds(live.createdAt);
  return h('li', { 'data-key': status.deploymentId, class: isLive ? 'with-buttons live-row' : 'with-buttons' },
    h('div', { class: 'row' },
      h('a', { class: 'title', href: `#/deployments/${status.deploymentId}` }, id(status.deploymentId)),
      badge(tone, word),
      isLive && word !== 'Live' && badge('good', 'Live'),
      h('span', { class: 'soft' }, status.delete ? 'no replicas' : `${status.readyReplicas} of ${status.desiredReplicas} ready`),
      deployment && h('span', { class: 'soft' }, `image ${visible(deployment.qosVersion)}`),
      deployment?.debugMode && badge('bad', 'Debug mode'),
      deployment && h('span', { class: 'soft end' }, since(deployment.createdAt))),
    tone === 'care' && next && h('p', { class: 'attention' }, visible(next.who)),
    h('div', { class: 'buttons' }, deploymentButtons(status, isLive, isOlder)));
};

/** What can be done with a deployment. */
export const deploymentButtons = (status, isLive, isOlder) => {
  const button = (action, text, tone) => h('button', { type: 'button', class: tone, 'data-action': action, 'data-id': status.deploymentId }, text);
  if (status.delete) return [button('restore', 'Restore')];
  if (isLive) return [];
  return [
    status.readyReplicas > 0 && (isOlder ? button('rollback', 'Roll back to this', 'primary') : button('promote', 'Promote', 'primary')),
    button('delete', 'Delete', 'danger quiet'),
  ];
};

const people = async (title, what, { threshold, operators }) => h('section', { 'aria-label': title },
  h('h2', {}, title),
  h('p', { class: 'soft' }, `${threshold} of ${count(operators.length, 'member')} ${what}`),
  h('ul', { class: 'people' }, await Promise.all(operators.map(async ({ name, publicKey }) =>
    h('li', {}, h('span', {}, visible(name)), h('code', { class: 'soft', title: 'The fingerprint of the public key' }, (await fingerprint(publicKey)).slice(0, 16)))))));
