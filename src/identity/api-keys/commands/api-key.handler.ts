import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { conflict } from '../../../kernel/checks.js';
import { streamOf } from '../../../kernel/streams.js';
import { CommandExecutor, type CommandResult } from '../../../platform/event-store/command-executor.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import { newApiKey } from '../../../platform/http/access/api-key.js';
import { apiKeyDecider } from '../domain/api-key.decider.js';
import { type IssuedKey, IssueKey, RevokeKey } from './api-key.command.js';

@CommandHandler(IssueKey)
export class IssueKeyHandler implements ICommandHandler<IssueKey> {
  constructor(private readonly executor: CommandExecutor) {}

  async execute({ data, meta }: IssueKey): Promise<IssuedKey> {
    const keyId = deterministicId(meta.commandId, 'api-key');
    const { key, hash } = newApiKey(keyId);
    const result = await this.executor.execute(apiKeyDecider, streamOf('apiKey', keyId), { type: 'IssueApiKey', data: { ...data, keyId, tenantId: meta.tenantId, hash }, meta });
    // What was shown the first time is not kept anywhere, and the key made just now is not the one that was issued.
    if (result.duplicate) throw conflict('api-key-already-issued', `this request has issued the key ${keyId}, and its secret was in the first answer; if that is lost, revoke it and issue another`);
    return { result, keyId, key };
  }
}

@CommandHandler(RevokeKey)
export class RevokeKeyHandler implements ICommandHandler<RevokeKey> {
  constructor(private readonly executor: CommandExecutor) {}

  execute({ keyId, reason, meta }: RevokeKey): Promise<CommandResult> {
    return this.executor.execute(apiKeyDecider, streamOf('apiKey', keyId), { type: 'RevokeApiKey', data: { reason }, meta });
  }
}
