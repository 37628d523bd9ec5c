// The console's frame: the key, the page that the address names, and the changes that keep it true.
import { Api, ApiError, RESOURCE_EXHAUSTED, UNAUTHENTICATED } from './api.js';
import { act } from './actions.js';
import { activitiesPage } from './activities.js';
import { appPage } from './app.js';
import { appsPage } from './apps.js';
import { deploymentPage } from './deployment.js';
import { h, morph } from './dom.js';
import { watch } from './events.js';
import { isPossible, openKey } from './key.js';
import { keyPage, signInPage } from './sign-in.js';
import { tick } from './text.js';

const LEAST_PAUSE = 300;
const PAUSE_WHEN_REFUSED = 2000;
const ROUTES = [
  [/^\/(?:apps)?$/, appsPage],
  [/^\/apps\/([\w-]+)$/, appPage],
  [/^\/deployments\/([\w-]+)(?:\/(manifest|proofs|logs))?$/, deploymentPage],
  [/^\/activities(?:\/([\w-]+))?$/, activitiesPage],
  [/^\/key$/, keyPage],
];

const find = (id) => document.getElementById(id);
const session = { api: null, key: null, me: null };
let page = null;

// ---- The page that is shown

/** Shows the page that the address names. */
const route = async () => {
  const path = location.hash.replace(/^#/, '') || '/';
  const [pattern, make] = ROUTES.find(([candidate]) => candidate.test(path)) ?? [];
  const shown = { path, refreshing: false, again: false, seen: 0 };
  page = shown;
  if (!make) {
    show(shown, { title: 'Not found', content: [h('h1', {}, 'There is no such page'), h('p', {}, h('a', { href: '#/apps' }, 'To the apps'))] });
    return;
  }
  const room = path.startsWith('/activities') ? '#/activities' : path.startsWith('/key') ? '' : '#/apps';
  for (const link of find('nav').querySelectorAll('a')) {
    if (link.hash && link.hash === room) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  shown.load = make(session, ...pattern.exec(path).slice(1));
  find('main').setAttribute('aria-busy', 'true');

  // The page before stays to be seen until this one is there; its buttons are those of a page that was left.
  find('main').inert = true;
  await refresh(shown);
};

/** Looks again at what the page shows; while that goes on, a further change means once more, not twice. */
const refresh = async (shown) => {
  if (shown !== page || !shown.load) return;
  if (shown.refreshing) {
    shown.again = true;
    return;
  }
  shown.refreshing = true;
  do {
    shown.again = false;
    const begin = Date.now();
    let pause = LEAST_PAUSE;
    try {
      const result = await shown.load();
      if (shown !== page) return;
      show(shown, result);
      pause = result.pause ?? LEAST_PAUSE;
    } catch (error) {
      if (shown !== page) return;
      if (error instanceof ApiError && error.code === UNAUTHENTICATED) {
        await signIn();
        return;
      }
      if (error instanceof ApiError && error.code === RESOURCE_EXHAUSTED) {
        // Too much was asked for at once; a moment later it is answered.
        shown.again = true;
        pause = PAUSE_WHEN_REFUSED;
      } else fail(shown, error);
    }
    if (shown.again) await new Promise((resolve) => { setTimeout(resolve, Math.max(0, pause - (Date.now() - begin))); });
  } while (shown.again);
  shown.refreshing = false;
};

const show = (shown, { title, content, after }) => {
  document.title = `${title} · Qos console`;
  const main = find('main');
  const parts = content.flat().filter(Boolean);
  main.inert = false;
  if (shown.seen++ === 0) {
    main.replaceChildren(...parts);

    // Now and never again: whoever has moved on from there is not taken back by a later look.
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  } else morph(main, h('main', {}, ...parts));
  main.removeAttribute('aria-busy');
  after?.(main);
};

const fail = (shown, error) => {
  const message = error instanceof ApiError ? error.message : `The console failed: ${error.message}`;
  if (!(error instanceof ApiError)) console.error(error);
  if (shown.seen > 0) notice('bad', message);
  else show(shown, { title: 'Refused', content: [h('h1', {}, 'The service refused this'), h('p', { class: 'callout bad' }, message), h('p', {}, h('a', { href: '#/apps' }, 'To the apps'))] });
};

// ---- Notices

const notice = (tone, text) => {
  const element = h('div', { class: `notice ${tone}` }, h('p', {}, text), h('button', { type: 'button', class: 'small', 'data-action': 'dismiss' }, 'Dismiss'));
  find('notices').replaceChildren(element);
  if (tone === 'good') setTimeout(() => element.remove(), 6000);
};

// ---- Whose console it is

const signIn = async () => {
  page = { path: 'sign-in', seen: 0 };
  watching?.abort();
  for (const id of ['nav', 'who', 'live']) find(id).hidden = true;
  await signInPage(session, (content) => show(page, { title: 'Sign in', content }));
  await begin();
};

let watching;

const begin = async () => {
  session.me = await session.api.whoAmI();
  watching?.abort();
  watching = new AbortController();
  find('nav').hidden = find('who').hidden = find('live').hidden = false;
  find('who').replaceChildren(h('span', { class: 'name' }, session.me.username), h('span', { class: 'soft' }, session.me.organizationName));
  void watch(session.api, watching.signal, onChange, (state) => {
    find('live').className = `live ${state}`;
    find('live').textContent = state === 'live' ? 'Live' : 'Reconnecting';
  });
  await route();
};

const onChange = () => {
  if (page && !document.hidden) void refresh(page);
};

const start = async () => {
  if (!isPossible()) {
    find('main').replaceChildren(h('h1', {}, 'This page needs HTTPS'), h('p', { class: 'callout bad' }, 'A browser signs requests with a key of its own only over HTTPS, or on the machine itself by http://127.0.0.1. Give the service a certificate, or reach it through a tunnel.'));
    return;
  }
  session.key = await openKey();
  session.api = new Api(session.key);
  try {
    await begin();
  } catch (error) {
    if (error instanceof ApiError && error.code === UNAUTHENTICATED) await signIn();
    else {
      find('main').replaceChildren(h('h1', {}, 'The service does not answer'), h('p', { class: 'callout bad' }, error.message), h('p', {}, h('button', { type: 'button', 'data-action': 'reload' }, 'Try again')));
    }
  }
};

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-action]');
  if (button) void act(button, session, { notice, refresh: () => refresh(page) });
});
addEventListener('hashchange', () => { if (session.me) void route(); });
document.addEventListener('visibilitychange', onChange);
setInterval(() => { if (!document.hidden) tick(document); }, 1000);
void start();
