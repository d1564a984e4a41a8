import type { RecordedEvent } from '../../kernel/event.js';
import { UnknownEventType, type EventCatalog } from '../event-store/event-catalog.js';

/** False for an event in a shape of a later version of the program: it comes undecoded, and whoever handled it would misread it. */
export const isKnown = (catalog: EventCatalog, event: RecordedEvent): boolean => {
  const spec = catalog.spec(event.type);
  return spec !== undefined && event.schemaVersion <= spec.version;
};

/** Refuses such an event, so that it is parked and waits for that version. */
export const assertKnown = (catalog: EventCatalog, event: RecordedEvent): void => {
  if (!isKnown(catalog, event)) throw new UnknownEventType(event.stream, event.type, event.schemaVersion);
};
