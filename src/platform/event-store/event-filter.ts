import type { EventFilter } from './event-store.port.js';

/** Whether an event passes the filter. An empty list lets nothing through. */
export const passes = (filter: EventFilter | undefined, event: { readonly stream: string; readonly type: string }): boolean =>
  filter === undefined ||
  ((filter.streamPrefixes === undefined || filter.streamPrefixes.some((prefix) => event.stream.startsWith(prefix))) &&
    (filter.types === undefined || filter.types.includes(event.type)));
