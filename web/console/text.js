// What is shown of values: short, and with nothing hidden in it.
import { h } from './dom.js';

const MAX_SHOWN = 2000;

/** Text from outside with everything that hides, moves or turns text around written out, and cut where it is very long. */
export const visible = (text, max = MAX_SHOWN) => {
  const whole = String(text);
  const cut = whole.length > max ? whole.slice(0, max) : whole;
  const shown = cut.replace(/\\/g, '\\\\').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0).toString(16)}}`);
  return whole.length > max ? `${shown}… (${whole.length} characters)` : shown;
};

/** The beginning and the end of an id or a hash. */
export const short = (value, head = 8, tail = 4) => (value.length > head + tail + 1 ? `${value.slice(0, head)}…${value.slice(-tail)}` : value);

/** An id: short to look at, whole to copy. */
export const id = (value) => h('code', { class: 'id', title: value }, short(visible(value)));

/** Milliseconds of the API's timestamp. */
export const milliseconds = ({ seconds, nanos } = { seconds: '0', nanos: '0' }) => Number(seconds) * 1000 + Math.floor(Number(nanos) / 1e6);

/** How long ago, in one unit. */
export const age = (since, now = Date.now()) => {
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  for (const [unit, size] of [['d', 86400], ['h', 3600], ['min', 60]]) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  return `${seconds} s`;
};

/** A time that grows old on the page: tick() brings all of them up to date. */
export const since = (timestamp, suffix = ' ago') => {
  const at = milliseconds(timestamp);
  const iso = new Date(at).toISOString();
  return h('time', { datetime: iso, title: iso, 'data-since': at, 'data-suffix': suffix }, age(at) + suffix);
};

/** Brings the ages up to date. */
export const tick = (root) => {
  const now = Date.now();
  for (const element of root.querySelectorAll('[data-since]')) {
    const text = age(Number(element.dataset.since), now) + element.dataset.suffix;
    if (element.textContent !== text) element.textContent = text;
  }
};

/** "1 replica", "3 replicas". */
export const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

/** A command that a person runs, with a button that copies it. */
export const command = (text) => h('div', { class: 'command' }, h('code', { tabindex: '0' }, visible(text)), h('button', { type: 'button', class: 'small', 'data-action': 'copy', 'data-text': text }, 'Copy'));

/** A word with a dot before it, in a tone: good, busy, care, bad or quiet. */
export const badge = (tone, text) => h('span', { class: `badge ${tone}` }, text);
