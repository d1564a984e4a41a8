import type { RecordingDeed, RecordingEvent, RecordingOrigin } from './recording.events.js';

export interface OpenDeed {
  readonly deedId: string;
  readonly deed: RecordingDeed;
  readonly attempt: number;
  readonly deadlineAt: string;
}

/**
 * running: the switch records. storing: the file is to be stored, now or after a pause. failed: that was
 * given up; the file is where it was. deleting: every copy is to go.
 */
export type RecordingStatus = 'none' | 'running' | 'storing' | 'stored' | 'failed' | 'deleting' | 'deleted';

export interface RecordingState {
  readonly status: RecordingStatus;
  readonly origin: RecordingOrigin | null;
  readonly fileRemoved: boolean;
  /** The switch is done with it. */
  readonly stopped: boolean;
  /** The deleting that was under way when the switch was done: it may have missed the last of the file. */
  readonly stoppedWhileDeleted: string | null;
  /** Asked for and without a result. */
  readonly open: readonly OpenDeed[];
  /** Failed, and to be tried again after a pause. */
  readonly waiting: readonly OpenDeed[];
  /** Attempts of each deed so far. */
  readonly attempts: Readonly<Partial<Record<RecordingDeed, number>>>;
}

export const initialRecording: RecordingState = { status: 'none', origin: null, fileRemoved: false, stopped: false, stoppedWhileDeleted: null, open: [], waiting: [], attempts: {} };

const originOf = ({ recordingId, callId, legId, nodeId, path }: RecordingOrigin): RecordingOrigin => ({ recordingId, callId, legId, nodeId, path });

const STATUS_WITH: Readonly<Record<RecordingDeed, RecordingStatus | undefined>> = { store: 'storing', 'remove-file': undefined, delete: 'deleting' };

/** Every copy is to go, or has gone. */
export const isGoing = ({ status }: Pick<RecordingState, 'status'>): boolean => status === 'deleting' || status === 'deleted';

const settled = (state: RecordingState, deedId: string): RecordingState => ({ ...state, open: state.open.filter((deed) => deed.deedId !== deedId) });

/** Total over every event that a recording's stream may hold. */
export const evolveRecording = (state: RecordingState, event: RecordingEvent): RecordingState => {
  switch (event.type) {
    case 'RecordingAnnounced':
      return { ...state, status: 'running', origin: originOf(event.data) };
    case 'RecordingCompleted':
      // Erased while it ran, it is not stored; what the switch has written since is there again.
      return { ...state, status: isGoing(state) ? 'deleting' : 'storing', origin: originOf(event.data), stopped: true, fileRemoved: false, stoppedWhileDeleted: state.open.find(({ deed }) => deed === 'delete')?.deedId ?? null };
    case 'RecordingDeedRequested': {
      const { deedId, deed, attempt, deadlineAt } = event.data;
      return {
        ...state,
        status: STATUS_WITH[deed] ?? state.status,
        open: [...state.open, { deedId, deed, attempt, deadlineAt }],
        // Who deletes waits for nothing else any more.
        waiting: deed === 'delete' ? [] : state.waiting.filter((waiting) => waiting.deed !== deed),
        attempts: { ...state.attempts, [deed]: attempt },
      };
    }
    case 'RecordingStored':
      return { ...settled(state, event.data.deedId), status: isGoing(state) ? state.status : 'stored' };
    case 'RecordingFileRemoved':
      return { ...settled(state, event.data.deedId), fileRemoved: true };
    case 'RecordingDeleted':
      return { ...settled(state, event.data.deedId), status: 'deleted', fileRemoved: true };
    case 'RecordingDeedFailed': {
      const { deedId, deed, retryAt } = event.data;
      const failed = state.open.find((open) => open.deedId === deedId);
      const next = settled(state, deedId);
      if (retryAt === null || failed === undefined) return { ...next, status: deed === 'store' && state.status === 'storing' ? 'failed' : state.status };
      return { ...next, waiting: [...next.waiting, failed] };
    }
    default:
      event satisfies never;
      return state;
  }
};
