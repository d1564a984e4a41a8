import { describe, expect, it } from '@jest/globals';
import { configuration } from '../../projections/configuration/configuration.projection.js';
import { ConfigurationQueries } from '../../projections/configuration/configuration.queries.js';
import { type GivenEvent, givenEvents, type Projected } from '../support/projection-spec.js';
import { queueSettings } from '../support/engine.js';

const at = (second: number): string => `2026-01-01T10:00:${String(second).padStart(2, '0')}.000Z`;

const node = { name: 'fs1', host: '10.0.0.5', port: 8021, password: 'very secret', deviceAddress: 'user/{user}', trunkAddress: 'sofia/gateway/c/{number}', music: 'local_stream://moh', recordingsFolder: '/r' };
const ada = { displayName: 'Ada', deviceUser: 'ada', address: null };
const event = (stream: string, type: string, data: object, more: Partial<GivenEvent> = {}): GivenEvent => ({ stream, type, data, ...more });
const found = { channelsSeen: 0, legsConfirmed: 0, endsInferred: 0, callersAdmitted: 0, callsAffected: 0 };

const events: readonly GivenEvent[] = [
  event('queue-q1', 'QueueCreated', { queueId: 'q1', settings: queueSettings() }),
  event('queue-q2', 'QueueCreated', { queueId: 'q2', settings: queueSettings({ name: 'Support' }) }),
  event('queue-q3', 'QueueCreated', { queueId: 'q3', settings: queueSettings() }, { tenantId: 'globex' }),
  event('agent-a1', 'AgentCreated', { agentId: 'a1', settings: ada }),
  event('agent-a2', 'AgentCreated', { agentId: 'a2', settings: '[erased]' }),
  event('queue-q1', 'AgentJoinedQueue', { queueId: 'q1', agentId: 'a2', level: 1, position: 2 }),
  event('queue-q1', 'AgentJoinedQueue', { queueId: 'q1', agentId: 'a1', level: 2, position: 1 }),
  event('queue-q2', 'AgentJoinedQueue', { queueId: 'q2', agentId: 'a1', level: 1, position: 1 }),
  event('queue-q1', 'AgentJoinedQueue', { queueId: 'q1', agentId: 'a1', level: 1, position: 1 }),
  event('queue-q2', 'AgentLeftQueue', { queueId: 'q2', agentId: 'a1' }),
  event('queue-q2', 'QueueConfigured', { queueId: 'q2', settings: queueSettings({ name: 'Second line', priority: 1 }) }),
  event('queue-q2', 'QueueRetired', { queueId: 'q2' }),
  event('agent-a1', 'AgentConfigured', { agentId: 'a1', settings: { ...ada, displayName: 'Ada L.' } }),
  event('agent-a2', 'AgentRetired', { agentId: 'a2' }),
  event('number-n1', 'NumberAssigned', { numberId: 'n1', number: '+4930123456', destination: { kind: 'queue', queueId: 'q2' } }),
  event('number-n1', 'NumberConfigured', { numberId: 'n1', number: '+4930123456', destination: { kind: 'queue', queueId: 'q1' } }),
  event('number-n2', 'NumberAssigned', { numberId: 'n2', number: '42', destination: { kind: 'queue', queueId: 'q1' } }),
  event('number-n2', 'NumberRetired', { numberId: 'n2', number: '42' }),
  event('node-fs1', 'MediaNodeRegistered', { nodeId: 'fs1', settings: node }, { tenantId: 'system' }),
  event('node-fs1', 'MediaNodeGapOpened', { nodeId: 'fs1', gapId: 'g1', from: at(1), cause: 'connection-lost' }, { tenantId: 'system' }),
  event('node-fs1', 'MediaNodeRestarted', { nodeId: 'fs1', previousSwitchSessionId: 's0', switchSessionId: 's1' }, { tenantId: 'system' }),
  event('node-fs1', 'MediaNodeGapClosed', { nodeId: 'fs1', gapId: 'g1', from: at(1), to: at(5), switchSessionId: 's1', ...found }, { tenantId: 'system' }),
  event('node-fs1', 'MediaNodeClockMeasured', { nodeId: 'fs1', offsetMs: -35 }, { tenantId: 'system' }),
  event('node-fs1', 'MediaNodeConfigured', { nodeId: 'fs1', settings: { ...node, port: 8022 } }, { tenantId: 'system' }),
];

const using = async (use: (queries: ConfigurationQueries, projected: Projected) => Promise<void>): Promise<void> => {
  const projected = await givenEvents(...events).project(configuration);
  try {
    await use(new ConfigurationQueries(projected.database, projected.sealed), projected);
  } finally {
    await projected.close();
  }
};

const all = { status: undefined };
const page = { limit: 10, cursor: undefined };

describe('the configuration', () => {
  it('shows queues with their members in the order of offers', () =>
    using(async (queries) => {
      expect((await queries.queues('acme', all, page)).items).toEqual([
        { queueId: 'q1', status: 'active', settings: queueSettings(), members: [{ agentId: 'a1', level: 1, position: 1 }, { agentId: 'a2', level: 1, position: 2 }] },
        { queueId: 'q2', status: 'retired', settings: queueSettings({ name: 'Second line', priority: 1 }), members: [] },
      ]);
      expect((await queries.queues('acme', { status: 'retired' }, page)).items.map(({ queueId }) => queueId)).toEqual(['q2']);
      expect(await queries.queue('acme', 'q3')).toBeUndefined();
      expect((await queries.queue('globex', 'q3'))?.status).toBe('active');
    }));

  it('shows agents, without what was erased, and numbers', () =>
    using(async (queries) => {
      expect((await queries.agents('acme', all, page)).items).toEqual([{ agentId: 'a1', status: 'active', settings: { ...ada, displayName: 'Ada L.' } }, { agentId: 'a2', status: 'retired', settings: null }]);
      expect((await queries.numbers('acme', all, page)).items).toEqual([
        { numberId: 'n1', number: '+4930123456', status: 'active', destination: { kind: 'queue', queueId: 'q1' } },
        { numberId: 'n2', number: '42', status: 'retired', destination: { kind: 'queue', queueId: 'q1' } },
      ]);
    }));

  it('shows how a media node is connected, and never its password', () =>
    using(async (queries, projected) => {
      const { password: _, ...shown } = node;
      expect(await queries.node('system', 'fs1')).toEqual({ nodeId: 'fs1', status: 'active', settings: { ...shown, port: 8022 }, gap: null, connectedSince: at(5), switchSessionId: 's1', restarts: 1, clockOffsetMs: -35 });
      await projected.more(event('node-fs1', 'MediaNodeGapOpened', { nodeId: 'fs1', gapId: 'g2', from: at(9), cause: 'heartbeat-missed' }, { tenantId: 'system' }));
      expect(await queries.node('system', 'fs1')).toMatchObject({ gap: { since: at(9), cause: 'heartbeat-missed' }, connectedSince: null });
      expect(JSON.stringify(await projected.rows('configured_nodes'))).not.toContain('secret');
      expect(await queries.node('acme', 'fs1')).toBeUndefined();
    }));

  it('comes out the same however the events are cut into batches', async () => {
    const rowsOf = async (batchSize: number): Promise<unknown> => {
      const projected = await givenEvents(...events).project(configuration, { batchSize });
      const tables = await Promise.all(configuration.tables.map(({ name }) => projected.rows(name)));
      await projected.close();
      return tables;
    };
    const one = await rowsOf(1);
    for (const size of [2, 5, events.length]) expect(await rowsOf(size)).toEqual(one);
  });
});
