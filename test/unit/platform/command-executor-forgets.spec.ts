import { callDecider } from '../../../src/telephony/calls/domain/call.decider.js';
import type { CallCommand } from '../../../src/telephony/calls/domain/call.commands.js';
import { eventCatalog } from '../../../src/engine/domain.js';
import { ERASED, type RecordedEvent } from '../../../src/kernel/event.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import { EventLog } from '../../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import { ManualClock } from '../../support/manual-clock.js';

const NUMBER = '+4917655500111';

const world = () => {
  const clock = new ManualClock();
  const keys = new InMemorySubjectKeys('forgets', clock);
  const log = new EventLog(new InMemoryEventStore({ clock }), eventCatalog(), keys);
  const executor = new CommandExecutor(log);
  let ids = 0;
  const send = (type: CallCommand['type'], data: object) => {
    const commandId = `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, '0')}`;
    const meta = { commandId, tenantId: 'acme', at: '2026-01-01T00:00:00.000Z', actor: { kind: 'system' as const, id: 'test' }, correlationId: 'x', causationId: 'x' };
    return executor.execute(callDecider, 'call-x', { type, data, meta } as CallCommand);
  };
  const personId = keys.personId('acme', NUMBER);
  const offered = async (): Promise<void> => {
    const leg = { legId: 'x', nodeId: 'fs1', role: 'caller', direction: 'inbound', origin: 'trunk', internal: false, agentId: null, shiftId: null, personId, number: NUMBER, name: 'Erika' };
    await send('StartCall', { callId: 'x', interactionId: 'x', switchSessionId: 's', direction: 'inbound', numberId: 'n1', from: NUMBER, fromName: 'Erika', to: '+4930123456', leg });
    await send('RecordLegFact', { legId: 'x', fact: { kind: 'parked' } });
    await send('EnqueueCall', { segmentId: 'seg', legId: 'x', queueId: 'sales', priority: 5, waitingSince: '2026-01-01T00:00:00.000Z', maxWaitAt: null, answer: 'by-agent', overflow: { kind: 'hang-up' }, previousSegmentId: null, music: null });
    await send('MakeOffer', { offerId: 'o', segmentId: 'seg', agentId: 'ann', shiftId: 'ann+1', legId: 'l', address: 'user/1001', strategy: 'longest-idle-agent', candidates: [], dueAt: '2026-01-01T00:00:30.000Z', ringTimeoutMs: 20_000, wrapUpMs: 0 });
  };
  const rung = async (): Promise<RecordedEvent> => {
    await send('RingAgent', { offerId: 'o' });
    return (await log.readStream('call-x')).findLast(({ type, data }) => type === 'SwitchActionRequested' && (data as { deed: string }).deed === 'originate')!;
  };
  const committed: string[] = [];
  log.onCommitted((events) => void committed.push(JSON.stringify(events.map(({ data }) => data))));
  return { clock, keys, executor, personId, offered, rung, committed };
};

describe('a state that names somebody who was erased', () => {
  it('is let go of, so that nothing of them is decided or written any more', async () => {
    const { keys, executor, personId, offered, rung, committed } = world();
    await offered();
    await keys.destroy('acme', personId);
    executor.forget([personId]);
    committed.length = 0;
    expect((await rung()).data).toMatchObject({ personal: { address: 'user/1001', callerNumber: ERASED, callerName: ERASED } });
    expect(committed.join()).not.toMatch(/17655500111|Erika/);
  });

  it('that was not let go of yet writes what nobody can read', async () => {
    const { keys, personId, offered, rung, clock } = world();
    await offered();
    await keys.destroy('acme', personId);
    expect((await rung()).data).toMatchObject({ personal: { address: 'user/1001', callerNumber: ERASED, callerName: ERASED } });
    await clock.advance(3_600_000);
    expect(await keys.liveKeyId('acme', personId)).toBeUndefined();
  });

  it('is the only one: others stay in memory', async () => {
    const { executor, offered, rung } = world();
    await offered();
    executor.forget(['somebody-else']);
    expect((await rung()).data).toMatchObject({ personal: { callerNumber: NUMBER, callerName: 'Erika' } });
  });
});
