import { isoTime, msOf } from '../../../kernel/clock.js';
import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { Effect, EffectKind, Outcome, Probe } from '../../../platform/effects/effect-kind.js';
import type { CallEvent } from '../../contract/call-events.js';
import { type Deed, guaranteeOf, joinAction, splitAction, type SwitchAction } from '../../contract/switch-actions.js';
import type { ActionResult, TelephonyGateway } from '../../ports/telephony-gateway.port.js';

export interface SwitchRequest {
  readonly nodeId: string;
  readonly action: SwitchAction;
}

/** Doing it again leaves the channel as doing it once. */
const REPEATABLE: ReadonlySet<Deed> = new Set(['answer', 'take-over', 'park', 'hold', 'resume', 'stop-playing', 'bridge', 'play', 'start-recording', 'stop-recording']);

/**
 * How long a hang-up is tried, ms. Whoever waits at the switch for one has nobody else: given up after
 * the usual time, a node that was away a little longer would leave them there.
 */
const HANG_UP_PATIENCE_MS = 600_000;

const outcomeOf = (result: ActionResult): Outcome =>
  result.ok === true ? { outcome: 'succeeded', detail: result.result } : { outcome: result.ok === false ? 'failed' : 'unknown', detail: result.reason };

/** What the switch answers may repeat the digits or numbers that it was given: those are personal, and a result is not encrypted. */
const withoutPersonal = (detail: string, action: SwitchAction | undefined): string => {
  const personal = action === undefined ? null : splitAction(action).personal;
  const told = Object.values((personal ?? {}) as Readonly<Record<string, string>>).some((value) => value !== '' && detail.includes(value));
  return told ? 'the answer of the switch repeats what is personal' : detail;
};

/** Deeds on the switch, done by the process that owns the media node. The gateway keeps their order per channel. */
export const switchActions = (gateway: TelephonyGateway): EffectKind<SwitchRequest> => ({
  name: 'switch-actions',
  requestedType: 'SwitchActionRequested',
  startedType: 'SwitchActionStarted',
  settledTypes: ['SwitchActionSucceeded', 'SwitchActionFailed', 'SwitchActionOutcomeUnknown'],
  turnEnds: 'begun',

  effectOf(recorded: RecordedEvent): Effect<SwitchRequest> {
    const { data } = recorded as Recorded<Extract<CallEvent, { type: 'SwitchActionRequested' }>>;
    const action = joinAction(data);
    return {
      id: data.actionId,
      lane: data.channelId,
      guarantee: action === undefined ? 'at-most-once' : guaranteeOf(action),
      deadlineAt: data.deed === 'hang-up' ? isoTime(msOf(data.deadlineAt) + HANG_UP_PATIENCE_MS) : data.deadlineAt,
      request: action === undefined ? undefined : { nodeId: data.nodeId, action },
    };
  },

  idOf: (event) => (event.data as { readonly actionId: string }).actionId,
  isReady: ({ nodeId }) => gateway.isReady(nodeId),
  async perform({ nodeId, action }, { deadlineAt, guarantee }): Promise<Outcome> {
    const outcome = outcomeOf(await gateway.perform(nodeId, action, deadlineAt));
    // The connection went while the deed waited for its turn: what can be asked about is asked about when the node is back.
    return outcome.outcome === 'failed' && guarantee === 'probed' && !gateway.isReady(nodeId) ? { ...outcome, outcome: 'unknown' } : outcome;
  },

  async probe({ nodeId, action }): Promise<Probe> {
    const exists = await gateway.exists(nodeId, action.channelId);
    if (action.deed === 'hang-up') return exists ? 'perform' : { outcome: 'succeeded', detail: 'the channel is gone' };
    // A leg that is not there may have been busy for a moment: ringing a second time would be no probe.
    if (action.deed === 'originate') return exists ? { outcome: 'succeeded', detail: action.channelId } : { outcome: 'failed', detail: 'RECOVERY_ON_TIMER_EXPIRE' };
    if (!exists) return { outcome: 'failed', detail: 'the channel is gone' };
    return REPEATABLE.has(action.deed) ? 'perform' : { outcome: 'unknown', detail: 'it may have been done' };
  },

  startCommand: (effect, stream) => ({ stream, type: 'StartAction', data: { actionId: effect.id } }),
  settleCommand: (effect, stream, { outcome, detail }) => ({ stream, type: 'SettleAction', data: { actionId: effect.id, outcome, detail: withoutPersonal(detail, effect.request?.action) } }),
});
