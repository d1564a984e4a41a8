import { eventCatalog } from '../../../src/engine/domain.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import { EventLog } from '../../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import { DatabaseUnavailable } from '../../../src/platform/postgres/database-errors.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import { InMemoryCdrInbox } from '../../../src/telephony/adapters/in-memory/in-memory-cdr-inbox.js';
import type { WitnessedLeg } from '../../../src/telephony/ports/switch-cdr-inbox.port.js';
import { CdrDelivery } from '../../../src/telephony/switch-cdrs/delivery/cdr-delivery.js';
import { ManualClock } from '../../support/manual-clock.js';

const LEG: WitnessedLeg = { channelId: 'leg', switchSessionId: 'switch', cause: 'NORMAL_CLEARING', hungUpBy: 'far-end', times: { createdAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:00:10.000Z' } };

/** An inbox that does not answer the first wish to put something off. */
class ForgetfulInbox extends InMemoryCdrInbox {
  failures = 0;

  override async postpone(witnessed: WitnessedLeg, byMs: number): Promise<void> {
    this.failures += 1;
    if (this.failures === 1) throw new DatabaseUnavailable('the database cannot be reached');
    await super.postpone(witnessed, byMs);
  }
}

describe('a CDR whose call nobody knows yet', () => {
  it('stays in the inbox where it cannot be put off, comes again, and is given up in the end with a word', async () => {
    const clock = new ManualClock();
    const log = new EventLog(new InMemoryEventStore({ clock, logId: 'log' }), eventCatalog(), new InMemorySubjectKeys());
    const [inbox, alarms] = [new ForgetfulInbox(clock), new AlarmCounter()];
    const delivery = new CdrDelivery({ inbox, log, executor: new CommandExecutor(log), clock, alarms }, { everyMs: 500, maxAttempts: 4 });
    await inbox.put(LEG, 0);
    delivery.start();
    await clock.advance(2_000);
    expect([inbox.failures, inbox.size, alarms.last.map(({ code }) => code)]).toEqual([1, 1, ['switch-cdrs-wait']]);
    await clock.advance(200_000);
    expect([inbox.size, alarms.last.map(({ code }) => code)]).toEqual([0, ['switch-cdrs-wait', 'switch-cdr-without-call']]);
    await delivery.stop();
  });
});
