import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { Process } from '../../../kernel/process.js';
import { streamOf } from '../../../kernel/streams.js';
import type { AgentShiftEvent } from '../../agents/domain/agent-shift.events.js';

/**
 * A reservation that the shift itself ended (it expired, the agent was signed out by force, another
 * contact came) ends the offer on the call. Where the call ended it, the offer is closed already.
 */
export const endOfferWhenAgentIsLetGo: Process = {
  name: 'end-offer-when-agent-is-let-go',
  actor: { kind: 'process', id: 'end-offer-when-agent-is-let-go' },
  eventTypes: ['AgentReleased'],
  react: (recorded: RecordedEvent) => {
    const { callId, offerId, reason } = (recorded as Recorded<Extract<AgentShiftEvent, { type: 'AgentReleased' }>>).data;
    if (reason !== 'expired' && reason !== 'rescinded') return [];
    return [{ stream: streamOf('call', callId), type: reason === 'expired' ? 'ExpireOffer' : 'RescindOffer', data: { offerId } }];
  },
};
