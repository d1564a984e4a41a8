import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { Process } from '../../../kernel/process.js';
import { idOf, streamOf } from '../../../kernel/streams.js';
import type { CallEvent } from '../../contract/call-events.js';

/**
 * A leg that moves is recorded in two calls, and a process that dies may have told one of them alone:
 * each of the two events sees to the other. Where both were told, nothing is left to do.
 */
export const finishLegMoves: Process = {
  name: 'finish-leg-moves',
  actor: { kind: 'process', id: 'finish-leg-moves' },
  eventTypes: ['LegAdopted', 'LegMoved'],
  react: (recorded: RecordedEvent) => {
    const event = recorded as Recorded<Extract<CallEvent, { type: 'LegAdopted' | 'LegMoved' }>>;
    const callId = idOf(event.stream);
    const at = event.metadata.occurredAt;
    const { passport } = event.data;
    return event.type === 'LegAdopted'
      ? [{ stream: streamOf('call', event.data.fromCallId), type: 'MoveLeg', data: { passport, toCallId: callId, at } }]
      : [{ stream: streamOf('call', event.data.toCallId), type: 'AdoptLeg', data: { passport, fromCallId: callId, at } }];
  },
};
