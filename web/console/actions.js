// What a click does. Whatever changes something asks first, and says afterwards what came of it.
import { ApiError } from './api.js';
import { h } from './dom.js';
import { forgetKey } from './key.js';
import { short } from './text.js';

const CHANGES = {
  promote: {
    title: 'Promote this deployment?', text: (id) => `New requests go to ${id}. The live deployment drains and keeps running.`, button: 'Promote',
    submit: ['set_tvc_app_live_deployment', 'UPDATE_TVC_APP_LIVE_DEPLOYMENT', 'deploymentId'], done: 'is live now.',
  },
  rollback: {
    title: 'Roll back to this deployment?', text: (id) => `New requests go to ${id} again, which was made before the live one. The live one drains and keeps running.`, button: 'Roll back',
    submit: ['set_tvc_app_live_deployment', 'UPDATE_TVC_APP_LIVE_DEPLOYMENT', 'deploymentId'], done: 'is live again.',
  },
  delete: {
    title: 'Delete this deployment?', text: (id) => `The replicas of ${id} drain and stop. It can be restored until the service removes what it keeps of it; replicas that start then need the quorum key again.`, button: 'Delete', danger: true,
    submit: ['delete_tvc_deployment', 'DELETE_TVC_DEPLOYMENT', 'deploymentId'], done: 'is deleted.',
  },
  restore: {
    title: 'Restore this deployment?', text: (id) => `The service starts the replicas of ${id} again and gives them the quorum key if it may.`, button: 'Restore',
    submit: ['restore_tvc_deployment', 'RESTORE_TVC_DEPLOYMENT', 'deploymentId'], done: 'is restored.',
  },
  'delete-app': {
    title: 'Delete this app and all its deployments?', text: (id) => `Every replica of ${id} stops, the live ones too: users of the app are refused. Nothing brings the app back.`, button: 'Delete app', danger: true,
    submit: ['delete_tvc_app_and_deployments', 'DELETE_TVC_APP_AND_DEPLOYMENTS', 'appId'], done: 'is deleted.', leave: '#/apps',
  },
};

/** Does what a button says. */
export const act = async (button, session, { notice, refresh }) => {
  const { action, id, text } = button.dataset;
  try {
    if (action === 'copy') {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    } else if (action === 'dismiss') button.parentElement.remove();
    else if (action === 'reload') location.reload();
    else if (action === 'refresh') await refresh();
    else if (action === 'forget-key') await forget();
    else if (CHANGES[action]) await change(CHANGES[action], id, session, notice, refresh);
  } catch (error) {
    notice('bad', error instanceof ApiError ? error.message : `This failed: ${error.message}`);
  }
};

const change = async ({ title, text, button, danger, submit: [name, type, member], done, leave }, id, session, notice, refresh) => {
  if (!(await confirm(title, text(short(id)), button, danger))) return;
  await session.api.submit(name, type, { [member]: id });
  notice('good', `${short(id)} ${done}`);
  if (leave) location.hash = leave;
  else await refresh();
};

const forget = async () => {
  if (!(await confirm('Forget this key?', 'This browser can sign no more requests. To come back, a new key has to be registered. Also remove the old one: qos-control key remove.', 'Forget', true))) return;
  await forgetKey();
  location.hash = '';
  location.reload();
};

/** Asks a question; true when the answer is yes. Escape and Cancel are no. */
const confirm = (title, text, yes, isDanger) => new Promise((resolve) => {
  const dialog = h('dialog', { 'aria-labelledby': 'question' },
    h('form', { method: 'dialog' },
      h('h2', { id: 'question' }, title),
      h('p', {}, text),
      h('div', { class: 'buttons' },
        h('button', { value: 'no', autofocus: isDanger }, 'Cancel'),
        h('button', { value: 'yes', class: isDanger ? 'danger' : 'primary', autofocus: !isDanger }, yes))));
  dialog.addEventListener('close', () => {
    dialog.remove();
    resolve(dialog.returnValue === 'yes');
  });
  document.body.append(dialog);
  dialog.showModal();
});
