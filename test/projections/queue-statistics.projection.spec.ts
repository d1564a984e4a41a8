import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { queueStatistics } from '../../projections/queue-statistics/queue-statistics.projection.js';
import { QueueStatisticsQueries } from '../../projections/queue-statistics/queue-statistics.queries.js';
import { expectAnyCutGivesTheSameRows, projectScene } from '../support/projected-scene.js';
import { givenEvents, type GivenEvent, type Projected } from '../support/projection-spec.js';
import { queueSettings } from '../support/routing-events.js';
import { Scene, sceneTime } from '../support/scene.js';

const using = async <T>(projected: Projected, question: (queries: QueueStatisticsQueries) => Promise<T>): Promise<T> => {
  try {
    return await question(new QueueStatisticsQueries(projected.database));
  } finally {
    await projected.close();
  }
};

const stay = (callId: string, queueId: string, enteredMs: number, waitMs: number, reason: string): GivenEvent[] => {
  const at = (ms: number): string => new Date(ms).toISOString();
  const segmentId = `${callId}/${queueId}`;
  return [
    { stream: `call-${callId}`, type: 'CallEnqueued', at: at(enteredMs), data: { segmentId, legId: callId, queueId, priority: 5, waitingSince: at(enteredMs), maxWaitAt: null, answer: 'on-entry', overflow: { kind: 'hang-up' }, previousSegmentId: null } },
    { stream: `call-${callId}`, type: 'CallDequeued', at: at(enteredMs + waitMs), data: { segmentId, queueId, enqueuedAt: at(enteredMs), reason, agentId: reason === 'answered' ? 'a1' : null, overflowQueueId: null } },
  ];
};
const created = (queueId: string, settings: Partial<typeof queueSettings> = {}): GivenEvent => ({ stream: `queue-${queueId}`, type: 'QueueCreated', at: '1999-01-01T00:00:00.000Z', data: { queueId, settings: { ...queueSettings, ...settings } } });
const whole = { from: sceneTime(0), to: sceneTime(86_400) };
const percent = (value: number | null): string => ((value ?? Number.NaN) * 100).toFixed(2);

describe('service levels', () => {
  test('of the reference: O=100, A=80, A<=20=70, B=20, B<=20=8, B<=5=5', async () => {
    const start = Date.parse(sceneTime(0));
    // At the threshold counts as within it.
    const waits: [number, string][] = [
      ...Array.from({ length: 69 }, (_, i): [number, string] => [i * 100, 'answered']), [20_000, 'answered'], [20_001, 'answered'], ...Array.from({ length: 9 }, (): [number, string] => [60_000, 'answered']),
      ...Array.from({ length: 4 }, (): [number, string] => [3_000, 'abandoned']), [5_000, 'abandoned'], [5_001, 'abandoned'], [12_000, 'abandoned'], [20_000, 'abandoned'], ...Array.from({ length: 12 }, (): [number, string] => [90_000, 'abandoned']),
    ];
    const projected = await givenEvents(created('sales'), ...waits.flatMap(([wait, reason], i) => stay(`c${i}`, 'sales', start + i * 1_000, wait, reason))).project(queueStatistics, { batchSize: 50 });
    await using(projected, async (queries) => {
      const [statistics, ...rest] = await queries.statistics('acme', whole);
      expect(rest).toEqual([]);
      expect(statistics).toMatchObject({ queueId: 'sales', attributedTo: 'queue-entry', thresholds: { serviceLevelSeconds: [20], shortAbandonSeconds: [5] }, counts: { offered: 100, answered: 80, answeredWithin: 70, abandoned: 20, abandonedWithin: 8, shortAbandoned: 5 } });
      const figures = statistics!.figures;
      expect((['SL-a', 'SL-b', 'SL-c', 'SL-d', 'SL-e'] as const).map((formula) => percent(figures[formula].value))).toEqual(['87.50', '70.00', '78.00', '76.09', '73.68']);
      expect(figures['SL-e']).toMatchObject({ formula: 'SL-e', numerator: 70, denominator: 95, serviceLevelSeconds: [20], shortAbandonSeconds: [5] });
      expect([percent(figures.abandonment.value), percent(figures['abandonment-without-short'].value)]).toEqual(['20.00', '15.79']);
      // Any other threshold is exact too.
      const [other] = await queries.statistics('acme', { ...whole, serviceLevelSeconds: 60, shortAbandonSeconds: 12 });
      expect(other).toMatchObject({ thresholds: { serviceLevelSeconds: [60], shortAbandonSeconds: [12] }, counts: { answeredWithin: 80, abandonedWithin: 8, shortAbandoned: 7 } });
      expect(await queries.statistics('globex', whole)).toEqual([]);
    });
  });

  test('keep the thresholds that counted when the caller entered', async () => {
    const scene = new Scene().queue('sales', { serviceLevelSeconds: 10 }).signIn(0, 'a1').signIn(0, 'a2');
    scene.served(0, 'A', 'sales', 'a1', { wait: 15, talk: 5 }).queue('sales', { serviceLevelSeconds: 20 }, 30, 'QueueConfigured').served(40, 'B', 'sales', 'a2', { wait: 15, talk: 5 });
    await using(await projectScene(scene, queueStatistics), async (queries) => {
      const [statistics] = await queries.statistics('acme', whole);
      expect(statistics).toMatchObject({ thresholds: { serviceLevelSeconds: [10, 20] }, counts: { answered: 2, answeredWithin: 1 } });
      expect(statistics!.figures['SL-a'].serviceLevelSeconds).toEqual([10, 20]);
    });
  });
});

/** Answered after a missed offer, abandoned, overflowed to backup and answered there, timed out, still waiting. */
const day = (): Scene => {
  const scene = new Scene().queue('sales').queue('backup').signIn(0, 'a1').signIn(0, 'a2').signIn(0, 'a3');
  scene.arrives(0, 'A').enters(0, 'A', 'sales').offers(2, 'A', 'a2', 'o1').ends(12, 'A', 'leg-o1', 'NO_ANSWER', 'switch').offers(13, 'A', 'a1', 'o2').picksUp(16, 'A', 'o2');
  scene.fact(20, 'A', 'A', { kind: 'held', by: 'switch' }).fact(26, 'A', 'A', { kind: 'resumed' }).ends(46, 'A', 'A').ends(46, 'A', 'leg-o2', 'NORMAL_CLEARING', 'switch').shift(50, 'a1', 'EndWrapUp', { segmentId: null, by: 'agent' });
  scene.arrives(10, 'B').enters(10, 'B', 'sales').ends(14, 'B', 'B');
  scene.arrives(20, 'C').enters(20, 'C', 'sales', { overflow: { kind: 'queue', queueId: 'backup' } }).call(80, 'C', 'ExpireQueueWait', { segmentId: 'C/sales' });
  scene.enters(80, 'C', 'backup', { waitingSince: sceneTime(20), previousSegmentId: 'C/sales' }).offers(81, 'C', 'a3', 'o3', { wrapUpMs: 0 }).picksUp(83, 'C', 'o3').ends(103, 'C', 'C').ends(103, 'C', 'leg-o3', 'NORMAL_CLEARING', 'switch');
  scene.arrives(1000, 'D').enters(1000, 'D', 'sales').call(1100, 'D', 'ExpireQueueWait', { segmentId: 'D/sales' }).ends(1100, 'D', 'D', 'NORMAL_CLEARING', 'switch');
  scene.arrives(1200, 'E').enters(1200, 'E', 'sales', { waitingSince: sceneTime(1190) });
  // Its wrap-up has not ended: not part of AHT yet.
  return scene.served(1300, 'F', 'backup', 'a3', { wait: 3, talk: 100 });
};

describe('the statistics of queues', () => {
  test('count each end of a stay, waits, talk, hold, wrap-up and offers', async () => {
    await using(await projectScene(day(), queueStatistics), async (queries) => {
      const [backup, sales] = await queries.statistics('acme', whole);
      expect(sales?.counts).toEqual({
        offered: 5, answered: 1, abandoned: 1, shortAbandoned: 1, answeredWithin: 1, abandonedWithin: 1, overflowed: 1, timedOut: 1, otherwise: 0, waiting: 1, waitMs: 180_000, answeredWaitMs: 16_000, abandonedWaitMs: 4_000, maxWaitMs: 100_000,
        offers: 2, noAnswers: 1, failedOffers: 0, ringMs: 13_000, contacts: 1, endedContacts: 1, completeContacts: 1, handleMs: 34_000, talkMs: 24_000, holdMs: 6_000, wrapUpMs: 4_000,
      });
      expect(sales?.figures).toMatchObject({ ASA: { value: 16_000, unit: 'ms' }, AHT: { value: 34_000 }, 'average-abandon-time': { value: 4_000 }, 'average-hold': { value: 6_000 }, 'no-answer-rate': { value: 0.5 } });
      expect(backup?.counts).toMatchObject({ offered: 2, answered: 2, contacts: 2, endedContacts: 2, completeContacts: 1, handleMs: 20_000, talkMs: 120_000, waitMs: 6_000 });
      expect(backup?.figures).toMatchObject({ AHT: { value: 20_000, denominator: 1 }, 'average-talk': { value: 60_000 }, 'average-abandon-time': { value: null } });
      expect(await queries.waitingNow('acme')).toEqual([{ queueId: 'sales', waiting: 1, longestSince: sceneTime(1190) }]);
    });
  });

  test('count an abandon neither as within nor as short where it was longer', async () => {
    const projected = await givenEvents(created('sales'), ...stay('A', 'sales', Date.parse(sceneTime(0)), 20_001, 'abandoned')).project(queueStatistics);
    await using(projected, async (queries) => expect((await queries.statistics('acme', whole))[0]?.counts).toMatchObject({ abandoned: 1, abandonedWithin: 0, shortAbandoned: 0 }));
  });

  test('let an offer whose caller was gone before the bridge ring until it was accepted', async () => {
    const scene = new Scene().queue('sales').signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales').offers(1, 'A', 'a1', 'o1').fact(4, 'A', 'leg-o1', { kind: 'answered' }).fact(4, 'A', 'leg-o1', { kind: 'parked' }).ends(4.5, 'A', 'A');
    await using(await projectScene(scene, queueStatistics), async (queries) => expect((await queries.statistics('acme', whole))[0]?.counts).toMatchObject({ answered: 0, abandoned: 1, ringMs: 3_000, contacts: 0 }));
  });

  test('are grouped by the time of the entry, in quarters of an hour, for one queue or all together', async () => {
    await using(await projectScene(day(), queueStatistics), async (queries) => {
      const grouped = await queries.statistics('acme', { ...whole, groupBy: 'interval', queueId: 'sales' });
      expect(grouped.map(({ from, to, counts }) => [from, to, counts.offered])).toEqual([[sceneTime(0), sceneTime(900), 3], [sceneTime(900), sceneTime(1800), 2]]);
      const together = await queries.statistics('acme', { ...whole, together: true });
      expect(together).toMatchObject([{ queueId: null, counts: { offered: 7, answered: 3, offers: 4 } }]);
    });
  });

  test('take days and hours as the time zone has them, also on the day with 25 hours', async () => {
    const entries = ['2026-10-24T21:59:59.000Z', '2026-10-24T22:00:00.000Z', '2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z', '2026-10-25T22:59:59.000Z', '2026-10-25T23:00:00.000Z'];
    const projected = await givenEvents(created('sales'), ...entries.flatMap((at, i) => stay(`c${i}`, 'sales', Date.parse(at), 1_000, 'answered'))).project(queueStatistics, { batchSize: 9 });
    await using(projected, async (queries) => {
      const range = { from: '2026-10-24T00:00:00.000Z', to: '2026-10-27T00:00:00.000Z', timeZone: 'Europe/Berlin' };
      expect((await queries.statistics('acme', { ...range, groupBy: 'day' })).map(({ from, to, counts }) => [from, to, counts.offered])).toEqual([
        ['2026-10-23T22:00:00.000Z', '2026-10-24T22:00:00.000Z', 1], ['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z', 4], ['2026-10-25T23:00:00.000Z', '2026-10-26T23:00:00.000Z', 1],
      ]);
      // 02:30 comes twice that night.
      expect((await queries.statistics('acme', { ...range, groupBy: 'hour' })).map(({ from }) => from)).toEqual(expect.arrayContaining(['2026-10-25T00:00:00.000Z', '2026-10-25T01:00:00.000Z']));
    });
  });

  test.each([
    [{ from: sceneTime(5), to: sceneTime(5) }, 'invalid-range'],
    [{ ...whole, timeZone: '+02:00' }, 'invalid-time-zone'],
    [{ ...whole, timeZone: 'Europe/Nowhere' }, 'invalid-time-zone'],
    [{ from: '2020-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z', groupBy: 'interval' as const }, 'range-too-long'],
  ])('refuse %j as %s', async (request, code) => {
    const never = { tenantTransaction: () => Promise.reject(new Error('no query may be made')) };
    await expect(new QueueStatisticsQueries(never).statistics('acme', request)).rejects.toMatchObject({ kind: 'invalid', code });
  });

  test('count a caller as answered whose talk nobody heard, once the switch tells of it', async () => {
    const scene = new Scene().queue('sales').signIn(0, 'a1').arrives(0, 'A').enters(0, 'A', 'sales').offers(2, 'A', 'a1', 'o1').isToBeBridged(5, 'A', 'o1').misses(60, 'A', 'A', 4).misses(60, 'A', 'leg-o1', 4);
    const counts = async () => using(await projectScene(scene, queueStatistics), async (queries) => (await queries.statistics('acme', whole))[0]?.counts);
    expect(await counts()).toMatchObject({ answered: 0, abandoned: 1, contacts: 0, talkMs: 0 });
    scene.witnesses(90, 'A', 'leg-o1', 30.02, 'switch', { otherLegId: 'A', at: sceneTime(5.1) }).witnesses(91, 'A', 'A', 30, 'far-end', { otherLegId: 'leg-o1', at: sceneTime(5.1) });
    expect(await counts()).toMatchObject({ offered: 1, answered: 1, answeredWithin: 1, answeredWaitMs: 5_100, abandoned: 0, failedOffers: 0, ringMs: 3_000, contacts: 1, endedContacts: 1, completeContacts: 1, talkMs: 24_900, handleMs: 24_900 });
  });

  test('are the same whatever the batches', () => expectAnyCutGivesTheSameRows(day(), queueStatistics));
});

/** Calls of a real bank in January 1999 (Technion SEELab), where the file is at hand; it is not part of the project. */
const folder = process.env['TRUNKLINE_TEST_DATA'];
const file = folder === undefined ? undefined : join(folder, 'anonymous-bank-1999', 'january.txt');
const withData = file !== undefined && existsSync(file) ? test : test.skip;

describe('a month of a real call centre', () => {
  withData('gives the figures that plain counting gives (skipped without TRUNKLINE_TEST_DATA)', async () => {
    const lines = readFileSync(file ?? '', 'utf8').trimEnd().split('\n').slice(1);
    const ms = (date: string, clock: string): number => {
      const [h = 0, m = 0, s = 0] = clock.split(':').map(Number);
      return Date.UTC(1900 + Number(date.slice(0, 2)), Number(date.slice(2, 4)) - 1, Number(date.slice(4, 6)), h, m, s);
    };
    const stays = lines.flatMap((line, i) => {
      const [, , , , , date = '', , vruExit = '', , start = '', , seconds = '', outcome = ''] = line.trim().split(/\s+/);
      // Those who hung up in the menu never entered; those served at once entered as they left it.
      const entered = start !== '0:00:00' ? start : outcome === 'AGENT' ? vruExit : undefined;
      if (entered === undefined || (outcome !== 'AGENT' && outcome !== 'HANG')) return [];
      return [{ callId: `c${i}`, at: ms(date, entered), wait: Number(seconds) * 1_000, reason: outcome === 'AGENT' ? 'answered' : 'abandoned' }];
    });
    expect(stays.length).toBeGreaterThan(20_000);
    const projected = await givenEvents(created('bank'), ...stays.flatMap(({ callId, at, wait, reason }) => stay(callId, 'bank', at, wait, reason))).project(queueStatistics, { batchSize: 5_000 });
    await using(projected, async (queries) => {
      const range = { from: '1999-01-01T00:00:00.000Z', to: '1999-02-01T00:00:00.000Z' };
      const count = (reason: string, within = Number.POSITIVE_INFINITY): number => stays.filter((each) => each.reason === reason && each.wait <= within).length;
      const [month] = await queries.statistics('acme', range);
      expect(month?.counts).toMatchObject({
        offered: stays.length, answered: count('answered'), answeredWithin: count('answered', 20_000), abandoned: count('abandoned'), abandonedWithin: count('abandoned', 20_000), shortAbandoned: count('abandoned', 5_000),
        maxWaitMs: Math.max(...stays.map(({ wait }) => wait)),
      });
      expect(month?.figures.ASA.value).toBeCloseTo(stays.filter(({ reason }) => reason === 'answered').reduce((total, { wait }) => total + wait, 0) / count('answered'), 6);
      const days = await queries.statistics('acme', { ...range, groupBy: 'day' });
      expect(days.length).toBe(new Set(stays.map(({ at }) => new Date(at).toISOString().slice(0, 10))).size);
      expect(days.reduce((total, { counts }) => total + counts.offered, 0)).toBe(stays.length);
    });
  }, 120_000);
});
