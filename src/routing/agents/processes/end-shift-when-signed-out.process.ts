import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { Process } from '../../../kernel/process.js';
import { streamOf } from '../../../kernel/streams.js';
import type { AgentShiftEvent } from '../domain/agent-shift.events.js';

/** What the shift leaves is kept with the agent, for the next one. */
export const endShiftWhenSignedOut: Process = {
  name: 'end-shift-when-signed-out',
  actor: { kind: 'process', id: 'end-shift-when-signed-out' },
  eventTypes: ['AgentSignedOut'],
  react: (recorded: RecordedEvent) => {
    const { agentId, shiftId, idleSince, noAnswerCount } = (recorded as Recorded<Extract<AgentShiftEvent, { type: 'AgentSignedOut' }>>).data;
    return [{ stream: streamOf('agent', agentId), type: 'EndShift', data: { shiftId, idleSince, noAnswerCount } }];
  },
};
