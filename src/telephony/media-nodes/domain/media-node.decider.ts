import type { Command } from '../../../kernel/command.js';
import { conflict, invalid, notFound, requireInteger, requireText, sameJson } from '../../../kernel/checks.js';
import type { Decider } from '../../../kernel/decider.js';
import type { Json } from '../../../kernel/event.js';
import { mediaNodeEventSpecs, type GapCause, type MediaNodeEvent, type MediaNodeSettings } from './media-node.events.js';

/** What the comparison of a node with our belief found. */
export interface GapFindings {
  readonly channelsSeen: number;
  readonly legsConfirmed: number;
  readonly endsInferred: number;
  readonly callersAdmitted: number;
  /** Calls of which something may have been missed. */
  readonly callsAffected: number;
}

export type MediaNodeCommand =
  | Command<'RegisterMediaNode', { readonly nodeId: string; readonly settings: MediaNodeSettings }>
  | Command<'ConfigureMediaNode', { readonly settings: MediaNodeSettings }>
  | Command<'RetireMediaNode', Record<string, never>>
  /** From `from` on events of the node may have been missed. A gap that is open already goes on. */
  | Command<'OpenMediaNodeGap', { readonly gapId: string; readonly from: string; readonly cause: GapCause }>
  /** The node was compared at `to`; `switchSessionId` is its Core-UUID, and a new one means that it restarted. */
  | Command<'CloseMediaNodeGap', { readonly gapId: string; readonly to: string; readonly switchSessionId: string } & GapFindings>
  /** The node's clock minus ours, ms; recorded when it moved by 20 ms or more. */
  | Command<'MeasureMediaNodeClock', { readonly offsetMs: number }>;

export interface MediaNodeState {
  readonly status: 'none' | 'active' | 'retired';
  readonly nodeId: string;
  /** `[erased]` once the key is destroyed. */
  readonly settings: MediaNodeSettings | string | null;
  readonly gap: { readonly gapId: string; readonly from: string } | null;
  /** When it was compared last; null: never. */
  readonly comparedAt: string | null;
  readonly switchSessionId: string | null;
  readonly offsetMs: number | null;
}

const CLOCK_STEP_MS = 20;

const checkAddress = (field: 'deviceAddress' | 'trunkAddress', placeholder: string, value: string): void => {
  requireText('invalid-node-address', field, value, 300);
  if (value.split(placeholder).length !== 2) throw invalid('invalid-node-address', `${field} must contain ${placeholder} once`);
};

const checkSettings = (settings: MediaNodeSettings): void => {
  requireText('invalid-node-name', 'the name of the node', settings.name, 100);
  requireText('invalid-node-host', 'host', settings.host, 253);
  if (/[\s/]/.test(settings.host)) throw invalid('invalid-node-host', 'host must be a host name or an IP address, without blanks or slashes');
  requireInteger('invalid-node-port', 'port', settings.port, 1, 65_535);
  requireText('invalid-node-password', 'password', settings.password, 200);
  checkAddress('deviceAddress', '{user}', settings.deviceAddress);
  checkAddress('trunkAddress', '{number}', settings.trunkAddress);
  requireText('invalid-music', 'music', settings.music, 300);
  requireText('invalid-recordings-folder', 'recordingsFolder', settings.recordingsFolder, 300);
};

const requireActive = (state: MediaNodeState): void => {
  if (state.status === 'none') throw notFound('node-not-found', 'there is no such media node; register it first');
  if (state.status === 'retired') throw conflict('node-retired', 'the media node is retired and cannot be used any more');
};

export const mediaNodeDecider: Decider<MediaNodeState, MediaNodeCommand, MediaNodeEvent> = {
  category: 'node',
  version: 2,
  eventTypes: Object.keys(mediaNodeEventSpecs) as MediaNodeEvent['type'][],
  initialState: { status: 'none', nodeId: '', settings: null, gap: null, comparedAt: null, switchSessionId: null, offsetMs: null },
  decide: (command, state) => {
    const { nodeId } = state;
    switch (command.type) {
      case 'RegisterMediaNode':
        if (state.status !== 'none') throw conflict('node-exists', 'a media node with this id is registered already; configure it or choose another id');
        checkSettings(command.data.settings);
        return [{ type: 'MediaNodeRegistered', data: command.data }];
      case 'ConfigureMediaNode': {
        requireActive(state);
        const { settings } = command.data;
        checkSettings(settings);
        return sameJson(settings as unknown as Json, state.settings as unknown as Json) ? [] : [{ type: 'MediaNodeConfigured', data: { nodeId, settings } }];
      }
      case 'RetireMediaNode':
        if (state.status === 'retired') return [];
        requireActive(state);
        return [{ type: 'MediaNodeRetired', data: { nodeId } }];
      case 'OpenMediaNodeGap':
        if (state.status === 'none') requireActive(state);
        return state.gap === null ? [{ type: 'MediaNodeGapOpened', data: { nodeId, ...command.data } }] : [];
      case 'CloseMediaNodeGap': {
        const { gap, switchSessionId: previousSwitchSessionId } = state;
        const { gapId, switchSessionId } = command.data;
        if (gap === null || gap.gapId !== gapId) return [];
        return [
          ...(previousSwitchSessionId !== null && previousSwitchSessionId !== switchSessionId
            ? [{ type: 'MediaNodeRestarted' as const, data: { nodeId, previousSwitchSessionId, switchSessionId } }]
            : []),
          { type: 'MediaNodeGapClosed', data: { nodeId, from: gap.from, ...command.data } },
        ];
      }
      case 'MeasureMediaNodeClock': {
        if (state.status === 'none') requireActive(state);
        const offsetMs = Math.round(command.data.offsetMs);
        if (!Number.isSafeInteger(offsetMs)) throw invalid('invalid-clock-offset', 'offsetMs must be a number of milliseconds');
        const moved = state.offsetMs === null || Math.abs(offsetMs - state.offsetMs) >= CLOCK_STEP_MS;
        return moved ? [{ type: 'MediaNodeClockMeasured', data: { nodeId, offsetMs } }] : [];
      }
      default:
        command satisfies never;
        return [];
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'MediaNodeRegistered':
        return { ...state, ...event.data, status: 'active' };
      case 'MediaNodeConfigured':
        return { ...state, settings: event.data.settings };
      case 'MediaNodeRetired':
        return { ...state, status: 'retired' };
      case 'MediaNodeGapOpened':
        return { ...state, gap: { gapId: event.data.gapId, from: event.data.from } };
      case 'MediaNodeGapClosed':
        return { ...state, gap: null, comparedAt: event.data.to, switchSessionId: event.data.switchSessionId };
      case 'MediaNodeRestarted':
        return { ...state, switchSessionId: event.data.switchSessionId };
      case 'MediaNodeClockMeasured':
        return { ...state, offsetMs: event.data.offsetMs };
      default:
        event satisfies never;
        return state;
    }
  },
};
