import { ERASED, type RecordedEvent } from '../../../src/kernel/event.js';
import { eventCatalog } from '../../../src/engine/domain.js';
import { EventLog } from '../../../src/platform/event-store/event-log.js';
import type { StoredEvent } from '../../../src/platform/event-store/event-store.port.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import { keyIdOf, SealedRows, UNREADABLE, withSealed } from '../../../src/platform/privacy/sealed-text.js';
import type { SubjectKeys } from '../../../src/platform/privacy/subject-keys.port.js';
import { ManualClock } from '../../support/manual-clock.js';

const metadata = { tenantId: 'acme', occurredAt: '2026-01-01T00:00:00.000Z', commandId: 'c', $correlationId: 'c', $causationId: 'c', actor: { kind: 'system' as const, id: 'test' } };
const transferred = { legId: 'l', how: 'blind', personId: 'caller', destination: '+4930123456' };
const originate = { nodeId: 'fs1', actionId: 'a', channelId: 'l', deed: 'originate', parameters: {}, personal: { address: 'user/1001', callerNumber: '+4917600000001', callerName: 'Erika' }, personId: 'caller', agentId: 'ann', deadlineAt: metadata.occurredAt };

const bound = (keys: InMemorySubjectKeys) => ({ get: keys.get.bind(keys), liveKeyId: keys.liveKeyId.bind(keys), personId: keys.personId.bind(keys) });

describe('what read models keep of people', () => {
  let keys: InMemorySubjectKeys;
  let log: EventLog;
  let committed: RecordedEvent[];
  const append = (type: string, data: object, id: string) => log.append('call-x', 'any', [{ id: `00000000-0000-4000-8000-00000000000${id}`, type, data: data as RecordedEvent['data'] & object as never, metadata }]);
  const kept = async (): Promise<RecordedEvent[]> => (await log.readStream('call-x')).map(withSealed);

  beforeEach(() => {
    keys = new InMemorySubjectKeys();
    log = new EventLog(new InMemoryEventStore({ clock: new ManualClock() }), eventCatalog(), keys);
    committed = [];
    log.onCommitted((events) => void committed.push(...events));
  });

  it('is the same text from the hand that wrote it, from the log, and after the key is gone', async () => {
    await append('LegTransferred', transferred, '1');
    const [fresh, read] = [withSealed(committed[0]!), (await kept())[0]!];
    expect(fresh.data).toEqual(read.data);
    expect(JSON.stringify(read.data)).not.toContain('30123456');
    expect((await log.readStream('call-x'))[0]?.data).toEqual(transferred);
    await keys.destroy('acme', keys.personId('acme', transferred.destination));
    expect((await kept())[0]?.data).toEqual(read.data);
    expect((await log.readStream('call-x'))[0]?.data).toEqual({ ...transferred, destination: ERASED });
  });

  it('is read from the log without any key, unless an older shape is lifted, and is the same then', async () => {
    await append('LegTransferred', transferred, '1');
    await append('SwitchActionRequested', originate, '2');
    await append('CallDequeued', {}, '3');
    const [first, second, third] = await log.store.readStream('call-x');
    const asked: string[] = [];
    const asking: SubjectKeys = { ...bound(keys), load: (keyIds) => Promise.resolve(void asked.push(...keyIds)), keyFor: keys.keyFor.bind(keys), destroy: keys.destroy.bind(keys), forget: () => undefined };
    const reading = new EventLog(log.store, log.catalog, asking);
    const data = async (events: readonly StoredEvent[]) => (await reading.decodeSealed(events)).map((event) => withSealed(event).data);
    expect(await data([first!, second!, third!])).toEqual((await kept()).map((event) => event.data));
    expect(asked).toEqual([]);
    const older = { ...first!, schemaVersion: 1 };
    expect(await data([older])).toEqual((await log.decode([older])).map((event) => withSealed(event).data));
    expect(asked).toHaveLength(1);
  });

  it('opens wherever it stands in a row of its own stream, and in no other', async () => {
    await append('LegTransferred', transferred, '1');
    const { destination } = (await kept())[0]!.data as { destination: string };
    const rows = [{ callId: 'x', transfers: [{ destination, at: 'then' }], other: 'text', none: null, count: 3 }];
    const sealed = new SealedRows(keys);
    expect(await sealed.open(rows, ({ callId }) => `call-${callId}`)).toEqual([{ ...rows[0], transfers: [{ destination: '+4930123456', at: 'then' }] }]);
    expect(await sealed.open(rows, () => 'call-y')).toMatchObject([{ transfers: [{ destination: UNREADABLE, at: 'then' }], other: 'text' }]);
    expect(await sealed.open([{ callId: 'x', name: '$enc1:not sealed at all' }], () => 'call-x')).toEqual([{ callId: 'x', name: '$enc1:not sealed at all' }]);
    expect([keyIdOf(destination), keyIdOf('+49')]).toEqual([await keys.liveKeyId('acme', keys.personId('acme', '+4930123456')), null]);
    expect(await sealed.keyOf('acme', '+4930123456')).toBe(keyIdOf(destination));
    await keys.destroy('acme', keys.personId('acme', '+4930123456'));
    expect(await sealed.open(rows, () => 'call-x')).toMatchObject([{ transfers: [{ destination: ERASED }] }]);
    expect(await sealed.keyOf('acme', '+4930123456')).toBeUndefined();
  });

  it('a text that only looks sealed is shown as it is, and no key is asked for', async () => {
    const asked: string[] = [];
    const asking = new SealedRows({ ...bound(keys), load: (keyIds) => Promise.resolve(void asked.push(...keyIds)) });
    const rows = ['$enc1:', '$enc1:x', '$enc1:x:y', '$enc1:x:YQ==:QueueCreated.name', "$enc1:'; --:YQ==:a.b"].map((name) => ({ name }));
    expect([await asking.open(rows, () => 'queue-q'), asked, rows.map(({ name }) => keyIdOf(name))]).toEqual([rows, [], rows.map(() => null)]);
  });

  it('each value goes with the one whom it is about, and with nobody else', async () => {
    await append('SwitchActionRequested', originate, '1');
    const personal = async () => ((await log.readStream('call-x'))[0]?.data as typeof originate).personal;
    expect(JSON.stringify((await kept())[0]?.data)).not.toMatch(/1001|Erika|17600000001/);
    await keys.destroy('acme', 'ann');
    expect(await personal()).toEqual({ ...originate.personal, address: ERASED });
    await keys.destroy('acme', keys.personId('acme', originate.personal.callerNumber));
    expect(await personal()).toEqual({ address: ERASED, callerNumber: ERASED, callerName: 'Erika' });
    await keys.destroy('acme', 'caller');
    expect(await personal()).toEqual({ address: ERASED, callerNumber: ERASED, callerName: ERASED });
  });
});
