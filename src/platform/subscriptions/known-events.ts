import type { RecordedEvent } from '../../kernel/event.js';
import { NOT_KNOWN, UnknownEventType, type EventCatalog } from '../event-store/event-catalog.js';
import type { EventLog } from '../event-store/event-log.js';
import type { ParkedEvents } from './parked-events.port.js';

/** False for an event in a shape of a later version of the program: it comes undecoded, and whoever handled it would misread it. */
export const isKnown = (catalog: EventCatalog, event: Pick<RecordedEvent, 'type' | 'schemaVersion'>): boolean => {
  const spec = catalog.spec(event.type);
  return spec !== undefined && event.schemaVersion <= spec.version;
};

/** Refuses such an event, so that it is parked and waits for that version. */
export const assertKnown = (catalog: EventCatalog, event: RecordedEvent): void => {
  if (!isKnown(catalog, event)) throw new UnknownEventType(event.stream, event.type, event.schemaVersion);
};

/** Asks for another attempt at what the runner has set aside because the program of then did not know it, and this one does. */
export const retryWhatIsKnownNow = async ({ parked, log }: { readonly parked: ParkedEvents; readonly log: EventLog }, runner: string): Promise<void> => {
  for (const { lane, error, stream, revision } of await parked.waiting(runner)) {
    if (!error.includes(NOT_KNOWN)) continue;
    const [event] = await log.store.readStream(stream, { from: revision, maxCount: 1 });
    if (event !== undefined && isKnown(log.catalog, event)) await parked.retry(runner, lane);
  }
};
