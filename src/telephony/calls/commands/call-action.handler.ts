import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandResult } from '../../../platform/event-store/command-executor.js';
import { ActOnLeg, type AskedOfSwitch, BridgeLegs, HangUpCall } from './call.command.js';
import { Calls, legOf, otherLegOf } from './calls.js';

@CommandHandler(ActOnLeg)
export class ActOnLegHandler implements ICommandHandler<ActOnLeg> {
  constructor(private readonly calls: Calls) {}

  async execute({ callId, legId, side, deed, meta }: ActOnLeg): Promise<AskedOfSwitch> {
    const state = await this.calls.load(callId, meta.tenantId);
    return this.calls.order(callId, legOf(state, legId, side), deed, meta);
  }
}

@CommandHandler(BridgeLegs)
export class BridgeLegsHandler implements ICommandHandler<BridgeLegs> {
  constructor(private readonly calls: Calls) {}

  async execute({ callId, legId, otherLegId, meta }: BridgeLegs): Promise<AskedOfSwitch> {
    const state = await this.calls.load(callId, meta.tenantId);
    const one = legOf(state, legId, 'person');
    return this.calls.order(callId, one, { deed: 'bridge', otherChannelId: otherLegId ?? otherLegOf(state, one) }, meta);
  }
}

@CommandHandler(HangUpCall)
export class HangUpCallHandler implements ICommandHandler<HangUpCall> {
  constructor(private readonly calls: Calls) {}

  async execute({ callId, cause, meta }: HangUpCall): Promise<CommandResult> {
    await this.calls.load(callId, meta.tenantId);
    return this.calls.execute(callId, { type: 'HangUpCall', data: { cause }, meta });
  }
}
