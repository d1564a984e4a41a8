import type { CommandMeta } from '../../../src/kernel/command.js';
import { PersonEraser } from '../../../src/identity/persons/commands/person-eraser.js';
import { eventCatalog } from '../../../src/engine/domain.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import { EventLog } from '../../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import { ManualClock } from '../../support/manual-clock.js';

const NUMBER = '+4917612345678';
const metaOf = (commandId: string): CommandMeta => ({ commandId, tenantId: 'acme', at: '2026-01-01T00:00:00.000Z', actor: { kind: 'system', id: 'test' }, correlationId: commandId, causationId: commandId });

describe('who asks for the erasure of a person', () => {
  it('is told the same when they ask again with the same request, though nothing is known of the person any more', async () => {
    const keys = new InMemorySubjectKeys();
    const log = new EventLog(new InMemoryEventStore({ clock: new ManualClock() }), eventCatalog(), keys);
    const eraser = new PersonEraser({
      keys, executor: new CommandExecutor(log), recordings: { recordingsOf: () => Promise.resolve([]) }, agents: { agent: () => Promise.resolve(undefined) }, countryOf: () => 'DE', caughtUp: () => Promise.resolve(true),
    });
    const ask = (commandId: string) => eraser.erase({ person: { number: NUMBER }, reason: 'request', reference: null }, metaOf(commandId));
    await keys.keyFor('acme', keys.personId('acme', NUMBER));
    const first = await ask('one');
    for (const subject of first.subjects) await keys.destroy('acme', subject);
    const again = await ask('one');
    expect([again.erasureId, again.result.position, again.result.duplicate]).toEqual([first.erasureId, first.result.position, true]);
    await expect(ask('two')).rejects.toMatchObject({ code: 'person-not-found' });
  });
});
