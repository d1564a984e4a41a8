import { queueDecider } from '../../../src/routing/queues/domain/queue.decider.js';
import type { QueueEvent } from '../../../src/routing/queues/domain/queue.events.js';
import { specify } from '../../support/decider-spec.js';
import { queueSettings as settings } from '../../support/routing-events.js';

const { given } = specify(queueDecider);
const created: QueueEvent = { type: 'QueueCreated', data: { queueId: 'sales', settings } };
const retired: QueueEvent = { type: 'QueueRetired', data: { queueId: 'sales' } };
const joined = (level = 1, position = 1): QueueEvent => ({ type: 'AgentJoinedQueue', data: { queueId: 'sales', agentId: 'ann', level, position } });
const left: QueueEvent = { type: 'AgentLeftQueue', data: { queueId: 'sales', agentId: 'ann' } };

describe('a queue', () => {
  it('is created once', () => {
    given().when('CreateQueue', { queueId: 'sales', settings }).then(created);
    given(created).when('CreateQueue', { queueId: 'sales', settings }).thenRejects('queue-exists');
  });
  it.each([
    ['invalid-queue-name', { name: ' ' }],
    ['invalid-strategy', { strategy: 'loudest' as never }],
    ['invalid-answer', { answer: 'never' as never }],
    ['invalid-music', { music: '' }],
    ['invalid-priority', { priority: 0 }],
    ['invalid-priority', { priority: 11 }],
    ['invalid-max-wait', { maxWaitMs: 0 }],
    ['invalid-max-length', { maxLength: 0 }],
    ['invalid-max-length', { maxLength: 1.5 }],
    ['invalid-ring-timeout', { ringTimeoutMs: 999 }],
    ['invalid-no-answer-delay', { noAnswerDelayMs: -1 }],
    ['invalid-reject-delay', { rejectDelayMs: Number.NaN }],
    ['invalid-max-no-answer', { maxNoAnswer: 0 }],
    ['invalid-wrap-up', { wrapUpMs: -1 }],
    ['invalid-service-level', { serviceLevelSeconds: 0 }],
    ['invalid-short-abandon', { shortAbandonSeconds: -1 }],
    ['invalid-overflow', { overflow: { kind: 'elsewhere' as never } }],
    ['overflow-to-itself', { overflow: { kind: 'queue' as const, queueId: 'sales' } }],
  ])('is refused with %s for %j', (code, change) => {
    given().when('CreateQueue', { queueId: 'sales', settings: { ...settings, ...change } }).thenRejects(code);
    given(created).when('ConfigureQueue', { settings: { ...settings, ...change } }).thenRejects(code);
  });
  it('changes only what is different', () => {
    const other = { ...settings, wrapUpMs: 0, overflow: { kind: 'queue' as const, queueId: 'support' } };
    given(created).when('ConfigureQueue', { settings: other }).then({ type: 'QueueConfigured', data: { queueId: 'sales', settings: other } });
    given(created).when('ConfigureQueue', { settings: { ...settings } }).thenNothing();
  });
  it('retires for good', () => {
    given(created).when('RetireQueue', {}).then(retired);
    given(created, retired).when('RetireQueue', {}).thenNothing();
    given(created, retired).when('ConfigureQueue', { settings }).thenRejects('queue-retired');
    given(created, retired).when('JoinQueue', { agentId: 'ann', level: 1, position: 1 }).thenRejects('queue-retired');
  });
  it('must exist', () => {
    given().when('ConfigureQueue', { settings }).thenRejects('queue-not-found');
    given().when('RetireQueue', {}).thenRejects('queue-not-found');
    given().when('JoinQueue', { agentId: 'ann', level: 1, position: 1 }).thenRejects('queue-not-found');
    given().when('LeaveQueue', { agentId: 'ann' }).thenRejects('queue-not-found');
  });
  it('has members with a level and a position', () => {
    given(created).when('JoinQueue', { agentId: 'ann', level: 1, position: 1 }).then(joined());
    given(created, joined()).when('JoinQueue', { agentId: 'ann', level: 1, position: 1 }).thenNothing();
    given(created, joined()).when('JoinQueue', { agentId: 'ann', level: 2, position: 1 }).then(joined(2));
    given(created).when('JoinQueue', { agentId: 'ann', level: 0, position: 1 }).thenRejects('invalid-level');
    given(created).when('JoinQueue', { agentId: 'ann', level: 1, position: 0 }).thenRejects('invalid-position');
  });
  it('lets members go, also when retired', () => {
    given(created, joined()).when('LeaveQueue', { agentId: 'ann' }).then(left);
    given(created, joined(), left).when('LeaveQueue', { agentId: 'ann' }).thenNothing();
    given(created).when('LeaveQueue', { agentId: 'toString' }).thenNothing();
    given(created, joined(), retired).when('LeaveQueue', { agentId: 'ann' }).then(left);
  });
});
