import type { Command } from '../../../kernel/command.js';
import { conflict, invalid, notFound, sameJson } from '../../../kernel/checks.js';
import type { Decider } from '../../../kernel/decider.js';
import { numberEventSpecs, type NumberDestination, type NumberEvent } from './number.events.js';

export type NumberCommand =
  | Command<'AssignNumber', { readonly numberId: string; readonly number: string; readonly destination: NumberDestination }>
  /** The number itself stays: another one is another assignment. */
  | Command<'ConfigureNumber', { readonly destination: NumberDestination }>
  | Command<'RetireNumber', Record<string, never>>;

export interface NumberState {
  readonly status: 'none' | 'active' | 'retired';
  readonly numberId: string;
  readonly number: string;
  readonly destination: NumberDestination | null;
}

const checkNumber = (number: string): void => {
  if (!/^(\+[1-9]\d{6,14}|[\d*#]{1,15})$/.test(number)) {
    throw invalid('invalid-number', 'number must be E.164 with a plus and 7 to 15 digits, such as +4930123456, or 1 to 15 digits, * or # as a switch sends them');
  }
};

const checkDestination = (destination: NumberDestination): void => {
  if (destination.kind !== 'queue' || typeof destination.queueId !== 'string' || destination.queueId === '') {
    throw invalid('invalid-destination', "destination must be { kind: 'queue', queueId }");
  }
};

const requireActive = (state: NumberState): void => {
  if (state.status === 'none') throw notFound('number-not-found', 'there is no such number; assign it first');
  if (state.status === 'retired') throw conflict('number-retired', 'the number is retired; assign it anew under another id');
};

export const numberDecider: Decider<NumberState, NumberCommand, NumberEvent> = {
  category: 'number',
  version: 1,
  eventTypes: Object.keys(numberEventSpecs) as NumberEvent['type'][],
  initialState: { status: 'none', numberId: '', number: '', destination: null },
  decide: (command, state) => {
    const { numberId, number } = state;
    switch (command.type) {
      case 'AssignNumber':
        if (state.status !== 'none') throw conflict('number-exists', 'a number with this id is assigned already; configure it or choose another id');
        checkNumber(command.data.number);
        checkDestination(command.data.destination);
        return [{ type: 'NumberAssigned', data: command.data }];
      case 'ConfigureNumber': {
        requireActive(state);
        const { destination } = command.data;
        checkDestination(destination);
        return sameJson(destination, state.destination) ? [] : [{ type: 'NumberConfigured', data: { numberId, number, destination } }];
      }
      case 'RetireNumber':
        if (state.status === 'retired') return [];
        requireActive(state);
        return [{ type: 'NumberRetired', data: { numberId, number } }];
      default:
        command satisfies never;
        return [];
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'NumberAssigned':
        return { status: 'active', ...event.data };
      case 'NumberConfigured':
        return { ...state, destination: event.data.destination };
      case 'NumberRetired':
        return { ...state, status: 'retired' };
      default:
        event satisfies never;
        return state;
    }
  },
};
