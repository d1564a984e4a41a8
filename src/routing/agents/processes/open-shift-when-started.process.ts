import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { Process } from '../../../kernel/process.js';
import { streamOf } from '../../../kernel/streams.js';
import type { AgentEvent } from '../domain/agent.events.js';

/** The sign-in opens the shift itself; after a crash between the two it is opened here. */
export const openShiftWhenStarted: Process = {
  name: 'open-shift-when-started',
  actor: { kind: 'process', id: 'open-shift-when-started' },
  eventTypes: ['AgentShiftStarted'],
  react: (recorded: RecordedEvent) => {
    const { agentId, shiftId, shiftNumber, idleSince, noAnswerCount } = (recorded as Recorded<Extract<AgentEvent, { type: 'AgentShiftStarted' }>>).data;
    return [{ stream: streamOf('agentShift', shiftId), type: 'OpenShift', data: { agentId, shiftId, shiftNumber, idleSince, noAnswerCount } }];
  },
};
