import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { isoTime, msOf } from '../../../src/kernel/clock.js';
import { DomainError } from '../../../src/kernel/errors.js';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import type { AgentShiftCommand } from '../../../src/routing/agents/domain/agent-shift.commands.js';
import { agentShiftDecider } from '../../../src/routing/agents/domain/agent-shift.decider.js';
import type { AgentShiftEvent } from '../../../src/routing/agents/domain/agent-shift.events.js';
import { engagementOf, type ShiftState } from '../../../src/routing/agents/domain/agent-shift.state.js';
import { metaAt, NOW } from '../../support/decider-spec.js';
import { brokenShifts } from '../../../src/engine/simulation/invariants/agents.js';
import { historiesOf } from '../../../src/engine/simulation/invariants/histories.js';
import { seededRandom } from '../../support/seeded-random.js';

type Step = readonly [what: number, a: number, wait: number, late: number];
type Made = Pick<AgentShiftCommand, 'type' | 'data'>;

const of = <T>(list: readonly T[], n: number): T => list[n % list.length]!;
const backOff = { noAnswerDelayMs: 2_000, rejectDelayMs: 500, maxNoAnswer: 3 };

/** What calls, people and clocks do to a shift, most of it about what is open in it, some about what is over or never was. */
const KINDS: readonly ((a: number, state: ShiftState, at: string, n: number) => Made)[] = [
  () => ({ type: 'MakeAvailable', data: {} }),
  (a) => ({ type: 'PauseAgent', data: { reason: of(['lunch', 'coffee'], a), force: a % 4 === 0 } }),
  (a) => ({ type: 'SignOutAgent', data: { force: a % 3 === 0 } }),
  (a) => ({ type: 'EndWrapUp', data: { segmentId: null, by: of(['agent', 'timer', 'supervisor'] as const, a) } }),
  (a, _state, at, n) => ({ type: 'ReserveAgent', data: { offerId: `o${n}`, callId: `c${n}`, queueId: 'q', dueAt: isoTime(msOf(at) + (a % 5) * 10_000), backOff } }),
  (a, _state, at, n) => ({ type: 'ReserveAgent', data: { offerId: `o${n}`, callId: `c${n}`, queueId: 'q', dueAt: isoTime(msOf(at) + (1 + (a % 5)) * 10_000), backOff } }),
  (a, { reservation }, at) => ({ type: 'StartRinging', data: { offerId: a % 5 === 0 ? 'o0' : (reservation?.offerId ?? 'o0'), at } }),
  (a, { reservation }, at) => ({ type: 'ReleaseAgent', data: { offerId: a % 5 === 0 ? 'o0' : (reservation?.offerId ?? 'o0'), reason: of(['no-answer', 'busy', 'rejected', 'unreachable', 'expired', 'rescinded'] as const, a), at } }),
  (a, { reservation }) => ({ type: 'ExpireReservation', data: { offerId: a % 5 === 0 ? 'o0' : (reservation?.offerId ?? 'o0') } }),
  // Only who was reserved for an offer comes to talk for it; what the shift has let go meanwhile may still do so.
  (_a, { reservation, contacts }, at, n) => ({ type: 'StartContact', data: reservation === null || contacts.length > 0 ? { segmentId: contacts[0]?.segmentId ?? `late${n}`, callId: 'late', queueId: 'q', offerId: null, at } : { segmentId: reservation.offerId, callId: reservation.callId, queueId: 'q', offerId: reservation.offerId, at } }),
  (a, { contacts }, at) => ({ type: 'EndContact', data: { segmentId: contacts[0]?.segmentId ?? 'o0', holdMs: a, wrapUpMs: (a % 3) * 1_000, at } }),
  (a, { ownCalls }, at, n) => ({ type: 'StartOwnCall', data: { legId: a % 5 === 0 ? (ownCalls[0]?.legId ?? `leg${n}`) : `leg${n}`, callId: 'own', at } }),
  (a, { ownCalls }, at) => ({ type: 'EndOwnCall', data: { legId: of([...ownCalls.map(({ legId }) => legId), 'none'], a), at } }),
  () => ({ type: 'OpenShift', data: { agentId: 'ann', shiftId: 'ann+1', shiftNumber: 1, idleSince: null, noAnswerCount: 0 } }),
];

describe('the decider of a shift, whatever is asked and told', () => {
  const { seed } = seededRandom();
  const step: fc.Arbitrary<Step> = fc.tuple(fc.nat(KINDS.length - 1), fc.nat(60), fc.nat(20_000), fc.nat(3_000));

  it(`refuses or records, twice the same; engagements never overlap and each has one end (seed ${seed})`, () => {
    let contacts = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
        let state = agentShiftDecider.initialState;
        let now = msOf(NOW);
        const events: RecordedEvent[] = [];
        const send = ({ type, data }: Made, n: number): void => {
          const command = { type, data, meta: metaAt(isoTime(now), { commandId: `c${n}` }) } as AgentShiftCommand;
          const decide = (): readonly AgentShiftEvent[] => {
            try {
              return agentShiftDecider.decide(command, state);
            } catch (error) {
              if (!(error instanceof DomainError)) throw error;
              return [];
            }
          };
          const decided = decide();
          if (!isDeepStrictEqual(decide(), decided)) throw new Error(`${type} is decided differently the second time`);
          for (const event of decided) {
            const occurredAt = event.occurredAt ?? isoTime(now);
            state = agentShiftDecider.evolve(state, { ...event, occurredAt });
            events.push({ ...event, stream: 'agentShift-ann+1', metadata: { occurredAt } } as unknown as RecordedEvent);
          }
        };
        send({ type: 'OpenShift', data: { agentId: 'ann', shiftId: 'ann+1', shiftNumber: 1, idleSince: null, noAnswerCount: 0 } }, 0);
        send({ type: 'MakeAvailable', data: {} }, 1);
        steps.forEach(([what, a, wait, late], index) => {
          now += wait;
          send(KINDS[what]!(a, state, isoTime(now - late), index + 2), index + 2);
        });
        // Calls end and people go home: nothing is left open.
        send({ type: 'SignOutAgent', data: { force: true } }, steps.length + 2);
        contacts += events.filter(({ type }) => type === 'AgentOnCall').length;
        expect(brokenShifts(historiesOf(events), false)).toEqual([]);
        expect([state.status, engagementOf(state)]).toEqual(['closed', 'idle']);
      }),
      { seed, numRuns: Number(process.env['RUNS'] ?? 500) },
    );
    expect(contacts).toBeGreaterThan(100);
  }, 60_000);
});
