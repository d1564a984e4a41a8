import { Query } from '@nestjs/cqrs';
import type { RecordedEvent } from '../../../kernel/event.js';
import type { Page, PageRequest } from '../../../platform/http/pages.js';

/** Everything that is on record about a call, in order. */
export class CallEvents extends Query<Page<RecordedEvent>> {
  constructor(
    readonly tenantId: string,
    readonly callId: string,
    readonly page: PageRequest,
  ) {
    super();
  }
}
