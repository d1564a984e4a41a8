import { msOf } from '../../../kernel/clock.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import type { SwitchFact } from '../../ports/switch-facts.js';
import type { EslEvent } from './esl-client.port.js';
import type { HeaderSelection } from './esl-json-headers.js';
import { CHANNEL_EVENTS, newTransfer } from './freeswitch-channel-events.js';
import type { ChannelReader, Reading } from './freeswitch-channel-events.js';
import { ChannelMemories } from './freeswitch-channel-memory.js';
import { answerOf, channelIdOf, countOf, given } from './freeswitch-facts.js';
import type { Headers } from './freeswitch-facts.js';
import { eventTime } from './freeswitch-times.js';

/**
 * Turns the events of one FreeSWITCH into facts of telephony, in the order given.
 *
 * It never throws: an event that lacks what it needs gives no fact and is counted in `unusable`
 * under its name. The same event always has facts with the same ids.
 */
export class FreeswitchTranslator {
  readonly #memories = new ChannelMemories();
  readonly #unusable = new Map<string, number>();

  /** How many events of each name could not be used. */
  get unusable(): ReadonlyMap<string, number> {
    return this.#unusable;
  }

  /** Channels remembered right now. */
  get channelsRemembered(): number {
    return this.#memories.size;
  }

  /** Events may be missed from now on: whether what is remembered lives is in doubt until `retain`. */
  gap(): void {
    this.#memories.doubt();
  }

  /** After a gap: forgets the channels known before it that are not in `alive`, for their ends were missed. */
  retain(alive: ReadonlySet<string>): void {
    this.#memories.retain(alive);
  }

  /** `receivedAtMs`, the time of our own clock, lets a heartbeat tell how far the switch's clock is off. */
  translate(event: EslEvent, receivedAtMs?: number): SwitchFact[] {
    const read = CHANNEL_EVENTS[event.name];
    if (read === undefined && !OTHER_EVENTS.has(event.name)) return [];
    const headers: Headers = event.headers;
    const switchSessionId = headers['Core-UUID'];
    const sequence = headers['Event-Sequence'];
    const at = eventTime(headers);
    if (switchSessionId === undefined || sequence === undefined || at === undefined) return this.#unused(event);
    const reading = read === undefined ? this.#readOther(event, headers, at, switchSessionId, receivedAtMs) : this.#readChannel(read, headers, at);
    if (reading === undefined) return this.#unused(event);
    return reading.map((fact, index) => ({ factId: deterministicId(switchSessionId, sequence, index), ...fact }));
  }

  #unused(event: EslEvent): SwitchFact[] {
    this.#unusable.set(event.name, (this.#unusable.get(event.name) ?? 0) + 1);
    return [];
  }

  #readChannel(read: ChannelReader, headers: Headers, at: string): Reading {
    const channelId = channelIdOf(headers['Unique-ID']);
    if (channelId === undefined) return undefined;
    const memory = this.#memories.ofEvent(channelId, headers);
    const transfer = newTransfer(channelId, headers, at, memory);
    const reading = read({ channelId, headers, at, memory }, this.#memories);
    return reading === undefined || transfer === undefined ? reading : [transfer, ...reading];
  }

  #readOther(event: EslEvent, headers: Headers, at: string, switchSessionId: string, receivedAtMs: number | undefined): Reading {
    switch (event.name) {
      case 'BACKGROUND_JOB': {
        const jobId = headers['Job-UUID'];
        return jobId === undefined || jobId === '' ? undefined : [{ kind: 'job-completed', at, jobId, ...answerOf(event.body ?? '') }];
      }
      case 'HEARTBEAT': {
        const sessions = countOf(headers['Session-Count']);
        if (sessions === undefined) return undefined;
        const offset = receivedAtMs === undefined ? undefined : Math.round(msOf(at) - receivedAtMs);
        return [{ kind: 'heartbeat', at, switchSessionId, sessions, ...given('clockOffsetMs', offset) }];
      }
      case 'SHUTDOWN':
        return [{ kind: 'shutting-down', at, switchSessionId }];
      default:
        return noteOfModule(event, headers, at);
    }
  }
}

/** Modules of the switch that do by themselves what this engine does: noted, not modelled. */
const noteOfModule = (event: EslEvent, headers: Headers, at: string): Reading => {
  const [action, fields, channel] =
    event.subclass === 'conference::maintenance'
      ? [headers['Action'], ['Conference-Name', 'Member-ID'], headers['Unique-ID']]
      : event.subclass === 'callcenter::info'
        ? [headers['CC-Action'], ['CC-Queue', 'CC-Agent', 'CC-Cause'], headers['Unique-ID'] ?? headers['CC-Member-Session-UUID']]
        : [undefined, [], undefined];
  const channelId = channelIdOf(channel);
  if (action === undefined || channelId === undefined) return [];
  const detail = Object.fromEntries(fields.flatMap((field) => (headers[field] === undefined ? [] : [[field, headers[field]]])));
  return [{ kind: 'channel-noted', at, channelId, what: `${event.subclass ?? ''} ${action}`, detail }];
};

const NODE_EVENTS = ['BACKGROUND_JOB', 'HEARTBEAT', 'SHUTDOWN'] as const;
const OTHER_EVENTS: ReadonlySet<string> = new Set([...NODE_EVENTS, 'CUSTOM']);

/**
 * Names for `event json ...`: only what is used. CHANNEL_EXECUTE is there because a transferred leg
 * says so first on its next application. CUSTOM events are translated where they come, but what they
 * tell is not modelled, so they are not asked for.
 */
export const SUBSCRIBED_EVENTS: readonly string[] = [...Object.keys(CHANNEL_EVENTS), ...NODE_EVENTS];

/**
 * The headers that the translation reads. An application may write digits into a variable of any name, and
 * events of modules have headers of their own: those are needed whole.
 */
export const TRANSLATED_HEADERS: HeaderSelection = {
  names: new Set([
    'Event-Name', 'Event-Subclass', 'Core-UUID', 'Event-Sequence', 'Event-Date-Timestamp', '_body', 'Job-UUID', 'Session-Count',
    'Unique-ID', 'Call-Direction', 'Channel-Name', 'Channel-Call-UUID', 'Hangup-Cause', 'Bridge-A-Unique-ID', 'Bridge-B-Unique-ID',
    'Application', 'Application-Data', 'Application-Response', 'Application-UUID', 'DTMF-Digit', 'DTMF-Duration',
    'Playback-File-Path', 'Playback-Status', 'Record-File-Path',
    'Caller-Username', 'Caller-Caller-ID-Name', 'Caller-Caller-ID-Number', 'Caller-Destination-Number', 'Caller-Transfer-Source', 'Caller-Profile-Created-Time',
    'Caller-Channel-Created-Time', 'Caller-Channel-Progress-Time', 'Caller-Channel-Progress-Media-Time', 'Caller-Channel-Answered-Time',
    'Caller-Channel-Bridged-Time', 'Caller-Channel-Hangup-Time', 'Caller-Channel-Last-Hold', 'Caller-Channel-Hold-Accum',
    'variable_trunkline_call_id', 'variable_trunkline_tenant_id', 'variable_loopback_leg', 'variable_dialed_user', 'variable_sip_authorized',
    'variable_user_name', 'variable_sip_auth_username', 'variable_sip_hangup_disposition', 'variable_sip_term_status', 'variable_proto_specific_hangup_cause',
    'variable_hangup_cause', 'variable_hangup_cause_q850', 'variable_last_bridge_to', 'variable_trunkline_fallback_taken', 'variable_transfer_source', 'variable_remote_audio_media_flow', 'variable_record_ms', 'variable_read_result',
  ]),
  needsAll: (headers) => headers['Event-Name'] === 'CUSTOM' || (headers['Event-Name'] === 'CHANNEL_EXECUTE_COMPLETE' && headers['Application'] === 'play_and_get_digits'),
};
