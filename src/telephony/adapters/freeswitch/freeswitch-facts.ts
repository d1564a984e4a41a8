import type { HungUpBy, LastBridge, SwitchFact } from '../../ports/switch-facts.js';
import { instantOf } from './freeswitch-times.js';

/** Event headers as the decoder gives them: what is absent is undefined. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** A fact before it has its id. */
export type Unnamed = SwitchFact extends infer Fact ? (Fact extends SwitchFact ? Omit<Fact, 'factId'> : never) : never;

/** A channel's uuid as FreeSWITCH or `origination_uuid` makes it; anything else is no channel. */
const CHANNEL_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

export const channelIdOf = (value: string | undefined): string | undefined => (value !== undefined && CHANNEL_ID.test(value) ? value : undefined);

/** A whole number of 0 or more, or undefined. */
export const countOf = (value: string | undefined): number | undefined => (value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined);

/** An object with `key` where there is a value, and without it where there is none. */
export const given = <Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } =>
  (value === undefined || value === '' ? {} : { [key]: value }) as { readonly [K in Key]?: Value };

/** Loopback channels join two channels inside the switch; nobody is at their end. */
export const isInternal = (headers: Headers): boolean => (headers['Channel-Name'] ?? '').startsWith('loopback/') || headers['variable_loopback_leg'] !== undefined;

/**
 * The user of a registered device: who authenticated (a call from the device), or whom a `user/...`
 * dial string reached (a call to it). Undefined for a trunk.
 */
export const deviceUserOf = (headers: Headers): string | undefined => {
  const name =
    headers['Call-Direction'] === 'outbound'
      ? headers['variable_dialed_user']
      : headers['variable_sip_authorized'] === 'true'
        ? (headers['variable_user_name'] ?? headers['variable_sip_auth_username'] ?? headers['Caller-Username'])
        : undefined;
  return name === '' ? undefined : name;
};

/** Who ended a leg, seen from the leg: `recv_*` came from its far end, `send_*` from the switch. */
export const hungUpByOf = (headers: Headers): HungUpBy => {
  const disposition = headers['variable_sip_hangup_disposition'] ?? '';
  if (disposition.startsWith('recv_')) return 'far-end';
  return disposition.startsWith('send_') ? 'switch' : 'unknown';
};

/**
 * The bridge that a channel was in last. Only `last_bridge_to` proves one: it is set with CHANNEL_BRIDGE, on both legs, and
 * stays. `bridge_uuid` and `signal_bond` are there before it, and without it where it never came to a bridge. The time is
 * that of the channel's newest profile: 0 after a transfer, and while another bridge is being made.
 */
export const lastBridgeOf = (lastBridgeTo: string | undefined, bridgedAtMicros: string | undefined): LastBridge | undefined => {
  const otherChannelId = channelIdOf(lastBridgeTo);
  return otherChannelId === undefined ? undefined : { otherChannelId, ...given('at', instantOf(bridgedAtMicros)) };
};

/** Where the shipped dialplan sends a caller whom nobody took over in time. */
const FALLBACK_EXTENSION = 'trunkline-fallback';

/** The channel's newest profile still has the fallback as its destination, or the dialplan noted that it was there. */
export const fallbackOf = (destination: string | undefined, taken: string | undefined): true | undefined => (destination === FALLBACK_EXTENSION || taken === 'true' ? true : undefined);

/** Whether the far end put itself on hold by signalling, or the switch was told to. */
export const holderOf = (headers: Headers): 'far-end' | 'switch' => {
  const farEndSends = headers['variable_remote_audio_media_flow'];
  return farEndSends === 'sendonly' || farEndSends === 'inactive' ? 'far-end' : 'switch';
};

/** Status of the SIP answer that ended the leg. A 2xx is the answer to a BYE and ended nothing. */
export const sipStatusOf = (headers: Headers): number | undefined => {
  const term = countOf(headers['variable_sip_term_status']) ?? countOf(/^sip:(\d{3})$/.exec(headers['variable_proto_specific_hangup_cause'] ?? '')?.[1]);
  return term !== undefined && term >= 300 && term <= 699 ? term : undefined;
};

/** `Caller-Transfer-Source` of a transfer by one side (uuid_transfer, REFER) or by a REFER with Replaces; undefined for a bridge. */
export const transferOf = (source: string): { readonly how: 'blind' | 'attended'; readonly epochSeconds: number; readonly destination?: string } | undefined => {
  const parts = /^(\d{1,12}):[^:]*:(bl_xfer|att_xfer):(.*)$/s.exec(source);
  if (parts === null) return undefined;
  const epochSeconds = Number(parts[1]);
  if (parts[2] === 'att_xfer') return { how: 'attended', epochSeconds };
  // <destination>/<context>/<dialplan>; a destination may hold slashes itself.
  return { how: 'blind', epochSeconds, ...given('destination', (parts[3] ?? '').split('/').slice(0, -2).join('/')) };
};

/** Name of the variable that play_and_get_digits was told to write, the eighth word of its argument. */
export const digitsVariableOf = (argument: string): string | undefined => argument.trim().split(/\s+/)[7];

/** `+OK ...` and `-ERR ...` of a job or an api command; an answer without either is a result. */
export const answerOf = (body: string): { readonly ok: boolean; readonly result: string } => {
  const text = body.trim();
  if (text.startsWith('+OK')) return { ok: true, result: text.slice(3).trim() };
  if (text.startsWith('-ERR')) return { ok: false, result: text.slice(4).trim() };
  if (text.startsWith('-USAGE')) return { ok: false, result: text.slice(1) };
  return { ok: true, result: text };
};
