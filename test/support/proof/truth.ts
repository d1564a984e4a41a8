import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CaptureLeg, CaptureTruth } from '../captures.js';

/** A leg as the switch's CDR has it, in the words of the engine. */
export interface TrueLeg {
  readonly legId: string;
  readonly direction: string;
  /** Undefined where the CDR shows it turned round (outbound legs after their answer). */
  readonly callerNumber: string | undefined;
  readonly dialedNumber: string;
  readonly internal: boolean;
  readonly createdAt: string;
  readonly ringingAt: string | undefined;
  readonly earlyMediaAt: string | undefined;
  readonly answeredAt: string | undefined;
  readonly endedAt: string;
  readonly cause: string;
  readonly q850: number;
  readonly sipStatus: number | undefined;
  readonly hungUpBy: 'far-end' | 'switch' | 'unknown';
  /** Last bridge; `at` is undefined where a later transfer wiped it out of the CDR. */
  readonly bridge: { readonly otherId: string; readonly at: string | undefined } | undefined;
  /** Bridges by uuid_bridge, in order. */
  readonly bridgedByUs: readonly string[];
  readonly transfers: readonly { readonly how: string; readonly destination: string | undefined }[];
  /** Accumulated hold time, microseconds. */
  readonly holdUs: number;
  readonly originator: string | undefined;
}

const text = (leg: CaptureLeg, field: string): string | undefined => (typeof leg[field] === 'string' && leg[field] !== '' ? leg[field] : undefined);
const us = (leg: CaptureLeg, field: string): number => Number(leg[field] ?? 0);
/** Microseconds to ISO milliseconds, cut. Written apart from the code under test. */
const iso = (micros: number): string | undefined => (micros > 0 ? new Date(Math.trunc(micros / 1000)).toISOString() : undefined);

const history = (leg: CaptureLeg): string[] => {
  const value = text(leg, 'transfer_history') ?? '';
  return value.replace(/^ARRAY::/, '').split('|:').filter((entry) => entry !== '');
};

const trueLeg = (leg: CaptureLeg): TrueLeg => {
  const disposition = text(leg, 'sip_hangup_disposition') ?? '';
  const by = text(leg, 'hangup_by') ?? (disposition.startsWith('recv') ? 'remote' : disposition.startsWith('send') ? 'FreeSWITCH' : '');
  const term = Number(text(leg, 'sip_term_status') ?? text(leg, 'proto_specific_hangup_cause')?.replace('sip:', '') ?? 0);
  const otherId = text(leg, 'last_bridge_to') ?? text(leg, 'bridge_uuid');
  const answered = us(leg, 'answer_uepoch') > 0;
  const dialed = text(leg, 'destination_number_first') ?? text(leg, 'dest') ?? '';
  return {
    legId: leg.uuid,
    direction: leg.direction,
    callerNumber: leg.direction === 'inbound' || !answered ? text(leg, 'caller_id_number') : undefined,
    dialedNumber: dialed,
    internal: (text(leg, 'channel_name') ?? '').startsWith('loopback/'),
    createdAt: iso(us(leg, 'start_uepoch')) ?? '',
    ringingAt: iso(us(leg, 'progress_uepoch')),
    earlyMediaAt: iso(us(leg, 'progress_media_uepoch')),
    answeredAt: iso(us(leg, 'answer_uepoch')),
    endedAt: iso(us(leg, 'end_uepoch')) ?? '',
    cause: leg.hangup_cause,
    q850: Number(text(leg, 'hangup_cause_q850')),
    sipStatus: term >= 300 ? term : undefined,
    hungUpBy: by.startsWith('remote') ? 'far-end' : by.startsWith('FreeSWITCH') ? 'switch' : 'unknown',
    bridge: otherId === undefined ? undefined : { otherId, at: iso(us(leg, 'bridge_uepoch')) },
    bridgedByUs: history(leg).flatMap((entry) => /:uuid_br:(.+)$/.exec(entry)?.[1] ?? []),
    transfers: history(leg).flatMap((entry) => {
      const blind = /:bl_xfer:(.*)\/[^/]*\/[^/]*$/.exec(entry)?.[1];
      return blind === undefined ? [] : [{ how: 'blind', destination: blind }];
    }),
    holdUs: Number((leg['times_us'] as Record<string, string> | undefined)?.['hold_accum_time'] ?? 0),
    originator: text(leg, 'originator'),
  };
};

/** The CDRs in the truth itself; the load recording has its own file and only their number here. */
const cdrsOf = (truth: CaptureTruth): readonly CaptureLeg[] => (Array.isArray(truth.legs) ? (truth.legs as readonly CaptureLeg[]) : []);

/** Legs of a scenario; undefined where the CDRs of its calls were not kept. */
export const trueLegs = (scenario: string, truth: CaptureTruth): TrueLeg[] | undefined => {
  if (scenario === '12-load') {
    const path = fileURLToPath(new URL('../../golden/esl/12-load/legs.jsonl.gz', import.meta.url));
    const rows = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n');
    return rows.map((row) => trueLeg(JSON.parse(row) as CaptureLeg));
  }
  return Array.isArray(truth.legs) ? cdrsOf(truth).map(trueLeg) : undefined;
};

/**
 * Attended transfers as the CDRs show them: two legs that were bridged by uuid_bridge last with each
 * other, and each before that with the same third one. The one that was with it first was handed over.
 */
export const attendedTransfers = (legs: readonly TrueLeg[]): { readonly legId: string; readonly destination: string }[] =>
  legs.flatMap((leg) => {
    const [before, last] = leg.bridgedByUs.slice(-2);
    const other = legs.find((candidate) => candidate.legId === last);
    if (before === undefined || other === undefined) return [];
    const [otherBefore, otherLast] = other.bridgedByUs.slice(-2);
    if (otherBefore !== before || otherLast !== leg.legId) return [];
    const third = legs.find((candidate) => candidate.legId === before);
    const firstWithThird = third?.bridgedByUs[0] === leg.legId;
    return firstWithThird ? [{ legId: leg.legId, destination: other.dialedNumber }] : [];
  });

/** Which legs spoke in one conversation: those that were bridged, or dialled by the dialplan for one another. */
export const trueGroups = (legs: readonly TrueLeg[]): string[] => {
  const group = new Map(legs.map((leg) => [leg.legId, leg.legId]));
  const join = (one: string, other: string | undefined): void => {
    const [kept, gone] = [group.get(one), other === undefined ? undefined : group.get(other)];
    if (kept === undefined || gone === undefined || kept === gone) return;
    for (const [legId, of] of group) if (of === gone) group.set(legId, kept);
  };
  for (const leg of legs) for (const other of [leg.bridge?.otherId, leg.originator, ...leg.bridgedByUs]) join(leg.legId, other);
  return groupsOf(group);
};

/** Groups as comparable texts: their members in order. */
export const groupsOf = (groupOfLeg: ReadonlyMap<string, string>): string[] => {
  const members = new Map<string, string[]>();
  for (const [legId, of] of groupOfLeg) members.set(of, [...(members.get(of) ?? []), legId]);
  return [...members.values()].map((legIds) => legIds.sort().join(' + ')).sort();
};

/** Digits that were pressed, in order, by leg; from the script's own record. */
export const pressedDigits = (truth: CaptureTruth, legs: readonly TrueLeg[]): { readonly legId: string; readonly digits: string }[] => {
  const facts = truth.facts ?? {};
  const events = facts['dtmf_events'];
  const only = legs[0];
  if (Array.isArray(events) && only !== undefined) return [{ legId: only.legId, digits: (events as string[][]).map(([digit]) => digit).join('') }];
  const injected = (truth.narrative ?? []).flatMap((line) => /^dtmf (.)$/.exec(String(line['what']))?.[1] ?? []).join('');
  if (injected !== '' && typeof facts['supervisor1'] === 'string') return [{ legId: facts['supervisor1'], digits: injected }];
  return cdrsOf(truth).flatMap((leg) => {
    const dialed = leg['digits_dialed'];
    return typeof dialed === 'string' && dialed !== 'none' && dialed !== '' ? [{ legId: leg.uuid, digits: dialed }] : [];
  });
};

/** Digits that a step collected; null where it collected none. */
export const collectedDigits = (truth: CaptureTruth): (string | null)[] => {
  const facts = truth.facts ?? {};
  const collected: (string | null)[] = [];
  if ('ivr_digits' in facts) collected.push(facts['ivr_digits'] as string);
  if ('timeout_digits' in facts) collected.push(facts['timeout_digits'] as string | null);
  const step = facts['pagd_complete'] as Record<string, string> | undefined;
  if (step !== undefined) collected.push(step['variable_mydigits'] ?? null);
  return collected;
};

/** Results of background jobs that the script wrote down, by id where it did. */
export const trueJobs = (truth: CaptureTruth): { readonly jobId: string | undefined; readonly body: string }[] => {
  const facts = truth.facts ?? {};
  const results = facts['results'] as Record<string, { job: string; body: string }> | undefined;
  if (results !== undefined) return Object.values(results).map(({ job, body }) => ({ jobId: job, body }));
  return ['job_body', 'agent1_job_body'].flatMap((name) =>
    typeof facts[name] === 'string' ? [{ jobId: typeof facts['job'] === 'string' ? facts['job'] : undefined, body: facts[name] }] : [],
  );
};

/** Lengths of the recordings in the order of their ends, ms. */
export const recordingLengths = (truth: CaptureTruth): number[] => {
  const stops = truth.facts?.['record_stop_all'] as { variable_record_ms: string }[] | undefined;
  if (stops !== undefined) return stops.map((stop) => Number(stop.variable_record_ms));
  return cdrsOf(truth).flatMap((leg) => (typeof leg['record_ms'] === 'string' ? [Number(leg['record_ms'])] : []));
};

/** Who put the leg on hold, where the script says it. */
export const heldBy = (scenario: string): 'far-end' | 'switch' | undefined => (scenario.includes('hold-by-caller-reinvite') ? 'far-end' : scenario.includes('hold-unhold') ? 'switch' : undefined);

/** Who ended a conversation: the side of the leg whose far end hung up first, else the switch. */
export const endedBy = (legs: readonly TrueLeg[]): 'caller' | 'callee' | 'switch' => {
  const [first] = legs.filter((leg) => leg.hungUpBy === 'far-end').sort((one, other) => one.endedAt.localeCompare(other.endedAt));
  return first === undefined ? 'switch' : first.direction === 'inbound' ? 'caller' : 'callee';
};
