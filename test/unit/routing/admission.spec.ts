import fc from 'fast-check';
import { decideAdmission } from '../../../src/routing/offers/admission.js';
import type { QueueDirectory } from '../../../src/routing/offers/routing-view.js';
import type { QueueSettings } from '../../../src/routing/queues/domain/queue.events.js';
import { inSeconds, NOW } from '../../support/decider-spec.js';
import { queueSettings, RoutingLog } from '../../support/routing-events.js';

const queues = (known: Readonly<Record<string, Partial<QueueSettings> & { waiting?: number; retired?: boolean; tenantId?: string }>>): QueueDirectory => ({
  queueOf: (queueId) => {
    const found = known[queueId];
    if (found === undefined) return undefined;
    const { waiting = 0, retired = false, tenantId = 'acme', ...settings } = found;
    return { tenantId, retired, waiting, settings: { ...queueSettings, ...settings } };
  },
});
const ask = { tenantId: 'acme', queueId: 'a', at: NOW };
const to = (queueId: string) => ({ overflow: { kind: 'queue' as const, queueId } });

describe('an admission', () => {
  it('takes the caller with what the queue says', () => {
    expect(decideAdmission(queues({ a: { priority: 3, music: 'tones', answer: 'by-agent', ...to('b') } }), ask)).toEqual({
      kind: 'enqueue', queueId: 'a', priority: 3, maxWaitAt: inSeconds(300), answer: 'by-agent', overflow: { kind: 'queue', queueId: 'b' }, music: 'tones', turnedBy: [],
    });
  });
  it('lets wait for ever where the queue says so', () => expect(decideAdmission(queues({ a: { maxWaitMs: null } }), ask)).toMatchObject({ maxWaitAt: null }));
  it('takes exactly as many as the queue holds', () => {
    expect(decideAdmission(queues({ a: { maxLength: 2, waiting: 1 } }), ask)).toMatchObject({ kind: 'enqueue', queueId: 'a' });
    expect(decideAdmission(queues({ a: { maxLength: 2, waiting: 2 } }), ask)).toMatchObject({ kind: 'refuse', why: 'queue-full', cause: 'USER_BUSY' });
    expect(decideAdmission(queues({ a: { maxLength: null, waiting: 9999 } }), ask)).toMatchObject({ kind: 'enqueue' });
  });
  it('overflows from a full or retired queue, with the settings of the one that takes the caller', () => {
    const known = queues({ a: { maxLength: 1, waiting: 1, ...to('b') }, b: { retired: true, ...to('c') }, c: { priority: 9 } });
    expect(decideAdmission(known, ask)).toMatchObject({ kind: 'enqueue', queueId: 'c', priority: 9, turnedBy: [{ queueId: 'a', why: 'queue-full' }, { queueId: 'b', why: 'queue-retired' }] });
  });
  it('refuses what is not there, and what is another tenant’s', () => {
    expect(decideAdmission(queues({}), ask)).toMatchObject({ kind: 'refuse', why: 'queue-not-found', cause: 'UNALLOCATED_NUMBER' });
    expect(decideAdmission(queues({ a: { tenantId: 'other' } }), ask)).toMatchObject({ kind: 'refuse', why: 'queue-not-found' });
    expect(decideAdmission(queues({ a: { retired: true } }), ask)).toMatchObject({ kind: 'refuse', why: 'queue-retired', cause: 'NUMBER_CHANGED' });
  });
  it('cuts a circle, and does not go back where the caller came from', () => {
    const circle = queues({ a: { maxLength: 1, waiting: 1, ...to('b') }, b: { maxLength: 1, waiting: 1, ...to('a') } });
    expect(decideAdmission(circle, ask)).toMatchObject({ kind: 'refuse', queueId: 'a', why: 'queue-full' });
    expect(decideAdmission(queues({ a: to('b'), b: {} }), { ...ask, visited: ['b', 'a'] })).toMatchObject({ kind: 'refuse', why: 'overflow-loop', cause: 'USER_BUSY' });
  });
  it('ends for any settings, and never takes a caller where there is no room', () => {
    const ids = ['a', 'b', 'c', 'd'];
    const queue = fc.record({ maxLength: fc.constantFrom(1, 2, null), waiting: fc.integer({ min: 0, max: 3 }), retired: fc.boolean(), overflow: fc.oneof(fc.constant({ kind: 'hang-up' as const }), fc.constantFrom(...ids, 'e').map((queueId) => ({ kind: 'queue' as const, queueId }))) });
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...ids), queue), fc.subarray(ids), (known, visited) => {
        const admission = decideAdmission(queues(known), { ...ask, visited });
        expect(admission.turnedBy.length).toBeLessThanOrEqual(ids.length + 2);
        if (admission.kind === 'refuse') return;
        const { maxLength, waiting, retired } = known[admission.queueId]!;
        expect(retired).toBe(false);
        expect(maxLength === null || waiting < maxLength).toBe(true);
        expect(visited).not.toContain(admission.queueId);
      }),
    );
  });
});

describe('the length of a queue', () => {
  it('counts those who wait, those who are offered, and those about to enter', () => {
    const log = new RoutingLog().queue('a').enqueue('c1', 'a', -5).enqueue('c2', 'a', -4).offer('c1', 'o1', 'ann');
    const state = log.fold();
    expect(state.queueOf('a')?.waiting).toBe(2);
    state.expectCaller('c3', 'a');
    expect(state.queueOf('a')?.waiting).toBe(3);
    log.enqueue('c3', 'a', -1);
    state.apply(log.events.at(-2)!);
    state.apply(log.events.at(-1)!);
    expect(state.queueOf('a')?.waiting).toBe(3);
    state.expectCaller('c4', 'a');
    state.unexpectCaller('c4');
    expect(state.queueOf('a')?.waiting).toBe(3);
    log.ended('c1');
    state.apply(log.events.at(-1)!);
    expect(state.queueOf('a')?.waiting).toBe(2);
  });
});
