import type { Command } from '../../../kernel/command.js';
import type { RecordingDeed, RecordingFailure, RecordingOrigin } from './recording.events.js';

export type DeedResult =
  | { readonly done: true; /** Of what was stored; else 0 and empty. */ readonly bytes: number; readonly sha256: string }
  | { readonly done: false; readonly reason: RecordingFailure; readonly detail: string };

export type RecordingCommand =
  | Command<'AnnounceRecording', RecordingOrigin & { readonly startedAt: string }>
  | Command<'CompleteRecording', RecordingOrigin & { readonly stoppedAt: string; readonly durationMs: number | null }>
  | Command<'SettleRecordingDeed', { readonly deedId: string; readonly result: DeedResult }>
  /** The pause after the failed attempt is over. */
  | Command<'RetryRecordingDeed', { readonly deed: RecordingDeed; readonly attempt: number }>
  /** A person has removed what stood in the way. */
  | Command<'StoreRecordingAgain', Record<string, never>>
  | Command<'DeleteRecording', Record<string, never>>
  /** Somebody whose voice it has was erased: it goes, also while it still runs. One that is not known stays unknown. */
  | Command<'EraseRecording', Record<string, never>>;
