// The replicas of a deployment, line by line. A thousand lines are made a few at a time, and a change touches its own line only.
import { h } from './dom.js';
import { replicaState } from './model.js';
import { badge, count, milliseconds, short, since, visible } from './text.js';

const SLICE_MS = 8;
const FEW = 12;

/** A list that is kept over refreshes of the page. */
export class ReplicaList {
  #lines = new Map();
  #body = h('div', { role: 'rowgroup' });
  #summary = h('p', { class: 'soft', role: 'status' });
  #filter = h('input', { type: 'checkbox', id: 'only-unwell' });
  #turn = 0;
  #last = [[], ''];

  constructor() {
    const head = ['Slot', 'Replica', 'State', 'Health', 'Key', 'Version', 'Age', 'Message'].map((title) => h('span', { role: 'columnheader' }, title));
    this.filter = h('label', { class: 'check', hidden: true }, this.#filter, ' Only those that are not ready');
    this.element = h('section', { 'aria-labelledby': 'replicas', 'data-own': true, 'data-key': 'replicas' },
      h('div', { class: 'head' }, h('h2', { id: 'replicas' }, 'Replicas'), this.#summary, this.filter),
      h('div', { class: 'replicas', role: 'table', 'aria-labelledby': 'replicas' }, h('div', { role: 'rowgroup' }, h('div', { role: 'row', class: 'replica-head' }, head)), this.#body));
    this.#filter.addEventListener('change', () => void this.update(...this.#last));
  }

  /** Shows these replicas of this version. */
  async update(replicas, version) {
    this.#last = [replicas, version];
    const turn = ++this.#turn;
    const counts = new Map();
    for (const { state } of replicas) counts.set(state, (counts.get(state) ?? 0) + 1);
    const words = [...counts].map(([state, number]) => `${number} ${replicaState(state)[1].toLowerCase()}`).join(', ');
    const summary = replicas.length === 0 ? 'none' : `${count(replicas.length, 'replica')}: ${words}`;
    if (this.#summary.textContent !== summary) this.#summary.textContent = summary;
    this.filter.hidden = replicas.length <= FEW;
    const shown = replicas.filter(({ healthy }) => this.filter.hidden || !this.#filter.checked || !healthy).sort((left, right) => left.slot - right.slot || milliseconds(left.createdAt) - milliseconds(right.createdAt));
    const wanted = new Set(shown.map(({ id }) => id));
    for (const [id, { element }] of this.#lines) {
      if (wanted.has(id)) continue;
      element.remove();
      this.#lines.delete(id);
    }

    let at = this.#body.firstElementChild;
    let begin = performance.now();
    for (const replica of shown) {
      const line = this.#line(replica, version);
      if (line === at) at = at.nextElementSibling;
      else this.#body.insertBefore(line, at);
      if (performance.now() - begin < SLICE_MS) continue;
      await breath();
      if (turn !== this.#turn) return;
      begin = performance.now();
    }
  }

  #line(replica, version) {
    const said = `${replica.state} ${replica.mode} ${replica.healthy} ${version} ${replica.message ?? ''}`;
    const known = this.#lines.get(replica.id);
    if (known?.said === said) return known.element;
    const [tone, word] = replicaState(replica.state);
    const cell = (name, ...content) => h('span', { role: 'cell', class: name }, ...content);
    const cells = [
      cell('slot', String(replica.slot + 1)),
      cell('which', h('code', { title: replica.id }, short(replica.id))),
      cell('state', badge(tone, word)),
      cell('health', replica.healthy ? 'well' : ['Draining', 'Stopping', 'Gone'].includes(replica.state) ? 'leaving' : 'not yet'),
      cell('how', replica.mode === 'Standard' ? 'by shares' : 'forwarded'),
      cell('version', visible(version)),
      cell('age', since(replica.createdAt, '')),
      cell('message', replica.message ? visible(replica.message) : ''),
    ];
    const element = known?.element ?? h('div', { role: 'row', class: 'replica', 'data-id': replica.id });
    element.replaceChildren(...cells);
    this.#lines.set(replica.id, { element, said });
    return element;
  }
}

// Lets the browser paint and answer before the next lines.
const breath = () => new Promise((resolve) => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => resolve();
  channel.port2.postMessage(null);
});
