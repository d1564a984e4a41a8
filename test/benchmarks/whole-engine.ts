import type { CallEvent } from '../../src/telephony/contract/call-events.js';
import type { Recorded, RecordedEvent } from '../../src/kernel/event.js';
import { idOf } from '../../src/kernel/streams.js';
import { type Center, NUMBER, openCenter, settled } from './center.js';
import { type Figure, latencyFigures, median, quantile, rounded, say } from './figure.js';
import { machineMs, processorMs, syncTimeMs } from './place.js';
import { benchReadModels } from './read-models.js';
import { countStatements, type StatementCount, takeCounts } from './statements.js';
import type { OfferedOutcome } from './switch-process.js';

export const AGENTS = 600;
const TALK_MS = 1_000;
/** Offered rates, calls/s; the ones above 100 only while those before were carried. */
const RATES = [10, 25, 50, 100, 150, 200, 250];
const SECONDS = 7;
/** A rate counts as carried when nothing is lost and the slowest offers stay under this, ms. */
const BOUND_MS = 250;

const CONDITIONS = `all roles in one process, embedded PostgreSQL with fsync on, the simulated switch in a process of its own behind a real event socket, all on the same cores; Poisson arrivals, ${TALK_MS} ms of talk, phones answered after 20 ms, ${AGENTS} agents in one queue, no wrap-up`;

/** When the steps of an offer were recorded, ms since the epoch; the first offer of each call. */
interface Steps {
  legId?: string;
  enqueued?: number;
  offered?: number;
  reserved?: number;
  requested?: number;
}

/** Hears the engine's commits, for the times that are in the log anyway. */
class OfferWatch {
  private readonly calls = new Map<string, Steps>();
  private readonly callOf = new Map<string, Steps>();
  events = 0;
  appends = 0;
  /** Calls that are over. */
  ended = 0;

  hear(events: readonly RecordedEvent[]): void {
    this.appends += 1;
    this.events += events.length;
    for (const recorded of events) {
      const event = recorded as Recorded<CallEvent>;
      const at = Date.parse(event.recordedAt);
      if (event.type === 'CallEnded') this.ended += 1;
      else if (event.type === 'CallEnqueued') this.calls.set(idOf(event.stream), { enqueued: at });
      else if (event.type === 'OfferMade') {
        const steps = this.calls.get(idOf(event.stream));
        if (steps === undefined || steps.offered !== undefined) continue;
        steps.offered = at;
        steps.legId = event.data.legId;
        this.callOf.set(event.data.offerId, steps);
      } else if ((recorded.type as string) === 'AgentReserved') {
        const steps = this.callOf.get((recorded.data as { readonly offerId: string }).offerId);
        if (steps !== undefined) steps.reserved = at;
      } else if (event.type === 'SwitchActionRequested' && event.data.deed === 'originate') {
        const steps = this.calls.get(idOf(event.stream));
        if (steps?.legId === event.data.channelId) steps.requested = at;
      }
    }
  }

  /** ms of each step, for the calls whose originate arrived. */
  latencies({ originates }: OfferedOutcome): { readonly total: number[]; readonly toOffer: number[]; readonly toReservation: number[]; readonly toRequest: number[]; readonly toSwitch: number[] } {
    const arrived = new Map(originates);
    const result = { total: [] as number[], toOffer: [] as number[], toReservation: [] as number[], toRequest: [] as number[], toSwitch: [] as number[] };
    for (const { legId, enqueued = 0, offered = 0, reserved = 0, requested = 0 } of this.calls.values()) {
      const at = arrived.get(legId ?? '');
      if (at === undefined) continue;
      result.total.push(at - enqueued);
      result.toOffer.push(offered - enqueued);
      result.toReservation.push(reserved - offered);
      result.toRequest.push(requested - reserved);
      result.toSwitch.push(at - requested);
    }
    return result;
  }
}

/** What came of offering a rate for some seconds. */
export interface Step {
  readonly rate: number;
  readonly carried: boolean;
  readonly why: string;
  readonly latencies: ReturnType<OfferWatch['latencies']>;
  readonly setUpMs: readonly number[];
  readonly calls: number;
  readonly seconds: number;
  readonly events: number;
  readonly appends: number;
  readonly engineMs: number;
  readonly postgresMs: number;
  readonly switchMs: number;
  /** Cores that processes of nobody here used meanwhile. */
  readonly foreignCores: number;
  /** Age of the oldest event that a read model had not written yet, sampled over all of them, ms. */
  readonly lagMs: readonly number[];
  readonly statements: ReadonlyMap<string, StatementCount>;
}

const CDRS = `SELECT count(*)::int AS calls, count(*) FILTER (WHERE disposition = 'answered' AND ended_at IS NOT NULL)::int AS answered FROM call_history`;

const cdrs = async ({ program }: Center): Promise<{ calls: number; answered: number }> => (await program.storage.database.query<{ calls: number; answered: number }>(CDRS)).rows[0] ?? { calls: 0, answered: 0 };

const LAG_SAMPLE_MS = 20;

/** Looks again and again how far the slowest read model is behind, until told to stop. */
const sampleLag = ({ program: { engine } }: Center): (() => readonly number[]) => {
  const samples: number[] = [];
  const timer = setInterval(() => {
    const models = engine.core.reader.status().filter(({ name }) => name.startsWith('projections/'));
    samples.push(models.reduce((most, { lagMs }) => Math.max(most, lagMs), 0));
  }, LAG_SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return samples;
  };
};

const watches = new WeakMap<Center, { current: OfferWatch }>();

/** Offers a rate for some seconds, waits until everything is over, and counts. */
export const offerRate = async (center: Center, rate: number, seconds: number): Promise<Step> => {
  const watch = new OfferWatch();
  const holder = watches.get(center) ?? { current: watch };
  holder.current = watch;
  if (!watches.has(center)) {
    watches.set(center, holder);
    center.program.engine.core.log.onCommitted((events) => holder.current.hear(events));
  }
  const before = await cdrs(center);
  takeCounts();
  const [cpu, postgresBefore] = [process.cpuUsage(), processorMs(center.postgres) ?? 0];
  const [machineBefore, startedAt] = [machineMs() ?? 0, performance.now()];
  const calls = Math.round(rate * seconds);
  const lag = sampleLag(center);
  const outcome = await center.fs.offer({ number: NUMBER, calls, callsPerSecond: rate, talkMs: TALK_MS, patienceMs: 30_000 });
  const lagMs = lag();
  const over = await settled(center, () => watch.ended >= calls, 30_000);
  const used = process.cpuUsage(cpu);
  const postgresMs = (processorMs(center.postgres) ?? 0) - postgresBefore;
  const engineMs = (used.user + used.system) / 1_000;
  const foreignMs = (machineMs() ?? 0) - machineBefore - engineMs - postgresMs - outcome.processorMs;
  const statements = takeCounts();
  const after = await cdrs(center);
  const latencies = watch.latencies(outcome);
  const [made, answered] = [after.calls - before.calls, after.answered - before.answered];
  const p99 = quantile(latencies.total, 0.99);
  const faults = [
    ...(outcome.bridged < calls ? [`${calls - outcome.bridged} of ${calls} callers gave up`] : []),
    ...(made !== calls ? [`${made} CDRs for ${calls} calls`] : answered !== calls ? [`${answered} of ${calls} CDRs say answered`] : []),
    ...(over ? [] : ['it did not come to rest']),
    ...(p99 > BOUND_MS ? [`p99 of offers ${p99.toFixed(0)} ms`] : []),
  ];
  return {
    rate, calls, latencies, lagMs, postgresMs, statements, carried: faults.length === 0, why: faults.join(', '),
    setUpMs: outcome.setUpMs, seconds: outcome.tookMs / 1_000, events: watch.events, appends: watch.appends,
    engineMs, switchMs: outcome.processorMs, foreignCores: Math.max(0, foreignMs / (performance.now() - startedAt)),
  };
};

const meanwhile = ({ foreignCores }: Step): string => `processes of others used ${rounded(foreignCores, 1)} cores meanwhile`;

const offerFigures = (step: Step): Figure[] => {
  const { rate, latencies, calls } = step;
  const steps = `medians of the steps: entry recorded to offer recorded ${median(latencies.toOffer)} ms, to reservation ${median(latencies.toReservation)} ms, to originate requested ${median(latencies.toRequest)} ms, to the switch ${rounded(median(latencies.toSwitch))} ms`;
  return latencyFigures(`offer latency at ${rate} calls/s, from the entry into the queue to the originate command at the switch`, latencies.total, {
    peer: 'mod_callcenter, median, measured elsewhere on such a machine: a limit, not a comparison of this run',
    peerValue: 61,
    ...(rate === 50 ? { aim: 'median under 5 ms, p99 under 25 ms' } : {}),
    conditions: `${calls} calls; recordedAt of CallEnqueued (whole milliseconds) to the arrival of the bytes; ${steps}; ${meanwhile(step)}; ${CONDITIONS}`,
  });
};

const lagFigures = (step: Step): Figure[] =>
  latencyFigures(`projection lag at ${step.rate} calls/s, from the recording of an event to its being in all read models`, step.lagMs, {
    conditions: `age of the oldest event that the slowest of the read models had not written, looked at every ${LAG_SAMPLE_MS} ms; what is recorded within 100 ms is written together; ${meanwhile(step)}; ${CONDITIONS}`,
  });

/** Commits of a group of appends, commits of anything else, reads, by call. */
export const statementsPerCall = ({ statements, calls }: Step): Record<string, number> => {
  const result: Record<string, number> = {};
  for (const [name, { count }] of [...statements].sort(([, a], [, b]) => b.count - a.count)) if (count >= calls / 50) result[name] = rounded(count / calls);
  return result;
};

const costFigures = (step: Step): Figure[] => {
  const { calls, rate, events, appends, engineMs, postgresMs, switchMs, statements } = step;
  const per = (value: number): number => rounded(value / calls);
  const all = [...statements.values()].reduce((sum, { count }) => sum + count, 0);
  const groups = statements.get('append')?.count ?? 0;
  const reads = (statements.get('stream_forwards')?.count ?? 0) + (statements.get('stream_backwards')?.count ?? 0);
  const conditions = `at ${rate} calls/s; ${meanwhile(step)}; ${CONDITIONS}`;
  const figure = (name: string, value: number, unit: string, more = ''): Figure => ({ figure: `cost of a call: ${name}`, value: per(value), unit, conditions: more === '' ? conditions : `${more}; ${conditions}` });
  return [
    figure('events', events, 'events'),
    figure('appends', appends, 'appends', `in ${per(groups)} transactions, because what comes at the same time shares one`),
    figure('reads of a stream', reads, 'statements'),
    figure('statements to PostgreSQL', all, 'statements', JSON.stringify(statementsPerCall(step))),
    figure('processor time of the engine', engineMs, 'ms'),
    figure('processor time of PostgreSQL', postgresMs, 'ms'),
    figure('processor time of the simulated switch', switchMs, 'ms'),
  ];
};

/** Call set-ups per second through the whole engine, offer latency, what a call costs; then, on the log that came of it, read models. */
export const benchWholeEngine = async (): Promise<void> => {
  countStatements();
  const center = await openCenter({ agents: AGENTS });
  try {
    const sync = rounded(syncTimeMs(center.place.folder));
    await offerRate(center, 30, 3);
    let best = 0;
    const steps: string[] = [];
    for (const rate of RATES) {
      const step = await offerRate(center, rate, SECONDS);
      steps.push(`${rate}/s (others ${rounded(step.foreignCores, 1)} cores) ${step.carried ? `carried (offer p99 ${rounded(quantile(step.latencies.total, 0.99), 0)} ms)` : `not carried (${step.why})`}`);
      if (rate === 10 || rate === 50) say(...offerFigures(step));
      if (rate === 50 || rate === 100) say(...lagFigures(step), ...costFigures(step));
      if (!step.carried) break;
      best = rate;
    }
    say({
      figure: 'call set-ups per second through the whole engine, each queued, offered, bridged, ended and in the CDRs', value: best, unit: 'calls/s',
      peer: 'the project\'s goal: a million busy-hour attempts', peerValue: 278, aim: '100/s',
      conditions: `highest of the offered rates at which no call was lost, as many CDRs were made as calls, and the p99 of offer latency stayed under ${BOUND_MS} ms: ${steps.join('; ')}; a write of 8 KiB takes ${sync} ms to the disk; ${CONDITIONS}`,
    });
    const { rows } = await center.program.storage.database.query<{ bytes: string; events: string }>('SELECT sum(octet_length(data::text) + octet_length(metadata::text)) AS bytes, count(*) AS events FROM event_store.events');
    say({ figure: 'bytes of an event, data and metadata as JSON', value: rounded(Number(rows[0]?.bytes ?? 0) / Number(rows[0]?.events ?? 1), 0), unit: 'bytes', conditions: `mean of ${rows[0]?.events ?? 0} events of this run` });
    const alarms = [...center.program.engine.core.alarms.counts];
    if (alarms.length > 0) process.stderr.write(`alarms: ${JSON.stringify(alarms)}\n`);
    await center.stop();
    await benchReadModels(center.place);
  } finally {
    await center.close();
  }
};
