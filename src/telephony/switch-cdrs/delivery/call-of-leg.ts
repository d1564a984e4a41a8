import type { Recorded } from '../../../kernel/event.js';
import { streamOf } from '../../../kernel/streams.js';
import type { CommandExecutor } from '../../../platform/event-store/command-executor.js';
import type { EventLog } from '../../../platform/event-store/event-log.js';
import { callDecider } from '../../calls/domain/call.decider.js';
import type { CallEvent } from '../../contract/call-events.js';
import type { WitnessedLeg } from '../../ports/switch-cdr-inbox.port.js';

/** The call that a leg ended in. */
export interface CallOfLeg {
  readonly callId: string;
  readonly tenantId: string;
  readonly nodeId: string;
}

/** A leg goes from call to call when calls are joined; more often than this nobody joins them. */
const MOST_MOVES = 10;

/**
 * Finds the call of a leg from the log alone: the one that we told the switch, the leg's own (a first
 * leg gives its call its id), or that of the leg it talked with; and from there wherever it was moved.
 */
export const callOfLeg = async (log: EventLog, executor: CommandExecutor, { channelId, callId, bridge }: WitnessedLeg): Promise<CallOfLeg | undefined> => {
  for (const start of [callId, channelId, bridge?.otherChannelId]) {
    let candidate = start;
    for (let moves = 0; candidate !== undefined && moves <= MOST_MOVES; moves += 1) {
      const stream = streamOf('call', candidate);
      const { state, tenantId } = await executor.load(callDecider, stream);
      const leg = state.legs[channelId];
      if (leg === undefined || tenantId === undefined) break;
      if (leg.end?.cause !== 'MOVED') return { callId: candidate, tenantId, nodeId: leg.nodeId };
      candidate = (await log.readStream(stream)).map((event) => event as Recorded<CallEvent>).findLast(movesLeg(channelId))?.data.toCallId;
    }
  }
  return undefined;
};

const movesLeg =
  (legId: string) =>
  (event: Recorded<CallEvent>): event is Extract<Recorded<CallEvent>, { type: 'LegMoved' }> =>
    event.type === 'LegMoved' && event.data.legId === legId;
