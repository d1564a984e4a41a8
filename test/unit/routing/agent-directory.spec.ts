import type { RecordedEvent } from '../../../src/kernel/event.js';
import { AgentDirectory } from '../../../src/routing/agents/directory/agent-directory.fold.js';
import { NOW } from '../../support/decider-spec.js';

const settings = (deviceUser: string | null, address: string | null = null) => ({ displayName: 'Ann', deviceUser, address });
const node = { name: 'n', host: 'h', port: 8021, password: 'secret', deviceAddress: 'user/{user}@default', trunkAddress: 'x/{number}', music: 'local_stream://moh', recordingsFolder: '/r' };
let position = 0n;
const sealedTexts = new Map<string, unknown>();
const sealed = (stream: string, settings: unknown): string => {
  const text = `sealed ${sealedTexts.size}`;
  sealedTexts.set(`${stream}/${text}`, settings);
  return text;
};
/** Opens a text in a row of its own stream only. */
const opener = { open: async <T extends object>(rows: readonly T[], streamOf: (row: T) => string): Promise<T[]> => rows.map((row) => ({ ...row, settings: sealedTexts.get(`${streamOf(row)}/${(row as { settings?: string }).settings ?? ''}`) })) };
const event = (stream: string, type: string, data: object): RecordedEvent => ({
  id: `e${(position += 1n)}`, type, schemaVersion: 1, data, stream, ...('settings' in data ? { sealed: { settings: sealed(stream, data.settings) } } : {}), revision: 0n, position, recordedAt: NOW,
  metadata: { tenantId: 'acme', occurredAt: NOW, commandId: 'c', $correlationId: 'c', $causationId: 'c', actor: { kind: 'system', id: 'test' } },
});
const agent = (agentId: string, type: string, data: object = {}): RecordedEvent => event(`agent-${agentId}`, type, { agentId, ...data });
const registered = event('node-n1', 'MediaNodeRegistered', { nodeId: 'n1', settings: node });
const fold = (...events: readonly RecordedEvent[]): AgentDirectory => {
  const directory = new AgentDirectory();
  for (const one of events) directory.apply(one);
  return directory;
};

describe('the agent directory', () => {
  it('knows whose phone a device is, and the open shift', () => {
    const directory = fold(agent('ann', 'AgentCreated', { settings: settings('1001') }));
    expect(directory.agentOf('1001')).toEqual({ tenantId: 'acme', agentId: 'ann', shiftId: null });
    directory.apply(agent('ann', 'AgentShiftStarted', { shiftId: 'ann+1', shiftNumber: 1, idleSince: null, noAnswerCount: 0 }));
    expect(directory.agentOf('1001')?.shiftId).toBe('ann+1');
    directory.apply(agent('ann', 'AgentShiftEnded', { shiftId: 'ann+1', shiftNumber: 1, idleSince: NOW, noAnswerCount: 0 }));
    expect(directory.agentOf('1001')?.shiftId).toBeNull();
    expect(directory.agentOf('1002')).toBeUndefined();
  });

  it('gives a device to the agent who has it now', () => {
    const directory = fold(agent('ann', 'AgentCreated', { settings: settings('1001') }), agent('bob', 'AgentCreated', { settings: settings('1001') }));
    expect(directory.agentOf('1001')?.agentId).toBe('ann');
    directory.apply(agent('ann', 'AgentConfigured', { settings: settings('1002') }));
    expect(directory.agentOf('1001')?.agentId).toBe('bob');
    expect(directory.agentOf('1002')?.agentId).toBe('ann');
    directory.apply(agent('bob', 'AgentRetired'));
    expect(directory.agentOf('1001')).toBeUndefined();
  });

  it('knows how a node reaches an agent', () => {
    const directory = fold(registered, agent('ann', 'AgentCreated', { settings: settings('10$&01') }), agent('bob', 'AgentCreated', { settings: settings(null, 'sofia/gateway/x/+15550100') }));
    expect(directory.addressOf('ann', 'n1')).toBe('user/10$&01@default');
    expect(directory.addressOf('ann', 'n2')).toBeUndefined();
    expect(directory.addressOf('bob', 'n1')).toBe('sofia/gateway/x/+15550100');
    expect(directory.addressOf('cid', 'n1')).toBeUndefined();
    expect(directory.musicOf('n1')).toBe('local_stream://moh');
    expect(directory.musicOf('n2')).toBeNull();
  });

  it('tolerates erased people', () => {
    const directory = fold(registered, agent('ann', 'AgentCreated', { settings: '[erased]' }));
    expect(directory.addressOf('ann', 'n1')).toBeUndefined();
  });

  it('keeps people and secrets sealed in its snapshot, and opens them after a restart', async () => {
    const history = [registered, agent('ann', 'AgentCreated', { settings: settings('1001') }), agent('bob', 'AgentCreated', { settings: settings('1002') }), agent('ann', 'AgentShiftStarted', { shiftId: 'ann+1', shiftNumber: 1, idleSince: null, noAnswerCount: 0 })];
    const text = JSON.stringify(fold(...history).snapshot());
    for (const secret of ['1001', 'Ann', 'secret', 'user/']) expect(text).not.toContain(secret);
    const restored = new AgentDirectory();
    restored.restore(JSON.parse(text) as never);
    expect(restored.addressOf('ann', 'n1')).toBeUndefined();
    // What arrives before the snapshot was opened is newer than it.
    restored.apply(agent('bob', 'AgentConfigured', { settings: settings('1003') }));
    await restored.hydrate(opener);
    expect(restored.addressOf('ann', 'n1')).toBe('user/1001@default');
    expect(restored.agentOf('1001')).toEqual({ tenantId: 'acme', agentId: 'ann', shiftId: 'ann+1' });
    expect(restored.agentOf('1002')).toBeUndefined();
    expect(restored.agentOf('1003')?.agentId).toBe('bob');
    expect(restored.musicOf('n1')).toBe('local_stream://moh');
  });
});
