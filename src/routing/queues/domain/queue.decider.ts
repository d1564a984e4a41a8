import type { Command } from '../../../kernel/command.js';
import { conflict, invalid, notFound, requireInteger, requireText, sameJson } from '../../../kernel/checks.js';
import type { Decider } from '../../../kernel/decider.js';
import type { Json } from '../../../kernel/event.js';
import { queueEventSpecs, type QueueEvent, type QueueSettings } from './queue.events.js';

export type QueueCommand =
  | Command<'CreateQueue', { readonly queueId: string; readonly settings: QueueSettings }>
  | Command<'ConfigureQueue', { readonly settings: QueueSettings }>
  /** Takes no new callers; those who wait are still served. */
  | Command<'RetireQueue', Record<string, never>>
  /** Joining again changes level and position. */
  | Command<'JoinQueue', { readonly agentId: string; readonly level: number; readonly position: number }>
  | Command<'LeaveQueue', { readonly agentId: string }>;

export interface QueueState {
  readonly status: 'none' | 'active' | 'retired';
  readonly queueId: string;
  readonly settings: QueueSettings | null;
  readonly members: Readonly<Record<string, { readonly level: number; readonly position: number }>>;
}

const DAY = 86_400_000;

const checkSettings = (queueId: string, settings: QueueSettings): void => {
  requireText('invalid-queue-name', 'the name of the queue', settings.name, 100);
  if (settings.strategy !== 'longest-idle-agent') throw invalid('invalid-strategy', "the strategy must be 'longest-idle-agent'");
  if (settings.answer !== 'on-entry' && settings.answer !== 'by-agent') throw invalid('invalid-answer', "answer must be 'on-entry' or 'by-agent'");
  if (settings.music !== null) requireText('invalid-music', 'the music', settings.music, 300);
  requireInteger('invalid-priority', 'priority', settings.priority, 1, 10);
  if (settings.maxWaitMs !== null) requireInteger('invalid-max-wait', 'maxWaitMs', settings.maxWaitMs, 1, DAY);
  if (settings.maxLength !== null) requireInteger('invalid-max-length', 'maxLength', settings.maxLength, 1, 100_000);
  requireInteger('invalid-ring-timeout', 'ringTimeoutMs', settings.ringTimeoutMs, 1000, 300_000);
  requireInteger('invalid-no-answer-delay', 'noAnswerDelayMs', settings.noAnswerDelayMs, 0, DAY);
  requireInteger('invalid-reject-delay', 'rejectDelayMs', settings.rejectDelayMs, 0, DAY);
  if (settings.maxNoAnswer !== null) requireInteger('invalid-max-no-answer', 'maxNoAnswer', settings.maxNoAnswer, 1, 1000);
  requireInteger('invalid-wrap-up', 'wrapUpMs', settings.wrapUpMs, 0, DAY);
  requireInteger('invalid-service-level', 'serviceLevelSeconds', settings.serviceLevelSeconds, 1, 86_400);
  requireInteger('invalid-short-abandon', 'shortAbandonSeconds', settings.shortAbandonSeconds, 0, 86_400);
  const { overflow } = settings;
  if (overflow.kind !== 'hang-up' && overflow.kind !== 'queue') throw invalid('invalid-overflow', "overflow must be { kind: 'hang-up' } or { kind: 'queue', queueId }");
  if (overflow.kind === 'queue' && overflow.queueId === queueId) throw invalid('overflow-to-itself', 'a queue cannot overflow to itself; name another queue or hang up');
};

const requireActive = (state: QueueState): void => {
  if (state.status === 'none') throw notFound('queue-not-found', 'there is no such queue; create it first');
  if (state.status === 'retired') throw conflict('queue-retired', 'the queue is retired and cannot be changed any more');
};

export const queueDecider: Decider<QueueState, QueueCommand, QueueEvent> = {
  category: 'queue',
  version: 1,
  eventTypes: Object.keys(queueEventSpecs) as QueueEvent['type'][],
  initialState: { status: 'none', queueId: '', settings: null, members: {} },
  decide: (command, state) => {
    const { queueId } = state;
    switch (command.type) {
      case 'CreateQueue':
        if (state.status !== 'none') throw conflict('queue-exists', 'a queue with this id exists already; configure it or choose another id');
        checkSettings(command.data.queueId, command.data.settings);
        return [{ type: 'QueueCreated', data: command.data }];
      case 'ConfigureQueue': {
        requireActive(state);
        const { settings } = command.data;
        checkSettings(queueId, settings);
        return sameJson(settings as unknown as Json, state.settings as unknown as Json) ? [] : [{ type: 'QueueConfigured', data: { queueId, settings } }];
      }
      case 'RetireQueue':
        if (state.status === 'retired') return [];
        requireActive(state);
        return [{ type: 'QueueRetired', data: { queueId } }];
      case 'JoinQueue': {
        requireActive(state);
        const { agentId, level, position } = command.data;
        requireInteger('invalid-level', 'level', level, 1, 100);
        requireInteger('invalid-position', 'position', position, 1, 100_000);
        const member = Object.hasOwn(state.members, agentId) ? state.members[agentId] : undefined;
        return member?.level === level && member.position === position ? [] : [{ type: 'AgentJoinedQueue', data: { queueId, agentId, level, position } }];
      }
      case 'LeaveQueue': {
        if (state.status === 'none') requireActive(state);
        const { agentId } = command.data;
        return Object.hasOwn(state.members, agentId) ? [{ type: 'AgentLeftQueue', data: { queueId, agentId } }] : [];
      }
      default:
        command satisfies never;
        return [];
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'QueueCreated':
        return { ...state, ...event.data, status: 'active' };
      case 'QueueConfigured':
        return { ...state, settings: event.data.settings };
      case 'QueueRetired':
        return { ...state, status: 'retired' };
      case 'AgentJoinedQueue': {
        const { agentId, level, position } = event.data;
        return { ...state, members: { ...state.members, [agentId]: { level, position } } };
      }
      case 'AgentLeftQueue': {
        const { [event.data.agentId]: _left, ...members } = state.members;
        return { ...state, members };
      }
      default:
        event satisfies never;
        return state;
    }
  },
};
