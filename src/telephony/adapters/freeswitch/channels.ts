import { isoTime } from '../../../kernel/clock.js';
import type { ChannelDetail, LiveChannel } from '../../ports/telephony-gateway.port.js';
import { parseJsonEvent } from './esl-events.js';
import { channelIdOf, countOf, deviceUserOf, given, type Headers, holderOf, isInternal } from './freeswitch-facts.js';
import { channelTimes, instantOf } from './freeswitch-times.js';

type Row = Readonly<Record<string, unknown>>;

/** The answer to `show channels as json` cannot be read. */
export class UnreadableChannels extends Error {
  override readonly name = 'UnreadableChannels';
}

const STATES: Readonly<Record<string, LiveChannel['state'] | undefined>> = {
  DOWN: 'down',
  DIALING: 'ringing',
  RINGING: 'ringing',
  RING_WAIT: 'ringing',
  EARLY: 'early',
  ACTIVE: 'active',
  UNHELD: 'active',
  HELD: 'held',
  HANGUP: 'hangup',
};

/**
 * The channels in an answer to `show channels as json`. Creation times are exact to the second only.
 *
 * @throws UnreadableChannels: a list that is not understood must not look like an empty switch.
 */
export const parseChannels = (answer: string): LiveChannel[] => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer);
  } catch {
    throw new UnreadableChannels(`the list of channels is no JSON (${answer.length} characters)`);
  }
  const { row_count: count, rows = [] } = (parsed ?? {}) as { row_count?: unknown; rows?: unknown };
  if (typeof count !== 'number' || !Array.isArray(rows)) throw new UnreadableChannels('the list of channels has no row_count or no rows');
  if (rows.length !== count) throw new UnreadableChannels(`the list of channels has ${rows.length} rows and says that there are ${count}`);
  return (rows as Row[]).map(channelOf);
};

const channelOf = (row: Row): LiveChannel => {
  const text = (name: string): string => (typeof row[name] === 'string' ? row[name] : '');
  const channelId = channelIdOf(text('uuid'));
  const created = countOf(text('created_epoch'));
  const direction = text('direction');
  if (channelId === undefined || created === undefined || (direction !== 'inbound' && direction !== 'outbound')) {
    throw new UnreadableChannels('the list of channels has a row without a uuid, a direction or a created_epoch');
  }
  return {
    channelId,
    direction,
    createdAt: isoTime(created * 1000),
    state: STATES[text('callstate')] ?? 'active',
    callerNumber: text('initial_cid_num') || text('cid_num'),
    callerName: text('initial_cid_name') || text('cid_name'),
    dialedNumber: text('initial_dest') || text('dest'),
    callChannelId: channelIdOf(text('call_uuid')) ?? channelId,
    parked: isParked(text),
    ...given('bridgedWith', text('application') === 'uuid_bridge' ? channelIdOf(text('application_data')) : undefined),
  };
};

/** An answer to `uuid_dump <channel> json`. */
export const parseDump = (answer: string): ChannelDetail => {
  const { headers } = parseJsonEvent(Buffer.from(answer));
  const times = channelTimes(headers);
  if (times === undefined) throw new UnreadableChannels('the dump of a channel does not tell when it was created');
  const { endedAt: _endedAt, ...seen } = times;
  return {
    ...seen,
    ...given('bridgedAt', instantOf(headers['Caller-Channel-Bridged-Time'])),
    ...given('hold', holdOf(headers)),
    ...given('deviceUser', deviceUserOf(headers)),
    ...given('callId', headers['variable_trunkline_call_id']),
    ...given('tenantId', headers['variable_trunkline_tenant_id']),
    internal: isInternal(headers),
  };
};

const holdOf = (headers: Headers): ChannelDetail['hold'] => {
  const since = headers['Channel-Call-State'] === 'HELD' ? instantOf(headers['Caller-Channel-Last-Hold']) : undefined;
  return since === undefined ? undefined : { since, by: holderOf(headers) };
};

/**
 * A parked channel that hears something shows the player as its application. So does one that the
 * dialplan plays to, after a transfer: there the destination is no longer the first one.
 */
const isParked = (text: (name: string) => string): boolean => {
  const state = text('state');
  const application = text('application');
  if (state === 'CS_PARK' || application === 'park') return true;
  return state === 'CS_EXECUTE' && (application === 'playback' || application === 'endless_playback') && text('dest') === (text('initial_dest') || text('dest'));
};
