import { Command } from '@nestjs/cqrs';
import type { CommandMeta } from '../../../kernel/command.js';
import type { CommandResult } from '../../../platform/event-store/command-executor.js';
import type { DeedOrder } from './deed-order.js';

/** What was asked of the switch: `actionId` names the deed in the call's events; null where nothing had to be done. */
export interface AskedOfSwitch {
  readonly result: CommandResult;
  readonly actionId: string | null;
}

/** Whose leg is meant where none is named: that of the person outside, or of the agent. */
export type LegSide = 'person' | 'agent';

/** Rings somebody outside; the call has no other leg until somebody gives it one. */
export class PlaceCallTo extends Command<{ readonly result: CommandResult; readonly callId: string }> {
  constructor(
    readonly order: {
      /** As it was written: E.164, or as it is dialled in the country of the tenant. */
      readonly to: string;
      /** What the person sees; null: withheld. */
      readonly from: string | null;
      readonly fromName: string;
      readonly timeoutMs: number;
    },
    readonly meta: CommandMeta,
  ) {
    super();
  }
}

/** A deed on one leg of a call. `legId` undefined: the leg of that side. */
export class ActOnLeg extends Command<AskedOfSwitch> {
  constructor(
    readonly callId: string,
    readonly legId: string | undefined,
    readonly side: LegSide,
    readonly deed: DeedOrder,
    readonly meta: CommandMeta,
  ) {
    super();
  }
}

/** Bridges two legs of a call. Left out: the person's leg, and the only other one. */
export class BridgeLegs extends Command<AskedOfSwitch> {
  constructor(
    readonly callId: string,
    readonly legId: string | undefined,
    readonly otherLegId: string | undefined,
    readonly meta: CommandMeta,
  ) {
    super();
  }
}

/** Hangs up every leg of a call. */
export class HangUpCall extends Command<CommandResult> {
  constructor(
    readonly callId: string,
    readonly cause: string,
    readonly meta: CommandMeta,
  ) {
    super();
  }
}

/** Sends a caller to a queue. `priority` undefined: that of the queue. */
export class EnqueueCaller extends Command<{ readonly result: CommandResult; readonly segmentId: string }> {
  constructor(
    readonly callId: string,
    readonly legId: string | undefined,
    readonly queueId: string,
    readonly priority: number | undefined,
    readonly meta: CommandMeta,
  ) {
    super();
  }
}

/** Records a leg, both directions, into a file on its media node. */
export class StartRecording extends Command<AskedOfSwitch & { readonly recordingId: string }> {
  constructor(
    readonly callId: string,
    readonly legId: string | undefined,
    readonly meta: CommandMeta,
  ) {
    super();
  }
}

export class StopRecording extends Command<AskedOfSwitch> {
  constructor(
    readonly callId: string,
    readonly recordingId: string,
    readonly meta: CommandMeta,
  ) {
    super();
  }
}
