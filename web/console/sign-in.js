// Sign-in: the browser's key is shown with the command that registers it, and the page waits until that is done.
import { ApiError, RESOURCE_EXHAUSTED, UNAUTHENTICATED, UNAVAILABLE } from './api.js';
import { h } from './dom.js';
import { command } from './text.js';

const PAUSE = 1500;

/** Shows the key until the service knows it. */
export const signInPage = async ({ api, key }, show) => {
  show([
    h('section', { class: 'narrow middle' },
      h('h1', {}, 'Sign in'),
      h('p', {}, 'This browser made a key for you. WebCrypto keeps it: it signs your requests and never leaves this browser. Register it once, on the machine of the service:'),
      command(`qos-control key add NAME --public-key ${key.publicKey} --settings DIR`),
      h('dl', { class: 'facts' },
        h('dt', {}, 'NAME'), h('dd', {}, 'whom the key belongs to, as the records of activities will show it'),
        h('dt', {}, 'DIR'), h('dd', {}, 'the folder of the service’s settings'),
        h('dt', {}, 'Key'), h('dd', {}, h('code', {}, key.publicKey))),
      h('p', { class: 'waiting', role: 'status' }, 'Waiting until the service knows this key.'),
      h('p', { class: 'soft' }, 'Members’ keys have no place here: approvals and shares are given at the terminal, with ', h('code', {}, 'qos deploy approve'), ' and ', h('code', {}, 'qos deploy provision'), '.')),
  ]);
  for (;;) {
    await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
    try {
      await api.whoAmI();
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || ![UNAUTHENTICATED, UNAVAILABLE, RESOURCE_EXHAUSTED].includes(error.code)) throw error;
    }
  }
};

/** The key of this browser. */
export const keyPage = ({ key, me }) => async () => ({
  title: 'Key',
  content: [
    h('section', { class: 'narrow' },
      h('h1', {}, 'Your key'),
      h('dl', { class: 'facts' },
        h('dt', {}, 'Name'), h('dd', {}, me.username),
        h('dt', {}, 'Organization'), h('dd', {}, me.organizationName),
        h('dt', {}, 'Public key'), h('dd', {}, h('code', {}, key.publicKey))),
      h('p', {}, 'The private half is in this browser and cannot be copied out of it. To end its right at once, on the machine of the service:'),
      command(`qos-control key remove ${key.publicKey} --settings DIR`),
      h('p', {}, h('button', { type: 'button', class: 'danger', 'data-action': 'forget-key' }, 'Forget this key'))),
  ],
});
