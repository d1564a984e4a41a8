import type { RecordedEvent } from '../../src/kernel/event.js';
import { canonicalJson } from '../../src/platform/http/canonical-json.js';
import { CommandDispatcher } from '../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../src/platform/event-store/command-executor.js';
import { EventCatalog } from '../../src/platform/event-store/event-catalog.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySubjectKeys } from '../../src/platform/privacy/in-memory-subject-keys.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { callDecider } from '../../src/telephony/calls/domain/call.decider.js';
import { CallIngest } from '../../src/telephony/calls/ingest/call-ingest.js';
import { FactLanes } from '../../src/telephony/calls/ingest/fact-lanes.js';
import { LiveLegs } from '../../src/telephony/calls/ingest/live-legs.fold.js';
import { callEventSpecs } from '../../src/telephony/contract/call-events.js';
import { eventsIn, factsIn, recut } from '../support/capture-facts.js';
import { captures, recordedChunks } from '../support/captures.js';
import { wholeLog } from '../../src/engine/simulation/invariants/histories.js';
import { seededRandom } from '../support/seeded-random.js';

/** A log on which processes come and go. */
const newLog = (): EventLog => new EventLog(new InMemoryEventStore({ clock: systemClock }), new EventCatalog(callEventSpecs), new InMemorySubjectKeys());

/** What a process knows when it starts: all of the log, or a snapshot, in which legs that have ended are not. */
const legsOf = async (log: EventLog, from: 'log' | 'snapshot'): Promise<LiveLegs> => {
  const legs = new LiveLegs();
  for (const event of await wholeLog(log)) if (legs.eventTypes.includes(event.type)) legs.apply(event);
  if (from === 'log') return legs;
  const restored = new LiveLegs();
  restored.restore(JSON.parse(JSON.stringify(legs.snapshot())) as never);
  return restored;
};

/** A process of its own reads the bytes; nothing but the log outlives it. */
const ingest = async (log: EventLog, pieces: Iterable<Buffer>, from: 'log' | 'snapshot' = 'log'): Promise<void> => {
  const dispatcher = new CommandDispatcher(new CommandExecutor(log), [callDecider]);
  const refused: unknown[] = [];
  const lanes = new FactLanes((stream, command) => dispatcher.dispatch(stream, command), systemClock, { maxBytes: 2 ** 30, retryMs: 10 }, () => refused.push('overflow'), (_callId, _command, error) => refused.push(error));
  const into = new CallIngest({ legs: await legsOf(log, from), lanes, numbers: { resolve: () => undefined, byId: () => undefined }, devices: { agentOf: () => undefined }, keys: log.keys, rejectUnknownNumbers: true });
  for (const fact of factsIn(eventsIn(pieces))) if ('channelId' in fact) into.ingest('fs1', fact);
  await lanes.drained();
  // What was told before its leg moved to another call is not recorded there a second time: its id says so.
  expect(refused.filter((error) => !/is already used by/.test(String(error)))).toEqual([]);
};

/** By stream: order within a stream is what is promised. */
const shown = async (log: EventLog): Promise<string[]> => (await wholeLog(log)).map(({ stream, revision, id, type, data }: RecordedEvent) => `${stream} ${String(revision).padStart(5)} ${id} ${type} ${canonicalJson(data)}`).sort();

const connections = captures().flatMap((capture) => capture.connections.map((connection) => [`${capture.name} (${connection.name})`, connection] as const)).filter(([, connection]) => connection.bytes().length < 20_000_000);

describe('the bytes of a switch, told twice', () => {
  const random = seededRandom();

  it.each(connections)('%s: a process that reads them again, whatever it still knows, records nothing new', async (_name, connection) => {
    const log = newLog();
    await ingest(log, recordedChunks(connection));
    const head = await log.store.head();
    await ingest(log, recordedChunks(connection), 'log');
    expect(await log.store.head()).toBe(head);
    await ingest(log, recut(connection.bytes(), () => random.next()), 'snapshot');
    expect(await log.store.head()).toBe(head);
  });

  it.each(connections)(`%s: a process that died half way and one that reads all again record what one alone does (seed ${random.seed})`, async (_name, connection) => {
    const alone = newLog();
    await ingest(alone, recordedChunks(connection));
    const chunks = recordedChunks(connection);
    const together = newLog();
    await ingest(together, chunks.slice(0, random.between(0, chunks.length)));
    await ingest(together, chunks, random.next() < 0.5 ? 'log' : 'snapshot');
    expect(await shown(together)).toEqual(await shown(alone));
  });
});
