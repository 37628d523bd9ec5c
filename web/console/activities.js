// Who asked for what: each activity with its stamp, which this browser checks.
import { fromBase64 } from '../verify/src/bytes.js';
import { h } from './dom.js';
import { readStamp } from './key.js';
import { badge, id, short, since, visible } from './text.js';

const LIMIT = 25;
const STATUS = { COMPLETED: ['good', 'Done'], FAILED: ['bad', 'Failed'], PENDING: ['busy', 'Pending'], CREATED: ['busy', 'Pending'] };
const stamps = new Map();

export const activitiesPage = ({ api, key }, before) => async () => {
  const { activities = [] } = await api.query('list_activities', { paginationOptions: { limit: String(LIMIT), ...(before ? { before } : {}) } });
  return {
    title: 'Activities',
    content: [
      h('div', { class: 'head' }, h('h1', {}, 'Activities'), h('p', { class: 'soft' }, 'Whatever changes something is kept with its signature. The signatures were checked in this browser.')),
      activities.length === 0 ? h('div', { class: 'empty' }, h('p', {}, 'There is none.')) : h('ul', { class: 'list' }, await Promise.all(activities.map((activity) => row(activity, key)))),
      h('p', { class: 'row' }, before && h('a', { href: '#/activities' }, 'Latest'), isMore(activities) && h('a', { href: `#/activities/${activities.at(-1).id}` }, 'Older')),
    ],
  };
};

// A page also ends where its bodies are long.
const isMore = (activities) => activities.length === LIMIT || activities.reduce((sum, { body }) => sum + (body?.length ?? 0), 0) > 4 << 20;

// What was stamped, and not what the service says that it was.
const asked = ({ body, intent }) => {
  try {
    return JSON.parse(new TextDecoder().decode(fromBase64(body))).parameters ?? intent;
  } catch {
    return intent;
  }
};

const row = async (activity, own) => {
  const [tone, word] = STATUS[activity.status.replace('ACTIVITY_STATUS_', '')] ?? ['quiet', visible(activity.status)];
  const { publicKey, holds } = await signer(activity);
  return h('li', { 'data-key': activity.id },
    h('div', { class: 'row' },
      h('strong', {}, title(activity.type)),
      badge(tone, word),
      holds ? h('span', { class: 'soft' }, 'stamped by ', h('code', { title: publicKey }, short(publicKey)), publicKey === own.publicKey ? ' (you)' : '') : badge('bad', 'Its stamp does not hold'),
      h('span', { class: 'soft end' }, since(activity.createdAt))),
    activity.failure && h('p', { class: 'attention' }, visible(activity.failure.message)),
    h('details', {},
      h('summary', {}, 'What was asked for ', id(activity.id)),
      h('pre', { tabindex: '0' }, visiblePretty(asked(activity)))));
};

const signer = async ({ id: activityId, stamp, body }) => {
  if (!stamps.has(activityId)) stamps.set(activityId, stamp && body ? await readStamp(stamp, fromBase64(body)) : { publicKey: null, holds: false });
  return stamps.get(activityId);
};

const title = (type) => {
  const words = visible(type).replace('ACTIVITY_TYPE_', '').toLowerCase().split('_').filter((word) => word !== 'tvc').join(' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

// Lines stay lines; everything else that hides is written out.
const visiblePretty = (value) => JSON.stringify(value, null, 2).split('\n').slice(0, 200).map((line) => visible(line, 400).replaceAll('\\\\', '\\')).join('\n');
