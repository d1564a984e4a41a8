import { apiKeyDecider } from '../identity/api-keys/domain/api-key.decider.js';
import { apiKeyEventSpecs, tenantEventSpecs } from '../identity/contract/identity-events.js';
import { personEventSpecs } from '../identity/contract/person-events.js';
import { personDecider } from '../identity/persons/domain/person.decider.js';
import { tenantDecider } from '../identity/tenants/domain/tenant.decider.js';
import type { SomeDecider } from '../platform/event-store/command-dispatcher.js';
import { EventCatalog } from '../platform/event-store/event-catalog.js';
import { agentShiftDecider } from '../routing/agents/domain/agent-shift.decider.js';
import { agentDecider } from '../routing/agents/domain/agent.decider.js';
import { agentEventSpecs, agentShiftEventSpecs, queueEventSpecs } from '../routing/contract/routing-events.js';
import { queueDecider } from '../routing/queues/domain/queue.decider.js';
import { callDecider } from '../telephony/calls/domain/call.decider.js';
import { callEventSpecs } from '../telephony/contract/call-events.js';
import { mediaNodeEventSpecs, numberEventSpecs } from '../telephony/contract/configuration-events.js';
import { mediaNodeDecider } from '../telephony/media-nodes/domain/media-node.decider.js';
import { numberDecider } from '../telephony/numbers/domain/number.decider.js';
import { recordingEventSpecs } from '../telephony/contract/recording-events.js';
import { recordingDecider } from '../telephony/recordings/domain/recording.decider.js';

/** Every event type that this program knows. */
export const EVENT_SPECS = [callEventSpecs, mediaNodeEventSpecs, numberEventSpecs, recordingEventSpecs, agentEventSpecs, agentShiftEventSpecs, queueEventSpecs, tenantEventSpecs, apiKeyEventSpecs, personEventSpecs] as const;

export const eventCatalog = (): EventCatalog => new EventCatalog(...EVENT_SPECS);

/** Every decider, found by the category of its streams. */
export const DECIDERS: readonly SomeDecider[] = [callDecider, mediaNodeDecider, numberDecider, recordingDecider, agentDecider, agentShiftDecider, queueDecider, tenantDecider, apiKeyDecider, personDecider];

/** What a version of the program knows of calls, agents and all else. */
export interface Domain {
  readonly catalog: EventCatalog;
  readonly deciders: readonly SomeDecider[];
}

export const thisDomain = (): Domain => ({ catalog: eventCatalog(), deciders: DECIDERS });
