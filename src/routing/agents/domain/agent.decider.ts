import type { Command } from '../../../kernel/command.js';
import { conflict, invalid, notFound, requireText, sameJson } from '../../../kernel/checks.js';
import type { Decider } from '../../../kernel/decider.js';
import type { Json } from '../../../kernel/event.js';
import { shiftIdOf } from '../../../kernel/streams.js';
import { agentEventSpecs, type AgentEvent, type AgentSettings } from './agent.events.js';

export type AgentCommand =
  | Command<'CreateAgent', { readonly agentId: string; readonly settings: AgentSettings }>
  | Command<'ConfigureAgent', { readonly settings: AgentSettings }>
  /** Only when signed out. */
  | Command<'RetireAgent', Record<string, never>>
  /** The next shift is to open; nothing happens while one is open. */
  | Command<'StartShift', Record<string, never>>
  /** The shift was signed out of; `idleSince` and `noAnswerCount` are what it left. */
  | Command<'EndShift', { readonly shiftId: string; readonly idleSince: string; readonly noAnswerCount: number }>;

export interface AgentState {
  readonly status: 'none' | 'active' | 'retired';
  readonly agentId: string;
  /** `[erased]` once the person's key is destroyed. */
  readonly settings: AgentSettings | string | null;
  readonly shiftNumber: number;
  readonly openShiftId: string | null;
  readonly idleSince: string | null;
  readonly noAnswerCount: number;
}

const checkSettings = ({ displayName, deviceUser, address }: AgentSettings): void => {
  requireText('invalid-display-name', 'the display name', displayName, 100);
  if ((deviceUser === null) === (address === null)) throw invalid('invalid-agent-device', 'give either deviceUser or address, and null for the other');
  if (deviceUser !== null && !/^[\w.+-]{1,64}$/.test(deviceUser)) {
    throw invalid('invalid-device-user', 'deviceUser must have 1 to 64 letters, digits or the characters . _ + -');
  }
  if (address !== null && !/^[^\s,|^{}[\]<>'"`$\\]{1,200}$/.test(address)) {
    throw invalid('invalid-agent-address', 'address must be one dial string of at most 200 characters without blanks, quotes, brackets, commas, pipes, ^, $ or \\');
  }
};

const requireActive = (state: AgentState): void => {
  if (state.status === 'none') throw notFound('agent-not-found', 'there is no such agent; create the agent first');
  if (state.status === 'retired') throw conflict('agent-retired', 'the agent is retired and cannot be used any more');
};

export const agentDecider: Decider<AgentState, AgentCommand, AgentEvent> = {
  category: 'agent',
  version: 1,
  eventTypes: Object.keys(agentEventSpecs) as AgentEvent['type'][],
  initialState: { status: 'none', agentId: '', settings: null, shiftNumber: 0, openShiftId: null, idleSince: null, noAnswerCount: 0 },
  decide: (command, state) => {
    const { agentId } = state;
    switch (command.type) {
      case 'CreateAgent':
        if (state.status !== 'none') throw conflict('agent-exists', 'an agent with this id exists already; configure it or choose another id');
        checkSettings(command.data.settings);
        return [{ type: 'AgentCreated', data: command.data }];
      case 'ConfigureAgent': {
        requireActive(state);
        const { settings } = command.data;
        checkSettings(settings);
        return sameJson(settings as unknown as Json, state.settings as unknown as Json) ? [] : [{ type: 'AgentConfigured', data: { agentId, settings } }];
      }
      case 'RetireAgent':
        if (state.status === 'retired') return [];
        requireActive(state);
        if (state.openShiftId !== null) throw conflict('agent-signed-in', 'the agent is signed in; sign out first');
        return [{ type: 'AgentRetired', data: { agentId } }];
      case 'StartShift': {
        requireActive(state);
        if (state.openShiftId !== null) return [];
        const shiftNumber = state.shiftNumber + 1;
        const { idleSince, noAnswerCount } = state;
        return [{ type: 'AgentShiftStarted', data: { agentId, shiftNumber, shiftId: shiftIdOf(agentId, shiftNumber), idleSince, noAnswerCount } }];
      }
      case 'EndShift': {
        const { shiftId, idleSince, noAnswerCount } = command.data;
        if (state.openShiftId !== shiftId) return [];
        return [{ type: 'AgentShiftEnded', data: { agentId, shiftNumber: state.shiftNumber, shiftId, idleSince, noAnswerCount } }];
      }
      default:
        command satisfies never;
        return [];
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'AgentCreated':
        return { ...state, ...event.data, status: 'active' };
      case 'AgentConfigured':
        return { ...state, settings: event.data.settings };
      case 'AgentRetired':
        return { ...state, status: 'retired' };
      case 'AgentShiftStarted':
        return { ...state, shiftNumber: event.data.shiftNumber, openShiftId: event.data.shiftId };
      case 'AgentShiftEnded':
        return { ...state, openShiftId: null, idleSince: event.data.idleSince, noAnswerCount: event.data.noAnswerCount };
      default:
        event satisfies never;
        return state;
    }
  },
};
