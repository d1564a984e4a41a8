import { isoTime, msOf } from '../../../kernel/clock.js';
import type { ChannelMemories, ChannelMemory } from './freeswitch-channel-memory.js';
import { transferSourceOf } from './freeswitch-channel-memory.js';
import { channelIdOf, countOf, deviceUserOf, digitsVariableOf, fallbackOf, given, holderOf, hungUpByOf, isInternal, lastBridgeOf, sipStatusOf, transferOf } from './freeswitch-facts.js';
import type { Headers, Unnamed } from './freeswitch-facts.js';
import { channelTimes, instantOf, isoOfMicros, microsOf } from './freeswitch-times.js';

/** An event of a channel with what was remembered of that channel before. */
export interface ChannelEvent {
  readonly channelId: string;
  readonly headers: Headers;
  /** Event-Date-Timestamp, ISO 8601 UTC. */
  readonly at: string;
  readonly memory: ChannelMemory;
}

/** What an event says; undefined where it lacks what it needs to say anything. */
export type Reading = readonly Unnamed[] | undefined;

/** Applications that listen to or join a conversation: no bridge is reported for them. */
const LISTENING = new Set(['eavesdrop', 'three_way', 'userspy', 'conference']);

export type ChannelReader = (event: ChannelEvent, memories: ChannelMemories) => Reading;

/** The moment in the channel's own header where it is set, else when the event was fired. */
const moment = (event: ChannelEvent, header: string): string => instantOf(event.headers[header]) ?? event.at;

const simple =
  (kind: 'channel-ringing' | 'channel-early-media' | 'channel-answered' | 'channel-parked' | 'channel-unparked', timeHeader?: string): ChannelReader =>
  (event) => [{ kind, channelId: event.channelId, at: timeHeader === undefined ? event.at : moment(event, timeHeader) }];

const appeared: ChannelReader = (event) => {
  const { channelId, headers } = event;
  const direction = headers['Call-Direction'];
  if (direction !== 'inbound' && direction !== 'outbound') return undefined;
  const deviceUser = deviceUserOf(headers);
  return [
    {
      kind: 'channel-appeared',
      at: moment(event, 'Caller-Channel-Created-Time'),
      channelId,
      direction,
      origin: deviceUser === undefined ? 'trunk' : 'device',
      ...given('deviceUser', deviceUser),
      callerNumber: headers['Caller-Caller-ID-Number'] ?? '',
      callerName: headers['Caller-Caller-ID-Name'] ?? '',
      dialedNumber: headers['Caller-Destination-Number'] ?? '',
      callChannelId: channelIdOf(headers['Channel-Call-UUID']) ?? channelId,
      ...given('callId', headers['variable_trunkline_call_id']),
      ...given('tenantId', headers['variable_trunkline_tenant_id']),
      internal: isInternal(headers),
      switchSessionId: headers['Core-UUID'] ?? '',
    },
  ];
};

const bridged: ChannelReader = (event, memories) => {
  const pair = pairOf(event.headers);
  if (pair === undefined) return undefined;
  const [channelId, otherChannelId] = pair;
  const at = moment(event, 'Caller-Channel-Bridged-Time');
  const handed = memories.handedOver(channelId, otherChannelId);
  const bridge: Unnamed = { kind: 'channels-bridged', at, channelId, otherChannelId };
  if (handed === undefined) return [bridge];
  return [{ kind: 'channel-transferred', at, channelId: handed.transferred, how: 'attended', ...given('destination', memories.get(handed.to)?.dialedNumber) }, bridge];
};

const unbridged: ChannelReader = (event, memories) => {
  const pair = pairOf(event.headers);
  if (pair === undefined) return undefined;
  memories.bridgeEnded(pair[0], pair[1]);
  return [{ kind: 'channels-unbridged', at: event.at, channelId: pair[0], otherChannelId: pair[1] }];
};

/** Both are named on whichever leg the event was fired; the other leg gets none. */
const pairOf = (headers: Headers): readonly [string, string] | undefined => {
  const first = channelIdOf(headers['Bridge-A-Unique-ID']);
  const second = channelIdOf(headers['Bridge-B-Unique-ID']);
  return first === undefined || second === undefined ? undefined : [first, second];
};

const held: ChannelReader = (event) => {
  const { headers, channelId, memory } = event;
  const since = microsOf(headers['Caller-Channel-Last-Hold']);
  if (since !== undefined) memory.hold = { since, before: microsOf(headers['Caller-Channel-Hold-Accum']) ?? 0 };
  return [{ kind: 'channel-held', at: since === undefined ? event.at : isoOfMicros(since), channelId, by: holderOf(headers) }];
};

const resumed: ChannelReader = (event) => {
  const { memory, channelId } = event;
  const total = microsOf(event.headers['Caller-Channel-Hold-Accum']);
  const hold = memory.hold;
  delete memory.hold;
  // The exact length of this hold is what the channel's total grew by.
  const at = hold === undefined || total === undefined || total < hold.before ? event.at : isoOfMicros(hold.since + total - hold.before);
  return [{ kind: 'channel-resumed', at, channelId }];
};

const digit: ChannelReader = ({ channelId, headers, at }) => {
  const pressed = headers['DTMF-Digit'];
  if (pressed === undefined || !/^[0-9A-Da-d*#]$/.test(pressed)) return undefined;
  // DTMF-Duration counts samples of 8 kHz.
  return [{ kind: 'digit-received', at, channelId, digit: pressed.toUpperCase(), durationMs: Math.round((countOf(headers['DTMF-Duration']) ?? 0) / 8) }];
};

const media =
  (started: boolean): ChannelReader =>
  ({ channelId, headers, at }) => {
    const path = headers['Playback-File-Path'];
    if (path === undefined) return undefined;
    if (started) return [{ kind: 'playback-started', at, channelId, media: path }];
    return [{ kind: 'playback-stopped', at, channelId, media: path, interrupted: headers['Playback-Status'] === 'break' }];
  };

const recording =
  (started: boolean): ChannelReader =>
  ({ channelId, headers, at }) => {
    const path = headers['Record-File-Path'];
    if (path === undefined) return undefined;
    if (started) return [{ kind: 'recording-started', at, channelId, path }];
    return [{ kind: 'recording-stopped', at, channelId, path, ...given('durationMs', countOf(headers['variable_record_ms'])) }];
  };

const executing: ChannelReader = ({ channelId, headers, at }) => {
  const application = headers['Application'];
  if (application === undefined) return undefined;
  return LISTENING.has(application) ? [{ kind: 'channel-noted', at, channelId, what: `${application} started`, detail: { target: headers['Application-Data'] ?? '' } }] : [];
};

const executed: ChannelReader = ({ channelId, headers, at }) => {
  const application = headers['Application'];
  if (application === undefined) return undefined;
  const actionId = headers['Application-UUID'];
  if (application !== 'play_and_get_digits') {
    return [{ kind: 'application-completed', at, channelId, application, ...given('actionId', actionId), response: headers['Application-Response'] ?? '' }];
  }
  const variable = digitsVariableOf(headers['Application-Data'] ?? '');
  const said = headers['variable_read_result'];
  const result = said === 'success' || said === 'timeout' ? said : 'failure';
  return [{ kind: 'digits-collected', at, channelId, ...given('actionId', actionId), digits: (variable === undefined ? undefined : headers[`variable_${variable}`]) ?? '', result }];
};

/** CHANNEL_HANGUP tells neither time nor who hung up: a leg is closed by its CHANNEL_HANGUP_COMPLETE. */
const ended: ChannelReader = (event) => {
  const { channelId, headers, memory } = event;
  const times = channelTimes(headers);
  if (times === undefined) return undefined;
  memory.ended = true;
  const q850 = countOf(headers['variable_hangup_cause_q850']);
  return [
    {
      kind: 'channel-ended',
      at: times.endedAt ?? event.at,
      channelId,
      cause: headers['Hangup-Cause'] ?? headers['variable_hangup_cause'] ?? 'NONE',
      ...given('q850', q850 === 0 ? undefined : q850),
      ...given('sipStatus', sipStatusOf(headers)),
      hungUpBy: hungUpByOf(headers),
      times,
      ...given('toFallback', fallbackOf(headers['Caller-Destination-Number'], headers['variable_trunkline_fallback_taken'])),
      ...given('bridge', lastBridgeOf(headers['variable_last_bridge_to'], headers['Caller-Channel-Bridged-Time'])),
    },
  ];
};

const destroyed: ChannelReader = ({ channelId, memory, at }, memories) => {
  memories.drop(channelId);
  return memory.ended ? [] : [{ kind: 'channel-destroyed', at, channelId }];
};

/** A transfer shows in the channel's profile, on whatever event comes next. */
export const newTransfer = (channelId: string, headers: Headers, at: string, memory: ChannelMemory): Unnamed | undefined => {
  const source = transferSourceOf(headers);
  if (source === '' || source === memory.transferSource) return undefined;
  memory.transferSource = source;
  const transfer = transferOf(source);
  if (transfer === undefined) return undefined;
  // A transfer gives the channel a new profile; its creation is the exact time, if it is still the one of this transfer.
  const profileAt = instantOf(headers['Caller-Profile-Created-Time']);
  const exact = profileAt !== undefined && Math.abs(msOf(profileAt) - transfer.epochSeconds * 1000) <= 1000 ? profileAt : undefined;
  return {
    kind: 'channel-transferred',
    at: exact ?? (transfer.epochSeconds > 0 ? isoTime(transfer.epochSeconds * 1000) : at),
    channelId,
    how: transfer.how,
    ...given('destination', transfer.destination),
  };
};

/** How each event of a channel is read, by its name. */
export const CHANNEL_EVENTS: Readonly<Record<string, ChannelReader | undefined>> = Object.assign(Object.create(null) as object, {
  CHANNEL_CREATE: appeared,
  CHANNEL_PROGRESS: simple('channel-ringing', 'Caller-Channel-Progress-Time'),
  CHANNEL_PROGRESS_MEDIA: simple('channel-early-media', 'Caller-Channel-Progress-Media-Time'),
  CHANNEL_ANSWER: simple('channel-answered', 'Caller-Channel-Answered-Time'),
  CHANNEL_PARK: simple('channel-parked'),
  CHANNEL_UNPARK: simple('channel-unparked'),
  CHANNEL_BRIDGE: bridged,
  CHANNEL_UNBRIDGE: unbridged,
  CHANNEL_HOLD: held,
  CHANNEL_UNHOLD: resumed,
  CHANNEL_EXECUTE: executing,
  CHANNEL_EXECUTE_COMPLETE: executed,
  CHANNEL_HANGUP_COMPLETE: ended,
  CHANNEL_DESTROY: destroyed,
  DTMF: digit,
  PLAYBACK_START: media(true),
  PLAYBACK_STOP: media(false),
  RECORD_START: recording(true),
  RECORD_STOP: recording(false),
} satisfies Record<string, ChannelReader>);
