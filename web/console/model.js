// What the service's answers mean to a person: where a deployment stands, and who does what next.
import { count } from './text.js';

const people = (needed, names) => new Intl.ListFormat('en-GB', { type: needed < names.length ? 'disjunction' : 'conjunction' }).format(names);

/** Where a deployment stands: a tone, a word, and the next step if a person has one. */
export const standing = (status, app) => {
  const isLive = status.deploymentId === app.liveDeploymentId;
  if (status.delete) return { tone: 'quiet', word: 'Deleted', isLive };
  if (status.approvalsMissing) {
    const { threshold, operators } = app.manifestSet;
    const needed = threshold - (operators.length - status.approvalsMissing.length);
    return { tone: 'care', word: 'Needs approval', isLive, next: { who: `${count(needed, 'more approval')}, by ${people(needed, status.approvalsMissing)}`, command: `qos deploy approve ${status.deploymentId}` } };
  }
  if (status.provisioningState === 'PROVISIONING_STATE_AWAITING_PROVISION') {
    const waiting = (status.shareHolders ?? []).filter(({ state }) => state === 'MISSING' || state === 'REFUSED').map(({ name }) => name);
    const needed = app.shareSet.threshold - ((status.shareHolders ?? []).length - waiting.length);
    return { tone: 'care', word: 'Needs shares', isLive, next: { who: needed > 0 ? `${count(needed, 'more share')}, from ${people(needed, waiting)}` : 'the shares are on their way', command: needed > 0 ? `qos deploy provision ${status.deploymentId}` : null } };
  }
  if (status.readyReplicas === 0 && status.desiredReplicas > 0) return { tone: 'busy', word: 'Starting', isLive };
  if (status.readyReplicas < status.desiredReplicas) return { tone: isLive ? 'care' : 'busy', word: isLive ? 'Live, not whole' : 'Starting', isLive };
  return isLive ? { tone: 'good', word: 'Live', isLive } : { tone: 'good', word: 'Ready', isLive, next: { who: 'ready to be promoted', command: `qos app promote ${status.deploymentId}` } };
};

const STATES = {
  Starting: ['busy', 'Starting'], Booting: ['busy', 'Booting'], AwaitingShares: ['care', 'Awaiting shares'], AwaitingKey: ['busy', 'Awaiting key'],
  Provisioned: ['busy', 'Has its key'], Ready: ['good', 'Ready'], Draining: ['quiet', 'Draining'], Stopping: ['quiet', 'Stopping'], Gone: ['quiet', 'Gone'],
};

/** A replica's state as a tone and words. */
export const replicaState = (state) => STATES[state] ?? ['quiet', state];
