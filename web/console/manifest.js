// A manifest as a reviewer reads it: section by section, with what differs from the live one. The sections are those of `qos manifest show`.
import { AWS_ROOT } from '../verify/src/aws-root.js';
import { equalBytes, fromHex, sha, toHex } from '../verify/src/bytes.js';
import { bridgesText, fingerprint } from '../verify/src/policy.js';
import { h } from './dom.js';
import { count, id, visible } from './text.js';

/** Every section of a manifest with its fields: path, label, value. A key's value is its hex; its fingerprint is shown. */
export const sections = (manifest) => {
  const { namespace, pivot, manifestSet, shareSet, enclave, dns } = manifest;
  const set = (path, { threshold, members }) => [
    [`${path}.threshold`, 'threshold', `${threshold} of ${members.length}`],
    ...members.map(({ alias, pubKey }, index) => [`${path}.members[${index}]`, alias, pubKey, 'key']),
  ];
  return [
    ['Namespace', [['version', 'version', manifest.version.toLowerCase()], ['namespace.name', 'name', namespace.name], ['namespace.nonce', 'nonce', String(namespace.nonce)], ['namespace.quorumKey', 'quorum key', namespace.quorumKey, 'key']]],
    ['Pivot', [
      ['pivot.hash', 'SHA-256', pivot.hash], ['pivot.restart', 'restart', pivot.restart], ['pivot.debugMode', 'debug mode', pivot.debugMode ? 'yes: its output can be read outside' : 'no'],
      ...pivot.bridgeConfig.map((bridge, index) => [`pivot.bridgeConfig[${index}]`, 'bridge', bridgesText([bridge])]),
      ...pivot.args.map((argument, index) => [`pivot.args[${index}]`, 'argument', argument]),
      ...[...pivot.env].map(([name, value]) => [`pivot.env.${name}`, 'environment', `${name}=${value}`]),
    ]],
    ['Manifest set: who approves', set('manifestSet', manifestSet)],
    ['Share set: who holds shares of the quorum key', set('shareSet', shareSet)],
    ['Enclave', [
      ...[0, 1, 2, 3].map((index) => [`enclave.pcr${index}`, `PCR${index}`, enclave[`pcr${index}`]]),
      ['enclave.awsRootCertificate', 'root', enclave.awsRootCertificate, 'root'], ['enclave.qosCommit', 'QOS commit', enclave.qosCommit],
    ]],
    ...(dns ? [['DNS', dns.resolvers.map((address, index) => [`dns.resolvers[${index}]`, 'resolver', address])]] : []),
  ];
};

// A member's name is its label, and part of what must be the same.
const said = ([path, label, value]) => (path.includes('Set.members[') ? `${label} ${value}` : value);
const fields = (manifest) => new Map(sections(manifest).flatMap(([, list]) => list).map((field) => [field[0], field]));

/** The paths in which two manifests differ, each with the field before and after; one of the two can be absent. */
export const differences = (before, after) => {
  const [left, right] = [fields(before), fields(after)];
  const found = new Map();
  for (const path of new Set([...left.keys(), ...right.keys()])) {
    const [old, now] = [left.get(path), right.get(path)];
    if (!old || !now || said(old) !== said(now)) found.set(path, { before: old, after: now });
  }
  return found;
};

export const manifestView = async ({ own, live, changes, isLive }) => {
  const intro = h('section', { 'aria-labelledby': 'hash' },
    h('h2', { id: 'hash' }, 'Manifest hash: what an approval signs'),
    h('p', {}, h('code', {}, own.hash)),
    h('p', { class: 'soft' }, 'Computed in this browser, from the bytes that the service gave. Whoever approves compares the manifest with what they hold.'));
  if (!own.manifest) return [intro, h('p', { class: 'callout bad' }, `The manifest cannot be read: ${own.problem}`)];
  const shown = sections(own.manifest);
  if (changes) {
    // What only the live one has stands in its section too.
    const missing = sections(live.manifest).flatMap(([title, list]) => list.filter(([path]) => changes.get(path) && !changes.get(path).after).map((field) => [title, field]));
    for (const [title, field] of missing) {
      const section = shown.find(([name]) => name === title);
      if (section) section[1].push(field);
      else shown.push([title, [field]]);
    }
  }
  const compared = isLive ? 'This is the live deployment.' : live ? ['Compared with the live deployment ', h('a', { href: `#/deployments/${live.id}/manifest` }, id(live.id)), `: ${changes.size === 0 ? 'the two say the same.' : `${count(changes.size, 'difference')}.`}`] : 'No deployment is live: there is nothing to compare it with.';
  return [intro, h('p', { class: 'compared' }, compared), ...(await Promise.all(shown.map(([title, list], index) => section(title, list, changes, index))))];
};

const section = async (title, list, changes, index) => {
  const differing = changes ? list.filter(([path]) => changes.has(path)).length : 0;
  return h('details', { class: 'section', 'data-key': title, open: !changes || differing > 0 },
    h('summary', {}, h('h2', { id: `section-${index}` }, title), changes && h('span', { class: differing > 0 ? 'badge care' : 'badge quiet' }, differing > 0 ? count(differing, 'difference') : 'same')),
    h('dl', { class: 'facts' }, (await Promise.all(list.map((field) => line(field, changes?.get(field[0]))))).flat()));
};

const line = async (field, change) => {
  const label = h('dt', {}, visible((change?.after ?? field)[1]));
  if (!change) return [label, h('dd', {}, await value(field))];
  return [label, h('dd', { class: 'change' },
    h('del', {}, h('span', { class: 'unseen' }, 'live: '), change.before ? await value(change.before, change.after) : 'not there'),
    h('ins', {}, h('span', { class: 'unseen' }, 'here: '), change.after ? await value(change.after, change.before) : 'not there'))];
};

const value = async ([path, label, text, kind], other) => {
  const name = other && path.includes('Set.members[') ? `${visible(label)} ` : '';
  if (kind === 'key') return h('code', { title: text }, `${name}fingerprint ${await fingerprint(text)}`);
  if (kind === 'root') return h('code', {}, await rootText(fromHex(text)));
  return h('code', {}, visible(text));
};

const rootText = async (der) => (equalBytes(der, AWS_ROOT) ? 'AWS Nitro Enclaves Root-G1' : `not AWS's but a certificate with SHA-256 ${toHex(await sha(256, der))}`);
