import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { notFound } from '../../../kernel/checks.js';
import type { RecordedEvent } from '../../../kernel/event.js';
import { streamOf } from '../../../kernel/streams.js';
import { EventLog } from '../../../platform/event-store/event-log.js';
import { decodeCursor, encodeCursor, type Page } from '../../../platform/http/pages.js';
import { CallEvents } from './call-events.query.js';

const LIST = 'call-events';

/** Reads the call's own stream: no read model stands between the reader and what was recorded. */
@QueryHandler(CallEvents)
export class CallEventsHandler implements IQueryHandler<CallEvents> {
  constructor(private readonly log: EventLog) {}

  async execute({ tenantId, callId, page: { limit, cursor } }: CallEvents): Promise<Page<RecordedEvent>> {
    const stream = streamOf('call', callId);
    const [after] = decodeCursor(LIST, cursor) ?? [];
    const from = typeof after === 'string' && /^\d{1,18}$/.test(after) ? BigInt(after) + 1n : 0n;
    const found = await this.log.store.readStream(stream, { from, maxCount: limit + 1 });
    // All events of a stream are of one tenant; beyond its end the first one tells whose it is.
    const [first] = found.length > 0 ? found : await this.log.store.readStream(stream, { maxCount: 1 });
    if (first?.metadata.tenantId !== tenantId) throw notFound('call-not-found', 'there is no call with this id');
    const items = await this.log.decode(found.slice(0, limit));
    const last = items.at(-1);
    return { items, next: found.length > limit && last !== undefined ? encodeCursor(LIST, [last.revision.toString()]) : null };
  }
}
