import type { CaptureTruth } from '../captures.js';
import type { DomainView } from './domain-view.js';
import type { CaptureView, LegView } from './leg-view.js';
import { attendedTransfers, collectedDigits, endedBy, groupsOf, heldBy, pressedDigits, recordingLengths, type TrueLeg, trueGroups, trueJobs } from './truth.js';

export const COLUMNS = [
  'calls', 'legs', 'numbers', 'created', 'ringing', 'early', 'answered', 'ended',
  'bridges', 'parks', 'holds', 'transfers', 'recordings', 'digits', 'collected', 'playbacks', 'causes', 'q850', 'sip', 'hung up by', 'jobs',
] as const;
export type Column = (typeof COLUMNS)[number];

export interface Tally {
  ok: number;
  readonly failed: string[];
  /** Facts of the truth that the recording does not carry, or that are not modelled. */
  missing: number;
}

export interface Row {
  readonly capture: string;
  readonly connection: string;
  readonly level: 'facts' | 'events';
  readonly cells: Readonly<Record<Column, Tally>>;
  /** Why something is missing. */
  readonly reasons: Set<string>;
}

/** What a connection cannot show of the truth, and why. */
export interface Limits {
  /** The recording is of a part only: a fact that is not in it is missing and not wrong. */
  readonly partial?: string;
}

const DIGITS_NOT_RECORDED = 'single digits are facts but no events: only digits that a step collected are stored';
const MUSIC_NOT_RECORDED = 'music for waiting callers (local_stream) is a fact but no event';
const JOBS_ARE_RESULTS = 'jobs are results of deeds and reach the log through the deed, not through the ingest';

export const emptyRow = (capture: string, connection: string, level: Row['level']): Row => ({
  capture,
  connection,
  level,
  cells: Object.fromEntries(COLUMNS.map((column) => [column, { ok: 0, failed: [], missing: 0 }])) as unknown as Row['cells'],
  reasons: new Set(),
});

class Judge {
  constructor(
    private readonly row: Row,
    private readonly limits: Limits,
  ) {}

  /** `got` undefined where the recording showed nothing: wrong, unless it is of a part only. */
  equal(column: Column, what: string, expected: unknown, got: unknown): void {
    const cell = this.row.cells[column];
    if (same(expected, got)) cell.ok += 1;
    else if (got === undefined && this.limits.partial !== undefined) this.missing(column, this.limits.partial);
    else cell.failed.push(`${what}: the truth is ${JSON.stringify(expected)}, we have ${JSON.stringify(got)}`);
  }

  holds(column: Column, what: string, condition: boolean): void {
    if (condition) this.row.cells[column].ok += 1;
    else if (this.limits.partial !== undefined) this.missing(column, this.limits.partial);
    else this.row.cells[column].failed.push(what);
  }

  missing(column: Column, reason: string, count = 1): void {
    if (count === 0) return;
    this.row.cells[column].missing += count;
    this.row.reasons.add(reason);
  }
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** Compares what became known with what the switch's own CDRs and the script say. */
export const judge = (row: Row, truth: CaptureTruth, legs: readonly TrueLeg[], view: CaptureView | DomainView, limits: Limits): void => {
  const the = new Judge(row, limits);
  const real = legs;
  for (const leg of real) {
    const seen = view.legs.get(leg.legId);
    if (seen === undefined) {
      the.equal('legs', leg.legId, 'a leg', undefined);
      continue;
    }
    judgeLeg(the, leg, seen, limits);
  }
  for (const legId of view.legs.keys()) {
    const gone = view.legs.get(legId);
    // A channel that never came to be (an invalid gateway) has no CDR, and no start.
    if (!real.some((leg) => leg.legId === legId) && gone?.createdAt !== undefined) the.holds('legs', `${legId} is no leg of the truth`, false);
  }
  const groups = groupsOf(new Map([...view.legs.values()].filter((leg) => real.some(({ legId }) => legId === leg.legId)).map((leg) => [leg.legId, leg.callId])));
  const expected = trueGroups(real);
  if (limits.partial === undefined || groups.length > 0) for (const group of expected) the.holds('calls', `${group} are one call; we have ${groups.join(' | ')}`, groups.includes(group));
  judgeScript(the, row.level, truth, real, view);
  if ('calls' in view) judgeCalls(the, real, view, limits);
};

const judgeLeg = (the: Judge, leg: TrueLeg, seen: LegView, limits: Limits): void => {
  const name = leg.legId.slice(0, 8);
  the.equal('legs', `${name} direction`, leg.direction, seen.direction);
  if (limits.partial === undefined || seen.ends > 0) the.equal('legs', `${name} ends`, 1, seen.ends);
  if (seen.internal !== undefined && leg.internal) the.equal('legs', `${name} internal`, true, seen.internal);
  if (leg.callerNumber !== undefined && (seen.callerNumber !== undefined || seen.createdAt === undefined)) the.equal('numbers', `${name} caller`, leg.callerNumber, seen.callerNumber);
  if (seen.dialedNumber !== undefined || seen.createdAt === undefined) the.equal('numbers', `${name} dialled`, leg.dialedNumber, seen.dialedNumber);
  const times = [
    ['created', 'createdAt'],
    ['ringing', 'ringingAt'],
    ['early', 'earlyMediaAt'],
    ['answered', 'answeredAt'],
  ] as const;
  for (const [column, field] of times) {
    // Once as it was told when it happened, once as it was told at the end.
    const own = seen[field];
    if (own !== undefined) the.equal(column, `${name} ${field}`, leg[field], own);
    if (seen.timesAtEnd !== undefined) the.equal(column, `${name} ${field} at the end`, leg[field], seen.timesAtEnd[field]);
    else if (own === undefined && leg[field] !== undefined) the.equal(column, `${name} ${field}`, leg[field], undefined);
  }
  the.equal('ended', name, leg.endedAt, seen.endedAt);
  the.equal('causes', name, leg.cause, seen.cause);
  the.equal('q850', name, leg.q850, seen.q850 ?? undefined);
  if (seen.ends > 0) the.equal('sip', name, leg.sipStatus, seen.sipStatus);
  the.equal('hung up by', name, leg.hungUpBy, seen.hungUpBy);
  if (leg.bridge !== undefined) {
    const bridge = seen.bridges.findLast(({ otherId }) => otherId === leg.bridge?.otherId);
    the.equal('bridges', `${name} with`, leg.bridge.otherId, bridge?.otherId);
    if (leg.bridge.at !== undefined) the.equal('bridges', `${name} since`, leg.bridge.at, bridge?.at);
    if (bridge !== undefined && seen.ends > 0) the.holds('bridges', `${name} is still bridged after its end`, bridge.endedAt !== undefined);
  }
  if (leg.bridgedByUs.length > 0) the.holds('bridges', `${name} by uuid_bridge`, same(leg.bridgedByUs, seen.bridges.map(({ otherId }) => otherId)));
  if (leg.holdUs > 0) {
    const total = seen.holds.reduce((sum, hold) => sum + (hold.ms ?? 0), 0);
    the.holds('holds', `${name} was held ${leg.holdUs} us in all, we have ${total} ms`, Math.abs(total - leg.holdUs / 1000) <= seen.holds.length);
  } else the.equal('holds', `${name} holds`, 0, seen.holds.length);
};

const judgeScript = (the: Judge, level: Row['level'], truth: CaptureTruth, legs: readonly TrueLeg[], view: CaptureView): void => {
  const attended = attendedTransfers(legs).map(({ legId, destination }) => ({ legId, how: 'attended', destination }));
  for (const leg of legs) {
    const expected = [...leg.transfers, ...attended.filter(({ legId }) => legId === leg.legId).map(({ how, destination }) => ({ how, destination }))];
    const got = view.legs.get(leg.legId)?.transfers.map(({ how, destination }) => ({ how, destination })) ?? [];
    if (expected.length > 0 || got.length > 0) the.equal('transfers', leg.legId.slice(0, 8), expected, got.length === 0 ? undefined : got);
  }
  for (const { legId, digits } of pressedDigits(truth, legs)) {
    if (level === 'facts') the.equal('digits', legId.slice(0, 8), digits, view.legs.get(legId)?.digits || undefined);
    else the.missing('digits', DIGITS_NOT_RECORDED);
  }
  const by = heldBy(truth.scenario);
  if (by !== undefined) the.holds('holds', `all held by ${by}`, [...view.legs.values()].every((leg) => leg.holds.every((hold) => hold.by === by)));
  const collected = [...view.legs.values()].flatMap((leg) => leg.collected.map(({ digits }) => digits || null));
  const expected = collectedDigits(truth);
  if (expected.length > 0) the.equal('collected', 'digits collected', expected, collected.length === 0 ? undefined : collected);
  const lengths = recordingLengths(truth);
  if (lengths.length > 0) {
    const recordings = [...view.legs.values()].flatMap((leg) => leg.recordings);
    the.equal('recordings', 'lengths', lengths, recordings.length === 0 ? undefined : recordings.map(({ ms }) => ms));
    the.holds('recordings', 'all recordings stop', recordings.length > 0 && recordings.every(({ stopped }) => stopped));
  }
  for (const { jobId, body } of trueJobs(truth)) {
    if (level === 'events') {
      the.missing('jobs', JOBS_ARE_RESULTS);
      continue;
    }
    const job = jobId === undefined ? [...view.jobs.values()].find(({ result }) => body.includes(result)) : view.jobs.get(jobId);
    the.equal('jobs', jobId ?? 'a job', [body.startsWith('+OK'), body.trim().replace(/^(\+OK|-ERR) /, '')], job === undefined ? undefined : [job.ok, job.result]);
  }
};

/** Every call ends once, by the side that hung up first, and no command of the ingest was refused. */
const judgeCalls = (the: Judge, legs: readonly TrueLeg[], view: DomainView, limits: Limits): void => {
  for (const [callId, call] of view.calls) {
    if (limits.partial !== undefined && call.ends === 0) continue;
    the.equal('calls', `${callId.slice(0, 8)} ends`, 1, call.ends);
    const members = legs.filter(({ legId }) => view.legs.get(legId)?.callId === callId);
    // A call whose only leg moved away ended with that, by nobody's hand.
    if (members.length > 0) the.equal('hung up by', `call ${callId.slice(0, 8)}`, endedBy(members), call.endedBy);
  }
  for (const refusal of view.refused) the.holds('calls', refusal, false);
};

/** Compares with an independent count of the events in the recorded bytes. */
export const judgeCounts = (row: Row, counts: Readonly<Record<string, number>>, view: CaptureView, facts: CaptureView): void => {
  const the = new Judge(row, {});
  const legs = [...view.legs.values()];
  const count = (name: string): number => counts[name] ?? 0;
  const sum = (of: (leg: LegView) => number): number => legs.reduce((total, leg) => total + of(leg), 0);
  const check = (column: Column, name: string, got: number): void => {
    if (count(name) > 0 || got > 0) the.equal(column, `number of ${name}`, count(name), got);
  };
  check('legs', 'CHANNEL_CREATE', legs.filter(({ createdAt }) => createdAt !== undefined).length);
  check('ended', 'CHANNEL_HANGUP_COMPLETE', sum(({ ends }) => ends));
  check('bridges', 'CHANNEL_BRIDGE', sum(({ bridges }) => bridges.length) / 2);
  check('bridges', 'CHANNEL_UNBRIDGE', sum(({ bridges }) => bridges.filter(({ endedAt }) => endedAt !== undefined).length) / 2);
  check('parks', 'CHANNEL_PARK', sum(({ parks }) => parks));
  check('holds', 'CHANNEL_HOLD', sum(({ holds }) => holds.length));
  check('holds', 'CHANNEL_UNHOLD', sum(({ holds }) => holds.filter(({ ms }) => ms !== undefined).length));
  check('recordings', 'RECORD_START', sum(({ recordings }) => recordings.length));
  check('recordings', 'RECORD_STOP', sum(({ recordings }) => recordings.filter(({ stopped }) => stopped).length));
  if (row.level === 'facts') {
    check('digits', 'DTMF', sum(({ digits }) => digits.length));
    check('playbacks', 'PLAYBACK_START', sum(({ playbacks }) => playbacks.length));
    check('playbacks', 'PLAYBACK_STOP', sum(({ playbacks }) => playbacks.filter(({ stopped }) => stopped).length));
    check('jobs', 'BACKGROUND_JOB', view.jobs.size);
    return;
  }
  const music = [...facts.legs.values()].reduce((total, leg) => total + leg.playbacks.filter(({ media }) => media.startsWith('local_stream://')).length, 0);
  the.missing('playbacks', MUSIC_NOT_RECORDED, music);
  if (count('PLAYBACK_START') > music) the.equal('playbacks', 'number of PLAYBACK_START but music', count('PLAYBACK_START') - music, sum(({ playbacks }) => playbacks.length));
};
