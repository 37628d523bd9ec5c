// What a deployment in debug mode writes. An app's output is a stranger's text: it is shown letter by letter, never run or followed.
import { h } from './dom.js';
import { milliseconds, visible } from './text.js';

const LINES = 500;

export const logsView = async ({ api, deployment }) => {
  if (!deployment.debugMode) return [h('div', { class: 'empty' }, h('p', {}, 'Only a deployment in debug mode has output that can be read outside its enclave.'))];
  const { entries = [] } = await api.query('get_tvc_deployment_debug_logs', { deploymentId: deployment.id, tailLines: LINES });
  const lines = entries.slice(-LINES);
  return [
    h('section', { 'aria-labelledby': 'logs' },
      h('div', { class: 'head' }, h('h2', { id: 'logs' }, 'Logs'), h('button', { type: 'button', class: 'small', 'data-action': 'refresh' }, 'Look again')),
      lines.length === 0
        ? h('div', { class: 'empty' }, h('p', {}, 'Nothing was written yet.'))
        : h('ol', { class: 'logs', tabindex: '0', 'aria-label': 'The latest lines' }, lines.map(({ line, replicaLabel }) => h('li', {},
            h('span', { class: 'soft' }, line.ts ? new Date(milliseconds(line.ts)).toISOString().slice(11, 23) : '', ' ', visible(replicaLabel)),
            h('span', {}, visible(line.content)))))),
  ];
};
