import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { Process } from '../../../kernel/process.js';
import { streamOf } from '../../../kernel/streams.js';
import type { AgentShiftEvent } from '../../agents/domain/agent-shift.events.js';

/** Nobody's phone rings before the shift has agreed. */
export const ringAgentWhenReserved: Process = {
  name: 'ring-agent-when-reserved',
  actor: { kind: 'process', id: 'ring-agent-when-reserved' },
  eventTypes: ['AgentReserved'],
  react: (recorded: RecordedEvent) => {
    const { stream: shift, data, metadata } = recorded as Recorded<Extract<AgentShiftEvent, { type: 'AgentReserved' }>>;
    const { callId, offerId } = data;
    const release = { stream: shift, type: 'ReleaseAgent', data: { offerId, reason: 'rescinded', at: metadata.occurredAt } };
    return [{ stream: streamOf('call', callId), type: 'RingAgent', data: { offerId }, onRefused: () => release }];
  },
};
