import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { TENANT_DIRECTORY, type TenantDirectory } from '../../../identity/ports/identity-directory.port.js';
import { DomainError } from '../../../kernel/errors.js';
import type { CommandResult } from '../../../platform/event-store/command-executor.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import { EventLog } from '../../../platform/event-store/event-log.js';
import { e164Of } from '../../numbers/commands/phone-number.js';
import { ORIGINATION_NODES, type OriginationNodes } from '../../ports/origination-nodes.port.js';
import { PlaceCallTo } from './call.command.js';
import { Calls } from './calls.js';

@CommandHandler(PlaceCallTo)
export class PlaceCallHandler implements ICommandHandler<PlaceCallTo> {
  constructor(
    private readonly calls: Calls,
    private readonly log: EventLog,
    @Inject(ORIGINATION_NODES) private readonly nodes: OriginationNodes,
    @Inject(TENANT_DIRECTORY) private readonly tenants: TenantDirectory,
  ) {}

  async execute({ order, meta }: PlaceCallTo): Promise<{ readonly result: CommandResult; readonly callId: string }> {
    const { tenantId, commandId } = meta;
    const country = this.tenants.tenant(tenantId)?.settings.country ?? '';
    const to = e164Of(order.to, country);
    const from = order.from === null ? '' : e164Of(order.from, country);
    const node = await this.nodes.choose();
    if (node === undefined) throw new DomainError('unavailable', 'no-media-node', 'no media node is connected that could place the call; send the same request again in a while');
    // A call's id is its first leg's.
    const callId = deterministicId(commandId, 'call');
    const address = node.trunkAddress.replace('{number}', () => to);
    const personId = this.log.keys.personId(tenantId, to);
    const data = { callId, nodeId: node.nodeId, legId: callId, personId, from, fromName: order.fromName, to, address, timeoutMs: order.timeoutMs };
    return { result: await this.calls.execute(callId, { type: 'PlaceCall', data, meta }), callId };
  }
}
