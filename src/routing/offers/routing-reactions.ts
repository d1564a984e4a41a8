import type { Process } from '../../kernel/process.js';
import type { TimerRule } from '../../platform/effects/timers.js';
import { agentShiftTimers } from '../agents/agent-shift.timers.js';
import { endShiftWhenSignedOut } from '../agents/processes/end-shift-when-signed-out.process.js';
import { openShiftWhenStarted } from '../agents/processes/open-shift-when-started.process.js';
import { offerTimers } from './offer.timers.js';
import { agentFollowsTheCall } from './processes/agent-follows-the-call.process.js';
import { endOfferWhenAgentIsLetGo } from './processes/end-offer-when-agent-is-let-go.process.js';
import { ringAgentWhenReserved } from './processes/ring-agent-when-reserved.process.js';

/** Everything by which routing reacts to events. */
export const routingProcesses: readonly Process[] = [agentFollowsTheCall, ringAgentWhenReserved, endOfferWhenAgentIsLetGo, openShiftWhenStarted, endShiftWhenSignedOut];

/** Everything in routing that ends by itself. */
export const routingTimers: readonly TimerRule[] = [offerTimers, agentShiftTimers];
