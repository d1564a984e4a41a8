import type { Bridge, Channel, OtherLeg } from '../channel.js';
import type { SwitchCore } from '../core.js';

const seenAs = (other: Channel, type: OtherLeg['type']): OtherLeg => ({ type, direction: other.direction, uuid: other.uuid, name: other.name, profile: { ...other.profile }, times: { ...other.times } });

const bridgeIds = ({ a, b }: Bridge): [string, string][] => [
  ['Bridge-A-Unique-ID', a.uuid],
  ['Bridge-B-Unique-ID', b.uuid],
];

/**
 * Joins two legs as `uuid_bridge` does; false where that cannot be (gone, or neither has media).
 * The events come later, from both threads.
 */
export const bridge = (core: SwitchCore, first: Channel, second: Channel): boolean => {
  if (first === second || first.hungUp || second.hungUp) return false;
  if (!first.hasMedia && !second.hasMedia) return false;
  const [a, b] = first.hasMedia ? [first, second] : [second, first];
  for (const channel of [a, b]) {
    core.deeds.endStandingBridge(channel);
    // A leg that is bridged before its originate has parked it costs the originate's job its success.
    channel.dialling?.settle({ ok: false, cause: 'ORIGINATOR_CANCEL' });
  }
  const now = core.time.tickUs();
  const made: Bridge = { a, b, byApp: false, stage: 'pending' };
  const seenByA = seenAs(b, 'originatee');
  b.otherLeg = seenAs(a, 'originator');
  a.otherLeg = seenByA;
  for (const [channel, other] of [[a, b], [b, a]] as const) {
    channel.bridge = made;
    channel.thread.clear();
    channel.messages.length = 0;
    channel.plan = [];
    setBridgeVariables(core, channel, other, now);
    channel.state = 'CS_HIBERNATE';
    channel.thread.run(core.jitter(20), () => {
      const parkedByState = channel.running === 'CS_PARK';
      core.deeds.unwind(channel, 'PLAYBACK ERROR');
      if (parkedByState) {
        core.fire('CHANNEL_UNPARK', { channel });
        core.tell({ what: 'unparked', channelId: channel.uuid });
      }
      core.setRunning(channel, 'CS_HIBERNATE');
      core.setRunning(channel, 'CS_RESET');
      core.setRunning(channel, 'CS_SOFT_EXECUTE');
    });
  }
  // The originator's thread waits until the other has come that far, then runs the bridge.
  const join = (): void => {
    if (made.stage !== 'pending' || a.hungUp || b.hungUp) return;
    if (b.running === 'CS_SOFT_EXECUTE') joinUp(core, made);
    else a.thread.run(5, join);
  };
  a.thread.run(20 + core.jitter(20), join);
  return true;
};

const setBridgeVariables = (core: SwitchCore, channel: Channel, other: Channel, now: number): void => {
  const source = `${Math.floor(now / 1e6)}:${core.random.uuid()}:uuid_br:${other.uuid}`;
  const { variables, profile } = channel;
  variables.set('bridge_channel', other.name);
  variables.set('bridge_uuid', other.uuid);
  variables.set('signal_bond', other.uuid);
  variables.set('original_destination_number', profile.destination);
  variables.set('original_caller_id_name', profile.callerName);
  variables.set('original_caller_id_number', profile.callerNumber);
  variables.set('transfer_history', source);
  variables.set('transfer_source', source);
  const shown =
    channel.direction === 'inbound'
      ? { calleeName: other.profile.calleeName ?? other.profile.callerName, calleeNumber: other.profile.calleeNumber ?? other.profile.callerNumber }
      : { callerName: other.profile.callerName, callerNumber: other.profile.callerNumber };
  channel.newProfile(now, { transferSource: source, ...shown });
};

const joinUp = (core: SwitchCore, made: Bridge): void => {
  const { a, b } = made;
  const application = (other: Channel): [string, string][] => [['Application', 'uuid_bridge'], ['Application-Data', other.uuid]];
  core.fire('CHANNEL_EXECUTE', { channel: a, after: application(b), from: ['switch_ivr_bridge.c', 'uuid_bridge_on_soft_execute', '1236'] });
  core.fire('CHANNEL_EXECUTE', { channel: b, after: application(a), from: ['switch_ivr_bridge.c', 'uuid_bridge_on_soft_execute', '1243'] });
  startTalk(core, made);
};

/** The bridge is up: CHANNEL_BRIDGE, on the originator only. */
const startTalk = (core: SwitchCore, made: Bridge): void => {
  const { a, b } = made;
  if (!a.answered && b.answered) core.deeds.answer(a);
  made.stage = 'up';
  a.times.bridged = core.time.tickUs();
  core.fire('CHANNEL_BRIDGE', { channel: a, before: bridgeIds(made), atUs: a.times.bridged });
  b.times.bridged = a.times.bridged;
  b.callUuid = a.callUuid;
  b.variables.set('call_uuid', a.callUuid);
  core.setRunning(b, 'CS_EXCHANGE_MEDIA');
  for (const [channel, other] of [[a, b], [b, a]] as const) {
    const { callerName: name, callerNumber: number } = other.profile;
    channel.variables.set('bridge_to', other.uuid);
    channel.variables.set('last_bridge_to', other.uuid);
    // The far end is told whom it talks with only where that is news.
    if (channel.variables.get('last_sent_callee_id_name') === name && channel.variables.get('last_sent_callee_id_number') === number) continue;
    channel.variables.set('last_sent_callee_id_name', name);
    channel.variables.set('last_sent_callee_id_number', number);
    core.fire('CALL_UPDATE', { channel, before: [['Direction', 'SEND'], ['Sent-Callee-ID-Name', name], ['Sent-Callee-ID-Number', number], ['Bridged-To', other.uuid]] });
  }
  core.tell({ what: 'bridged', channelId: a.uuid, otherChannelId: b.uuid }, a.times.bridged);
  a.farEnd.bridged?.(core.deeds.lineOf(a), b.uuid);
  b.farEnd.bridged?.(core.deeds.lineOf(b), a.uuid);
};

/** The dialplan's `bridge`: `b` was dialled for `a` and has answered. */
export const bridgeByApp = (core: SwitchCore, a: Channel, b: Channel): void => {
  const made: Bridge = { a, b, byApp: true, stage: 'pending' };
  a.bridge = b.bridge = made;
  core.deeds.answer(a);
  a.otherLeg = seenAs(b, 'originatee');
  for (const [channel, other] of [[a, b], [b, a]] as const) {
    channel.variables.set('bridge_channel', other.name);
    channel.variables.set('bridge_uuid', other.uuid);
    channel.variables.set('signal_bond', other.uuid);
  }
  startTalk(core, made);
};

/** CHANNEL_UNBRIDGE, on the originator only. */
export const fireUnbridge = (core: SwitchCore, made: Bridge): void => {
  for (const [channel, other] of [[made.a, made.b], [made.b, made.a]] as const) {
    channel.variables.delete('bridge_to');
    channel.variables.set('last_bridge_hangup_cause', other.cause ?? 'NORMAL_CLEARING');
    channel.variables.set('bridge_hangup_cause', other.cause ?? 'NORMAL_CLEARING');
  }
  const now = core.time.tickUs();
  core.fire('CHANNEL_UNBRIDGE', { channel: made.a, before: bridgeIds(made), atUs: now });
  core.tell({ what: 'unbridged', channelId: made.a.uuid, otherChannelId: made.b.uuid }, now);
};

const partTelephones = (core: SwitchCore, { a, b }: Bridge): void => {
  a.farEnd.unbridged?.(core.deeds.lineOf(a));
  b.farEnd.unbridged?.(core.deeds.lineOf(b));
};

/** `leaver` was hung up within a bridge: the other follows, or is parked where it asked for that. */
export const leaveBridge = (core: SwitchCore, made: Bridge, leaver: Channel): void => {
  const other = made.a === leaver ? made.b : made.a;
  const wasUp = made.stage === 'up';
  made.stage = 'over';
  made.a.bridge = made.b.bridge = undefined;
  if (wasUp) partTelephones(core, made);
  const told = leaver.variables.get('proto_specific_hangup_cause');
  if (wasUp && told !== undefined) {
    other.variables.set('sip_hangup_phrase', 'OK');
    other.variables.set('last_bridge_hangup_cause', leaver.cause ?? 'NORMAL_CLEARING');
    other.variables.set('last_bridge_proto_specific_hangup_cause', told);
  }
  // The other's own steps towards a bridge still run; what was played to it ends.
  if (wasUp) other.thread.clear();
  const unbridge = wasUp && leaver === made.b;
  other.thread.run(8 + core.jitter(14), () => {
    if (unbridge) core.deeds.fireUnbridge(made);
    afterBridge(core, other);
  });
};

/** A leg whose bridge is over goes where it said it would. */
const afterBridge = (core: SwitchCore, channel: Channel): void => {
  if (channel.hungUp || channel.bridge) return;
  if (channel.isTrue('park_after_bridge')) {
    core.deeds.park(channel);
    return;
  }
  const app = channel.apps.find((running) => running.app === 'bridge');
  if (app && !channel.isTrue('hangup_after_bridge')) {
    core.deeds.unwind(channel, 'PLAYBACK ERROR');
    core.deeds.runPlan(channel, channel.plan);
    return;
  }
  if (app) core.deeds.unwind(channel, 'PLAYBACK ERROR');
  if (channel.running === 'CS_SOFT_EXECUTE') core.setRunning(channel, 'CS_EXECUTE');
  core.deeds.hangUp(channel, 'NORMAL_CLEARING', { by: 'switch' });
};

/** A new bridge, a park or a transfer takes a leg out of the one it is in; the party left behind goes its way. */
export const endStandingBridge = (core: SwitchCore, channel: Channel): void => {
  const made = channel.bridge;
  if (!made) return;
  const other = made.a === channel ? made.b : made.a;
  const wasUp = made.stage === 'up';
  made.stage = 'over';
  made.a.bridge = made.b.bridge = undefined;
  if (wasUp) partTelephones(core, made);
  other.thread.clear();
  const follow = (): void => {
    if (wasUp && other === made.a) core.deeds.fireUnbridge(made);
    afterBridge(core, other);
  };
  if (wasUp && channel === made.a) core.deeds.fireUnbridge(made);
  other.thread.run(8 + core.jitter(14), follow);
};
