import type { CallerProfile, Channel, OtherLeg, ProfileTimes } from './channel.js';
import type { SwitchCdr } from './cdr-poster.port.js';
import type { SwitchCore } from './core.js';
import { encodeHeader } from './switch-event.js';

const profileOf = (profile: CallerProfile, uuid: string, name: string): Record<string, unknown> => ({
  username: profile.username ?? '',
  dialplan: profile.dialplan ?? '',
  caller_id_name: profile.callerName,
  ani: profile.ani,
  aniii: '',
  caller_id_number: profile.callerNumber,
  network_addr: profile.networkAddress ?? '',
  rdnis: '',
  destination_number: profile.destination,
  uuid,
  source: profile.source,
  context: profile.context,
  chan_name: name,
});

const timesOf = (times: ProfileTimes, current: boolean): Record<string, string> => ({
  created_time: String(times.created),
  profile_created_time: String(times.profileCreated),
  progress_time: String(times.progress),
  progress_media_time: String(times.progressMedia),
  answered_time: String(times.answered),
  bridged_time: String(times.bridged),
  last_hold_time: String(times.lastHold),
  hold_accum_time: String(times.holdAccum),
  hangup_time: String(current ? times.hangup : 0),
  resurrect_time: '0',
  transfer_time: String(times.transfer),
});

const otherProfiles = (other: OtherLeg | undefined): Record<string, unknown> =>
  other ? { [other.type]: { [`${other.type}_caller_profiles`]: [profileOf(other.profile, other.uuid, other.name)] } } : {};

const NO_MEDIA = { raw_bytes: 0, media_bytes: 0, packet_count: 0, media_packet_count: 0, skip_packet_count: 0, dtmf_packet_count: 0, cng_packet_count: 0 };

/** The CDR of a leg as mod_json_cdr writes it with `encode-values=true`: newest part of the call flow first. */
export const jsonCdrOf = (core: SwitchCore, channel: Channel): SwitchCdr => {
  const { uuid, name } = channel;
  const variables: Record<string, string> = {};
  for (const [key, value] of channel.variables) variables[key] = encodeHeader(value);
  const flow = [{ profile: channel.profile, times: channel.times }, ...[...channel.history].reverse()];
  const body = {
    'core-uuid': core.coreUuid,
    switchname: core.settings.hostname,
    channel_data: { state: 'CS_REPORTING', direction: channel.direction, state_number: '11', flags: '0=1;1=1;37=1;40=1', caps: '1=1;2=1;3=1;4=1;5=1;6=1' },
    callStats: { audio: { inbound: { ...NO_MEDIA, quality_percentage: 100, mos: 4.5 }, outbound: NO_MEDIA } },
    variables,
    app_log: { applications: channel.executed.map(({ app, data }) => ({ app_name: app, app_data: data, app_stamp: channel.times.created })) },
    callflow: flow.map(({ profile, times }, i) => ({
      profile_index: String(profile.index),
      caller_profile: { ...profileOf(profile, uuid, name), ...(i === 0 ? otherProfiles(channel.otherLeg) : {}) },
      times: timesOf(times, i === 0),
    })),
  };
  return { uuid, leg: channel.direction === 'inbound' ? 'a' : 'b', body: JSON.stringify(body) };
};
