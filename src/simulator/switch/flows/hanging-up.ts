import { causeCodeOf, q850Of, sipPhraseOf, sipStatusOf } from '../causes.js';
import type { Bridge, Channel } from '../channel.js';
import type { SwitchCore } from '../core.js';
import type { HangUpDetails } from '../deeds.js';
import { jsonCdrOf } from '../json-cdr.js';
import { setReportVariables } from '../report-variables.js';

const setSipVariables = (channel: Channel, cause: string, details: HangUpDetails): void => {
  const set = (name: string, value: string | number): void => void channel.variables.set(name, String(value));
  const failed = (disposition: string, status: number): void => {
    set('sip_hangup_disposition', disposition);
    set('sip_invite_failure_status', status);
    set('sip_invite_failure_phrase', sipPhraseOf(status));
  };
  const term = (status: number, code: number): void => {
    set('sip_term_status', status);
    set('proto_specific_hangup_cause', `sip:${status}`);
    set('sip_term_cause', code);
    channel.sipStatus = status;
  };
  if (details.by === 'far-end') {
    if (channel.answered) term(200, causeCodeOf(cause));
    else if (channel.direction === 'inbound') {
      failed('recv_cancel', 487);
      term(487, 487);
    } else {
      const status = details.sipStatus ?? sipStatusOf(cause);
      failed('recv_refuse', status);
      term(status, causeCodeOf(cause));
    }
  }
  if (channel.bridge?.stage === 'up') set('last_bridge_role', channel.bridge.a === channel ? 'originator' : 'originatee');
};

/** What is only told when the leg reports: how its signalling ended. */
const setDisposition = (channel: Channel): void => {
  const { variables } = channel;
  if (channel.answered) variables.set('sip_hangup_disposition', channel.endedBy === 'far-end' ? 'recv_bye' : 'send_bye');
  else if (channel.endedBy === 'switch') {
    const cancelled = channel.direction === 'outbound';
    const status = cancelled ? 487 : sipStatusOf(channel.cause ?? 'NORMAL_CLEARING');
    variables.set('sip_hangup_disposition', cancelled ? 'send_cancel' : 'send_refuse');
    variables.set('sip_invite_failure_status', String(status));
    variables.set('sip_invite_failure_phrase', sipPhraseOf(status));
  }
};

/** Ends a leg. CHANNEL_HANGUP comes at once, the rest from the channel's thread. */
export const hangUp = (core: SwitchCore, channel: Channel, cause: string, details: HangUpDetails): void => {
  if (channel.hungUp) return;
  const { bridge } = channel;
  const originatorOf = bridge?.stage === 'up' && bridge.a === channel ? bridge : undefined;
  setSipVariables(channel, cause, details);
  channel.cause = cause;
  channel.endedBy = details.by;
  channel.answerState = 'hangup';
  channel.state = 'CS_HANGUP';
  core.fire('CHANNEL_HANGUP', { channel });
  channel.thread.clear();
  channel.messages.length = 0;
  channel.plan = [];
  channel.dialling?.settle({ ok: false, cause });
  if (bridge) core.deeds.leaveBridge(bridge, channel);
  channel.thread.run(originatorOf ? 22 + core.jitter(4) : core.jitter(20), () => report(core, channel, originatorOf));
};

const report = (core: SwitchCore, channel: Channel, originatorOf: Bridge | undefined): void => {
  const { deeds } = core;
  const cause = channel.cause!;
  const byFarEnd = channel.endedBy === 'far-end';
  if (originatorOf) deeds.fireUnbridge(originatorOf);
  deeds.unwind(channel, 'PLAYBACK ERROR');
  core.setRunning(channel, 'CS_HANGUP');
  channel.times.hangup = core.time.tickUs();
  deeds.stopAllRecordings(channel);
  core.setCallState(channel, 'HANGUP');
  channel.state = 'CS_REPORTING';
  core.setRunning(channel, 'CS_REPORTING');
  setDisposition(channel);
  setReportVariables(channel);
  channel.callUuid = channel.uuid;
  channel.variables.set('call_uuid', channel.uuid);
  channel.reported = true;
  core.fire('CHANNEL_HANGUP_COMPLETE', { channel, before: [['Hangup-Cause', cause]] });
  const sip = channel.sipStatus === undefined ? {} : { sipStatus: channel.sipStatus };
  core.tell({ what: 'ended', channelId: channel.uuid, cause, byFarEnd, q850: q850Of(cause), holdUs: channel.times.holdAccum, times: { ...channel.times }, ...sip });
  core.cdrPoster?.post(jsonCdrOf(core, channel));
  channel.farEnd.ended?.(deeds.lineOf(channel), { cause, byFarEnd });
  if (!channel.dialling) deeds.destroy(channel);
};

/** The last two events of a channel; the originate that holds it lets go first. */
export const destroy = (core: SwitchCore, channel: Channel): void => {
  if (channel.destroyed || !channel.reported) return;
  channel.destroyed = true;
  channel.state = 'CS_DESTROY';
  core.fire('CHANNEL_DESTROY', { channel });
  channel.running = 'CS_DESTROY';
  core.fire('CHANNEL_STATE', { channel });
  core.channels.delete(channel.uuid);
};
