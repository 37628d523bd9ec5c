// All apps, each with where its live deployment stands and what waits for a person.
import { h } from './dom.js';
import { standing } from './model.js';
import { badge, count, id, since, visible } from './text.js';

// As many as a key may ask for: the service answers 50 requests a second.
const MOST = 48;
const AT_A_TIME = 6;
const PAUSE_FOR_EACH = 40;

export const appsPage = ({ api }) => async () => {
  const { tvcApps: apps = [] } = await api.query('list_tvc_apps');
  const statuses = await inTurn(apps.slice(0, MOST), async ({ id: appId }) => (await api.query('get_app_status', { appId })).appStatus);
  return {
    title: 'Apps',
    pause: Math.max(300, statuses.length * PAUSE_FOR_EACH),
    content: [
      h('div', { class: 'head' }, h('h1', {}, 'Apps'), h('p', { class: 'soft' }, count(apps.length, 'app'))),
      apps.length === 0
        ? h('div', { class: 'empty' }, h('p', {}, 'There is no app yet. One is made at the terminal:'), h('code', {}, 'qos app create NAME --quorum-key FILE --manifest-set DIR --share-set DIR'))
        : h('ul', { class: 'cards' }, apps.map((app, index) => card(app, statuses[index]))),
    ],
  };
};

const card = (app, status) => {
  if (!status) return h('li', { class: 'card', 'data-key': app.id }, h('h2', {}, h('a', { href: `#/apps/${app.id}` }, visible(app.name))), h('p', { class: 'soft' }, app.liveDeploymentId ? 'Something is live; its page says how it is.' : 'Nothing is live.'), h('p', { class: 'foot' }, id(app.id), since(app.updatedAt)));
  const live = status.deployments.find(({ deploymentId }) => deploymentId === app.liveDeploymentId);
  const waiting = status.deployments.map((deployment) => standing(deployment, app)).filter(({ tone, next }) => tone === 'care' && next);
  const state = live && standing(live, app);
  return h('li', { class: 'card', 'data-key': app.id },
    h('h2', {}, h('a', { href: `#/apps/${app.id}` }, visible(app.name))),
    h('p', { class: 'row' },
      live ? badge(state.tone, state.word) : badge('quiet', 'Nothing live'),
      live && h('span', {}, `${live.readyReplicas} of ${count(live.desiredReplicas, 'replica')} ready`)),
    waiting.length > 0 && h('p', { class: 'attention' }, `${waiting[0].word}: ${visible(waiting[0].next.who)}`),
    h('p', { class: 'foot' }, id(app.id), h('span', {}, count(status.deployments.length, 'deployment')), since(app.updatedAt)));
};

const inTurn = async (items, ask) => {
  const answers = [];
  for (let at = 0; at < items.length; at += AT_A_TIME) answers.push(...(await Promise.all(items.slice(at, at + AT_A_TIME).map(ask))));
  return answers;
};
