import type { Command } from '../../src/kernel/command.js';
import type { Decider } from '../../src/kernel/decider.js';
import { DomainError } from '../../src/kernel/errors.js';
import type { DomainEvent, EventSpecs } from '../../src/kernel/event.js';

/** A list that things are put on; `limit` is how many it takes. Category `tally`. */
export type TallyEvent = DomainEvent<'Tallied', { readonly item: string }> | DomainEvent<'TallyClosed', Record<string, never>>;
export type TallyCommand = Command<'Tally', { readonly item: string; readonly limit?: number }> | Command<'CloseTally', Record<string, never>>;

export interface TallyState {
  readonly items: readonly string[];
  readonly closed: boolean;
}

export const tallySpecs: EventSpecs<TallyEvent> = { Tallied: { version: 1 }, TallyClosed: { version: 1 } };

export const tallyDecider: Decider<TallyState, TallyCommand, TallyEvent> = {
  category: 'tally',
  version: 1,
  eventTypes: ['Tallied', 'TallyClosed'],
  initialState: { items: [], closed: false },
  decide: (command, state) => {
    if (command.type === 'CloseTally') return state.closed ? [] : [{ type: 'TallyClosed', data: {} }];
    if (state.closed) throw new DomainError('conflict', 'tally-closed', 'the tally is closed');
    if (state.items.length >= (command.data.limit ?? Infinity)) throw new DomainError('conflict', 'tally-full', 'the tally takes no more');
    return [{ type: 'Tallied', data: { item: command.data.item } }];
  },
  evolve: (state, event) => (event.type === 'TallyClosed' ? { ...state, closed: true } : { ...state, items: [...state.items, event.data.item] }),
};
