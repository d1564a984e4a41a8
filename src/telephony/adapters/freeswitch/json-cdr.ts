import type { SwitchCdr } from '../../ports/switch-cdr.js';
import { urlDecode } from './esl-events.js';
import { channelIdOf, countOf, fallbackOf, given, type Headers, hungUpByOf, lastBridgeOf, sipStatusOf } from './freeswitch-facts.js';
import { instantOf, isoOfMicros, microsOf } from './freeswitch-times.js';

/** A post that is no CDR of mod_json_cdr; the message says what is wrong and shows no value. */
export class UnreadableCdr extends Error {
  override readonly name = 'UnreadableCdr';
}

interface CallerProfile {
  readonly caller_id_number?: unknown;
  readonly caller_id_name?: unknown;
  readonly destination_number?: unknown;
}

/**
 * The body that mod_json_cdr posts or spools (`encode=false`; values are %-encoded by `encode-values`)
 * and the `uuid` of its address, which is put behind `a_` for a first leg; undefined for a spooled file.
 *
 * @throws UnreadableCdr
 */
export const parseJsonCdr = (body: string, uuidOfAddress?: string): SwitchCdr => {
  const cdr = objectOf(parse(body), 'the CDR');
  const variables = decoded(objectOf(cdr['variables'], 'its "variables"'));
  const channelId = channelIdOf(variables['uuid']);
  if (channelId === undefined) throw new UnreadableCdr('its variables have no "uuid"');
  if (uuidOfAddress !== undefined && uuidOfAddress.replace(/^a_/, '') !== channelId) {
    throw new UnreadableCdr('the uuid of the address is not that of the CDR: they must name the same leg');
  }
  const switchSessionId = cdr['core-uuid'];
  if (typeof switchSessionId !== 'string' || switchSessionId === '') throw new UnreadableCdr('it has no "core-uuid"');
  const direction = variables['direction'];
  if (direction !== 'inbound' && direction !== 'outbound') throw new UnreadableCdr('its "direction" must be inbound or outbound');
  const cause = variables['hangup_cause'];
  if (cause === undefined || cause === '') throw new UnreadableCdr('its variables have no "hangup_cause"');

  const first = firstProfile(cdr['callflow']);
  const headers: Headers = Object.fromEntries(Object.entries(variables).map(([name, value]) => [`variable_${name}`, value]));
  const q850 = countOf(variables['hangup_cause_q850']);
  return {
    channelId,
    switchSessionId,
    direction,
    callerNumber: textOf(first.caller_id_number),
    callerName: textOf(first.caller_id_name),
    dialedNumber: textOf(first.destination_number),
    cause,
    ...given('q850', q850 === 0 ? undefined : q850),
    ...given('sipStatus', sipStatusOf(headers)),
    hungUpBy: hungUpByOf(headers),
    times: timesOf(variables),
    heldMs: Math.floor((microsOf(variables['hold_accum_usec']) ?? 0) / 1000),
    ...given('toFallback', fallbackOf(textOf(newestProfile(cdr['callflow']).destination_number), variables['trunkline_fallback_taken'])),
    ...given('bridge', lastBridgeOf(variables['last_bridge_to'], variables['bridge_uepoch'])),
    ...given('callId', variables['trunkline_call_id']),
    ...given('tenantId', variables['trunkline_tenant_id']),
  };
};

const timesOf = (variables: Headers): SwitchCdr['times'] => {
  const created = microsOf(variables['start_uepoch']);
  const ended = microsOf(variables['end_uepoch']);
  if (created === undefined || ended === undefined) throw new UnreadableCdr('its "start_uepoch" and "end_uepoch" must be microseconds since 1970');
  return {
    createdAt: isoOfMicros(created),
    ...given('ringingAt', instantOf(variables['progress_uepoch'])),
    ...given('earlyMediaAt', instantOf(variables['progress_media_uepoch'])),
    ...given('answeredAt', instantOf(variables['answer_uepoch'])),
    endedAt: isoOfMicros(ended),
  };
};

/** Profiles are listed from the newest to the first. */
const firstProfile = (callflow: unknown): CallerProfile => profileAt(callflow, -1);
const newestProfile = (callflow: unknown): CallerProfile => profileAt(callflow, 0);

const profileAt = (callflow: unknown, index: number): CallerProfile => {
  const flow: unknown = Array.isArray(callflow) ? callflow.at(index) : undefined;
  if (typeof flow !== 'object' || flow === null) throw new UnreadableCdr('it has no "callflow"');
  const profile = (flow as { caller_profile?: unknown }).caller_profile;
  return typeof profile === 'object' && profile !== null ? profile : {};
};

/** Only the variables are %-encoded; the profiles are not. */
const decoded = (variables: Readonly<Record<string, unknown>>): Headers =>
  Object.fromEntries(Object.entries(variables).flatMap(([name, value]) => (typeof value === 'string' ? [[name, urlDecode(value)]] : [])));

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const objectOf = (value: unknown, what: string): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UnreadableCdr(`${what} must be a JSON object`);
  return value as Readonly<Record<string, unknown>>;
};

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    throw new UnreadableCdr(`the body is no JSON (${body.length} characters)`);
  }
};
