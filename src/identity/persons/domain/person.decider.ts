import type { Command } from '../../../kernel/command.js';
import { invalid } from '../../../kernel/checks.js';
import type { Decider } from '../../../kernel/decider.js';
import { ERASURE_REASONS, type ErasureReason, type PersonEvent, personEventSpecs, type PersonKind } from './person.events.js';

export type PersonCommand =
  | Command<'ErasePerson', Extract<PersonEvent, { type: 'PersonalDataErasureRequested' }>['data']>
  /** The keys are destroyed. */
  | Command<'SettleErasure', { readonly erasureId: string }>;

interface ErasureState {
  readonly erasureId: string;
  readonly subjects: readonly string[];
  readonly recordings: readonly string[];
  readonly reason: ErasureReason;
  readonly reference: string | null;
  readonly requestedAt: string;
  readonly erasedAt: string | null;
}

export interface PersonState {
  readonly personId: string;
  readonly kind: PersonKind;
  /** Oldest first; times ISO 8601 UTC. */
  readonly erasures: readonly ErasureState[];
}

/** Short, and without the blanks that a name would have. */
const REFERENCE = /^[A-Za-z0-9._/#-]{1,64}$/;

/** What was erased of one person, when and why. */
export const personDecider: Decider<PersonState, PersonCommand, PersonEvent> = {
  category: 'person',
  version: 1,
  eventTypes: Object.keys(personEventSpecs) as PersonEvent['type'][],
  initialState: { personId: '', kind: 'number', erasures: [] },
  decide: (command, state) => {
    switch (command.type) {
      case 'ErasePerson': {
        const { reason, reference } = command.data;
        if (!ERASURE_REASONS.includes(reason)) throw invalid('invalid-erasure-reason', `the reason must be one of ${ERASURE_REASONS.join(', ')}`);
        if (reference !== null && !REFERENCE.test(reference)) throw invalid('invalid-reference', 'the reference must be the number of a ticket or a letter: 1 to 64 letters, digits, dots, slashes, dashes, underscores or #, and no name, for it stays on record');
        return [{ type: 'PersonalDataErasureRequested', data: command.data }];
      }
      case 'SettleErasure': {
        const open = state.erasures.find(({ erasureId, erasedAt }) => erasureId === command.data.erasureId && erasedAt === null);
        if (open === undefined) return [];
        const { erasureId, subjects, recordings } = open;
        return [{ type: 'PersonalDataErased', data: { erasureId, personId: state.personId, kind: state.kind, subjects, recordings } }];
      }
      default:
        command satisfies never;
        return [];
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'PersonalDataErasureRequested': {
        const { personId, kind, ...erasure } = event.data;
        return { personId, kind, erasures: [...state.erasures, { ...erasure, requestedAt: event.occurredAt, erasedAt: null }] };
      }
      case 'PersonalDataErased':
        return { ...state, erasures: state.erasures.map((erasure) => (erasure.erasureId === event.data.erasureId ? { ...erasure, erasedAt: event.occurredAt } : erasure)) };
      default:
        event satisfies never;
        return state;
    }
  },
};
