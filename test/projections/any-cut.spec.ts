import { readModels } from '../../projections/read-models.js';
import { DomainError } from '../../src/kernel/errors.js';
import type { Projection } from '../../src/platform/subscriptions/projection.js';
import type { Json } from '../../src/kernel/event.js';
import { projectScene } from '../support/projected-scene.js';
import { Scene, sceneTime } from '../support/scene.js';
import { seededRandom, type SeededRandom } from '../support/seeded-random.js';

const AGENTS = ['a1', 'a2', 'a3'];
const QUEUES = ['sales', 'support'];

/** A disorderly day: whatever the deciders allow, in any order. What they refuse does not happen. */
const disorder = (random: SeededRandom, steps: number): Scene => {
  const scene = new Scene();
  for (const queueId of QUEUES) scene.queue(queueId);
  for (const agentId of AGENTS) scene.member('sales', agentId).signIn(0, agentId);
  const pick = <T>(from: readonly T[]): T => from[random.between(0, from.length - 1)]!;
  const signedIn = new Set(AGENTS);
  const calls: string[] = [];
  // An orderly hour first, so that there is something of everything.
  for (let n = 0; n < 5; n += 1) {
    const agentId = AGENTS[n % AGENTS.length]!;
    scene.served(n * 60, `orderly${n}`, 'sales', agentId, { wait: 4 + n, talk: 20, ring: 2 }).shift(n * 60 + 50, agentId, 'EndWrapUp', { segmentId: null, by: 'agent' });
  }
  const offers = new Map<string, string>();
  let offered = 0;
  let s = 400;
  const legOf = (callId: string): string => pick([callId, ...(offers.has(callId) ? [`leg-${offers.get(callId)!}`] : [])]);
  const offer = (callId: string): void => {
    offered += 1;
    scene.offers(s, callId, pick(AGENTS), `o${offered}`, { wrapUpMs: pick([0, 5_000]) });
    offers.set(callId, `o${offered}`);
  };
  const pickUp = (callId: string): unknown => offers.has(callId) && scene.picksUp(s, callId, offers.get(callId)!);
  const deeds: readonly ((callId: string) => unknown)[] = [
    offer, offer, offer, pickUp, pickUp, pickUp,
    (callId) => scene.enters(s, callId, pick(QUEUES), { segmentId: `${callId}/${s}`, overflow: pick([{ kind: 'hang-up' }, { kind: 'queue', queueId: 'support' }] as const) }),
    (callId) => offers.has(callId) && scene.fact(s, callId, `leg-${offers.get(callId)!}`, { kind: 'answered' }),
    (callId) => scene.fact(s, callId, legOf(callId), { kind: pick(['held', 'resumed'] as const), by: 'switch' }),
    (callId) => scene.fact(s, callId, legOf(callId), { kind: 'transferred', how: 'blind', destination: '+1' }),
    (callId) => scene.ends(s, callId, legOf(callId), pick(['NORMAL_CLEARING', 'NO_ANSWER', 'USER_BUSY']), pick(['far-end', 'switch'])),
    (callId) => scene.call(s, callId, 'InferLegEnd', { legId: legOf(callId), evidence: 'absent', earliest: sceneTime(s - 5), endedAt: sceneTime(s), latest: sceneTime(s) }),
    (callId) => scene.call(s, callId, 'WitnessLegEnd', { legId: legOf(callId), cause: 'NORMAL_CLEARING', q850: 16, hungUpBy: 'far-end', times: { createdAt: sceneTime(s - 60) }, endedAt: sceneTime(s - random.between(0, 3)) }),
    (callId) => scene.call(s, callId, 'ExpireQueueWait', { segmentId: scene.segmentOf(callId) }),
    () => scene.shift(s, pick(AGENTS), 'EndWrapUp', { segmentId: null, by: 'agent' }),
    () => scene.shift(s, pick(AGENTS), 'PauseAgent', { reason: pick(['lunch', 'training']), force: random.next() < 0.3 }),
    () => scene.shift(s, pick(AGENTS), 'MakeAvailable', {}),
    () => {
      const agentId = pick(AGENTS);
      if (!signedIn.delete(agentId)) signedIn.add(agentId);
      return signedIn.has(agentId) ? scene.signIn(s, agentId) : scene.shift(s, agentId, 'SignOutAgent', { force: true });
    },
    () => scene.queue(pick(QUEUES), { serviceLevelSeconds: random.between(5, 40) }, s, 'QueueConfigured'),
  ];
  for (let step = 0; step < steps; step += 1) {
    s += random.between(0, 3_000) / 1_000;
    if (calls.length < 3 || random.next() < 0.15) {
      const callId = `c${calls.length}`;
      calls.push(callId);
      scene.arrives(s, callId, `+1555${random.between(1000, 9999)}`).enters(s, callId, pick(QUEUES));
      continue;
    }
    try {
      pick(deeds)(pick(calls.slice(-4)));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }
  return scene;
};

type Tables = Readonly<Record<string, readonly Readonly<Record<string, Json>>[]>>;

const foldedIn = async (scene: Scene, projection: Projection, batchSize: number): Promise<Tables> => {
  const projected = await projectScene(scene, projection, batchSize);
  try {
    const tables: Record<string, Record<string, Json>[]> = {};
    for (const { name } of projection.tables) tables[name] = await projected.rows(name);
    return tables;
  } finally {
    await projected.close();
  }
};

describe('read models of a disorderly day', () => {
  const random = seededRandom();
  const scene = disorder(random, 250);
  const folded = new Map<string, Tables>();
  const rows = (table: string): readonly Readonly<Record<string, Json>>[] => [...folded.values()].map((tables) => tables[table]).find((found) => found !== undefined) ?? [];
  const explain = `SEED=${random.seed} repeats it`;

  test.each(readModels.map((projection) => [projection.name, projection] as const))('%s does not depend on how the log is cut', async (name, projection) => {
    const whole = await foldedIn(scene, projection, scene.events.length);
    folded.set(name, whole);
    for (const batchSize of [1, random.between(2, 40)]) {
      expect({ explain, batchSize, tables: await foldedIn(scene, projection, batchSize) }).toEqual({ explain, batchSize, tables: whole });
    }
  }, 60_000);

  test('an agent is in one state at a time, without a hole in a shift', () => {
    const last = new Map<string, Json>();
    const intervals = [...rows('agent_state_intervals')].sort((a, b) => Number(a['number']) - Number(b['number']));
    expect(intervals.length).toBeGreaterThan(20);
    for (const { shift_id, from_at, to_at, duration_ms } of intervals) {
      const before = last.get(String(shift_id));
      expect({ explain, from: from_at }).toEqual({ explain, from: before ?? from_at });
      if (to_at !== null) expect(Date.parse(String(to_at)) - Date.parse(String(from_at))).toBe(duration_ms);
      last.set(String(shift_id), to_at ?? null);
    }
  });

  test('a call is live or has ended, and its times add up', () => {
    const live = new Set(rows('live_calls').map(({ call_id }) => call_id));
    const history = rows('call_history');
    expect(history.length).toBeGreaterThan(10);
    for (const call of history) {
      expect({ explain, call: call['call_id'], live: live.has(call['call_id'] ?? null) }).toEqual({ explain, call: call['call_id'], live: call['ended_at'] === null });
      expect(call['disposition'] === null).toBe(call['ended_at'] === null);
      const legs = rows('call_history_legs').filter(({ call_id }) => call_id === call['call_id']);
      if (call['ended_at'] !== null) for (const leg of legs) expect({ explain, leg: leg['leg_id'], ended: leg['ended_at'] !== null }).toEqual({ explain, leg: leg['leg_id'], ended: true });
    }
  });

  test('statistics and CDRs count the same stays and contacts', () => {
    const segments = rows('call_history_segments');
    const sum = (of: readonly Readonly<Record<string, Json>>[], column: string): number => of.reduce((total, row) => total + Number(row[column] ?? 0), 0);
    const stays = segments.filter(({ kind }) => kind === 'queue');
    const contacts = segments.filter(({ kind }) => kind === 'agent-contact');
    const offers = rows('queue_offers');
    expect({ explain, stays: rows('queue_entries').length, wait: sum(rows('queue_entries'), 'wait_ms') }).toEqual({ explain, stays: stays.length, wait: sum(stays, 'wait_ms') });
    expect({ explain, contacts: offers.filter(({ contact_started_at }) => contact_started_at !== null).length, talk: sum(offers, 'talk_ms'), hold: sum(offers, 'hold_ms'), wrapUp: sum(offers, 'wrap_up_ms'), ring: sum(offers, 'ring_ms') })
      .toEqual({ explain, contacts: contacts.length, talk: sum(contacts, 'talk_ms'), hold: sum(contacts, 'hold_ms'), wrapUp: sum(contacts, 'wrap_up_ms'), ring: sum(stays, 'ring_ms') });
    expect(contacts.length).toBeGreaterThan(3);
  });
});
