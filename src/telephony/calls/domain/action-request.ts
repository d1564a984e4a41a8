import type { CommandMeta } from '../../../kernel/command.js';
import { isoTime, msOf } from '../../../kernel/clock.js';
import type { CallEvent } from './call.events.js';
import { splitAction, type SwitchAction } from './switch-action.js';

/** How long after it was asked for a deed may still be done, ms. */
const DEADLINE_MS = 10_000;

/** The event that asks the switch for a deed. */
export const request = (meta: CommandMeta, call: { readonly nodeId: string; readonly personId: string; readonly agentId?: string }, action: SwitchAction, deadlineMs = DEADLINE_MS): CallEvent => ({
  type: 'SwitchActionRequested',
  data: {
    nodeId: call.nodeId,
    actionId: action.actionId,
    channelId: action.channelId,
    deed: action.deed,
    ...splitAction(action),
    personId: call.personId,
    ...(call.agentId === undefined ? {} : { agentId: call.agentId }),
    deadlineAt: isoTime(msOf(meta.at) + deadlineMs),
  },
});
