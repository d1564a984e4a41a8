import { configuration } from '../../projections/configuration/configuration.projection.js';
import { ConfigurationQueries } from '../../projections/configuration/configuration.queries.js';
import { givenEvents, type GivenEvent } from '../support/projection-spec.js';
import { queueSettings } from '../support/routing-events.js';

const event = (stream: string, type: string, data: object, more: Partial<GivenEvent> = {}): GivenEvent => ({ stream, type, data, ...more });
const ofNode = (type: string, data: object, at?: string): GivenEvent => event('node-n1', type, { nodeId: 'n1', ...data }, { tenantId: 'system', ...(at === undefined ? {} : { at }) });
const nodeSettings = { name: 'FS 1', host: 'fs1', port: 8021, password: 'ClueCon', deviceAddress: 'user/{user}', trunkAddress: 'sofia/gateway/c/{number}', music: 'local_stream://moh', recordingsFolder: '/rec' };
const page = { limit: 10, cursor: undefined };

const ask = async (events: readonly GivenEvent[], question: (queries: ConfigurationQueries, text: () => Promise<string>) => Promise<void>): Promise<void> => {
  const projected = await givenEvents(...events).project(configuration, { batchSize: 4 });
  try {
    await question(new ConfigurationQueries(projected.database), async () => JSON.stringify(await Promise.all(configuration.tables.map(({ name }) => projected.rows(name)))));
  } finally {
    await projected.close();
  }
};

describe('what is configured', () => {
  test('queues with their members, agents with their queues, numbers, the tenant', async () => {
    const agent = (agentId: string, displayName: string) => event(`agent-${agentId}`, 'AgentCreated', { agentId, settings: { displayName, deviceUser: '1001', address: null } });
    await ask([
      event('tenant-acme', 'TenantCreated', { tenantId: 'acme', settings: { name: 'Acme', country: 'DE', timeZone: 'Europe/Berlin' } }),
      event('queue-sales', 'QueueCreated', { queueId: 'sales', settings: queueSettings }, { at: '2026-01-01T00:00:00.000Z' }),
      event('queue-old', 'QueueCreated', { queueId: 'old', settings: queueSettings }),
      event('queue-old', 'QueueRetired', { queueId: 'old' }),
      agent('a1', 'Ann'), agent('a2', 'Bob'), event('agent-a2', 'AgentConfigured', { agentId: 'a2', settings: '[erased]' }),
      event('queue-sales', 'AgentJoinedQueue', { queueId: 'sales', agentId: 'a1', level: 2, position: 1 }),
      event('queue-sales', 'AgentJoinedQueue', { queueId: 'sales', agentId: 'a2', level: 1, position: 2 }),
      event('queue-old', 'AgentJoinedQueue', { queueId: 'old', agentId: 'a1', level: 1, position: 1 }),
      event('queue-old', 'AgentLeftQueue', { queueId: 'old', agentId: 'a1' }),
      event('queue-sales', 'QueueConfigured', { queueId: 'sales', settings: { ...queueSettings, priority: 2 } }, { at: '2026-01-02T00:00:00.000Z' }),
      event('number-1', 'NumberAssigned', { numberId: '1', number: '+4930123', destination: { kind: 'queue', queueId: 'sales' } }),
      event('number-1', 'NumberConfigured', { numberId: '1', number: '+4930123', destination: { kind: 'queue', queueId: 'old' } }),
      event('number-2', 'NumberAssigned', { numberId: '2', number: '+4930124', destination: { kind: 'queue', queueId: 'sales' } }),
      event('number-2', 'NumberRetired', { numberId: '2', number: '+4930124' }),
    ], async (queries) => {
      expect(await queries.tenant('acme')).toMatchObject({ tenantId: 'acme', settings: { timeZone: 'Europe/Berlin' }, retired: false });
      expect((await queries.queues.list('acme', {}, page)).items).toEqual([{
        queueId: 'sales', settings: { ...queueSettings, priority: 2 }, retired: false, createdAt: '2026-01-01T00:00:00.000Z', changedAt: '2026-01-02T00:00:00.000Z',
        members: [{ agentId: 'a2', level: 1, position: 2 }, { agentId: 'a1', level: 2, position: 1 }],
      }]);
      expect(await queries.queues.one('acme', 'old')).toMatchObject({ retired: true, members: [] });
      const first = await queries.agents.list('acme', {}, { limit: 1, cursor: undefined });
      expect(first.items).toMatchObject([{ agentId: 'a1', displayName: 'Ann', deviceUser: '1001', queues: ['sales'] }]);
      expect((await queries.agents.list('acme', {}, { limit: 1, cursor: first.next ?? undefined })).items).toMatchObject([{ agentId: 'a2', displayName: '[erased]', deviceUser: null }]);
      expect((await queries.numbers.list('acme', {}, page)).items).toMatchObject([{ numberId: '1', number: '+4930123', destination: { queueId: 'old' } }]);
      expect((await queries.numbers.list('acme', { retired: true }, page)).items).toMatchObject([{ numberId: '2' }]);
      expect(await queries.queues.one('globex', 'sales')).toBeUndefined();
    });
  });

  test('nodes with their gaps, restarts and clock, and without their password', async () => {
    const counts = { channelsSeen: 5, legsConfirmed: 4, endsInferred: 1, callersAdmitted: 1 };
    await ask([
      ofNode('MediaNodeRegistered', { settings: nodeSettings }),
      ofNode('MediaNodeGapOpened', { gapId: 'g1', from: '2026-01-01T10:00:00.000Z', cause: 'engine-away' }, '2026-01-01T10:00:00.000Z'),
      ofNode('MediaNodeRestarted', { previousSwitchSessionId: '', switchSessionId: 's2' }, '2026-01-01T10:00:20.000Z'),
      ofNode('MediaNodeGapClosed', { gapId: 'g1', from: '2026-01-01T10:00:00.000Z', to: '2026-01-01T10:00:30.000Z', switchSessionId: 's2', ...counts }),
      ofNode('MediaNodeClockMeasured', { offsetMs: -31.5 }),
      ofNode('MediaNodeGapOpened', { gapId: 'g2', from: '2026-01-01T11:00:00.000Z', cause: 'heartbeat-missed' }),
    ], async (queries, text) => {
      expect((await queries.listNodes({}, page)).items).toMatchObject([{
        nodeId: 'n1', settings: { host: 'fs1' }, restarts: 1, restartedAt: '2026-01-01T10:00:20.000Z', switchSessionId: 's2', clockOffsetMs: -31.5, gaps: 2, gapId: 'g2', gapSince: '2026-01-01T11:00:00.000Z', gapCause: 'heartbeat-missed',
      }]);
      expect((await queries.gaps('n1', page)).items).toMatchObject([{ gapId: 'g2', toAt: null }, { gapId: 'g1', cause: 'engine-away', durationMs: 30_000, ...counts }]);
      expect((await queries.node('n1'))?.settings).not.toHaveProperty('password');
      expect(await text()).not.toContain('ClueCon');
      expect(await queries.node('n2')).toBeUndefined();
    });
  });
});
