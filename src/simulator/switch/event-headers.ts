import type { CallerProfile, Channel, ProfileTimes } from './channel.js';
import { CALL_STATE_NUMBERS, STATE_NUMBERS, type CallState } from './states.js';
import type { Header } from './switch-event.js';

/** State, name and codecs of a channel, in FreeSWITCH's order. */
export const basicHeaders = (channel: Channel): Header[] => {
  const headers: Header[] = [
    ['Channel-State', channel.running],
    ['Channel-Call-State', channel.callState],
    ['Channel-State-Number', String(STATE_NUMBERS[channel.state])],
    ['Channel-Name', channel.name],
    ['Unique-ID', channel.uuid],
    ['Call-Direction', channel.direction],
    ['Presence-Call-Direction', channel.direction],
    ['Channel-HIT-Dialplan', String(channel.direction === 'inbound')],
    ['Channel-Call-UUID', channel.callUuid],
    ['Answer-State', channel.answerState],
  ];
  if (channel.cause !== undefined) headers.push(['Hangup-Cause', channel.cause]);
  if (channel.hasMedia) {
    for (const side of ['Read', 'Write']) {
      headers.push([`Channel-${side}-Codec-Name`, 'PCMU'], [`Channel-${side}-Codec-Rate`, '8000'], [`Channel-${side}-Codec-Bit-Rate`, '64000']);
    }
  }
  return headers;
};

const timeHeaders = (prefix: string, times: ProfileTimes | undefined): Header[] => [
  [`${prefix}-Profile-Created-Time`, String(times?.profileCreated ?? 0)],
  [`${prefix}-Channel-Created-Time`, String(times?.created ?? 0)],
  [`${prefix}-Channel-Answered-Time`, String(times?.answered ?? 0)],
  [`${prefix}-Channel-Progress-Time`, String(times?.progress ?? 0)],
  [`${prefix}-Channel-Progress-Media-Time`, String(times?.progressMedia ?? 0)],
  [`${prefix}-Channel-Hangup-Time`, String(times?.hangup ?? 0)],
  [`${prefix}-Channel-Transfer-Time`, String(times?.transfer ?? 0)],
  [`${prefix}-Channel-Resurrect-Time`, '0'],
  [`${prefix}-Channel-Bridged-Time`, String(times?.bridged ?? 0)],
  [`${prefix}-Channel-Last-Hold`, String(times?.lastHold ?? 0)],
  [`${prefix}-Channel-Hold-Accum`, String(times?.holdAccum ?? 0)],
  [`${prefix}-Screen-Bit`, 'true'],
  [`${prefix}-Privacy-Hide-Name`, 'false'],
  [`${prefix}-Privacy-Hide-Number`, 'false'],
];

interface ProfileOwner {
  readonly uuid: string;
  readonly name: string;
  readonly direction: string;
  readonly logicalDirection: string;
}

const profileHeaders = (prefix: 'Caller' | 'Other-Leg', owner: ProfileOwner, profile: CallerProfile): Header[] => {
  const optional = (name: string, value: string | undefined): Header[] => (value === undefined || value === '' ? [] : [[`${prefix}-${name}`, value]]);
  return [
    [`${prefix}-Direction`, owner.direction],
    [`${prefix}-Logical-Direction`, owner.logicalDirection],
    ...optional('Username', profile.username),
    ...optional('Dialplan', profile.dialplan),
    ...optional('Caller-ID-Name', profile.callerName),
    ...optional('Caller-ID-Number', profile.callerNumber),
    ...optional('Orig-Caller-ID-Name', profile.originalName),
    ...optional('Orig-Caller-ID-Number', profile.originalNumber),
    ...optional('Callee-ID-Name', profile.calleeName),
    ...optional('Callee-ID-Number', profile.calleeNumber),
    ...optional('Network-Addr', profile.networkAddress),
    [`${prefix}-ANI`, profile.ani],
    [`${prefix}-Destination-Number`, profile.destination],
    [`${prefix}-Unique-ID`, owner.uuid],
    [`${prefix}-Source`, profile.source],
    ...(prefix === 'Caller' ? optional('Transfer-Source', profile.transferSource) : []),
    [`${prefix}-Context`, profile.context],
    [`${prefix}-Channel-Name`, owner.name],
  ];
};

/** Who calls whom, and the other leg as it was when this one was joined to it. */
export const callerHeaders = (channel: Channel): Header[] => {
  const headers: Header[] = [
    ...profileHeaders('Caller', { uuid: channel.uuid, name: channel.name, direction: channel.direction, logicalDirection: channel.direction }, channel.profile),
    ['Caller-Profile-Index', String(channel.profile.index)],
    ...timeHeaders('Caller', channel.times),
  ];
  const other = channel.otherLeg;
  if (other) {
    headers.push(['Other-Type', other.type], ...profileHeaders('Other-Leg', { uuid: other.uuid, name: other.name, direction: other.direction, logicalDirection: 'inbound' }, other.profile));
    // The profile cloned onto the originatee has no times of its own.
    headers.push(...timeHeaders('Other-Leg', other.type === 'originatee' ? other.times : undefined));
  }
  return headers;
};

export const variableHeaders = (channel: Channel): Header[] => {
  const headers: Header[] = [];
  for (const [name, value] of channel.variables) headers.push([`variable_${name}`, value]);
  return headers;
};

export const callStateHeaders = (before: CallState, now: CallState): Header[] => [
  ['Original-Channel-Call-State', before],
  ['Channel-Call-State-Number', String(CALL_STATE_NUMBERS[now])],
];
