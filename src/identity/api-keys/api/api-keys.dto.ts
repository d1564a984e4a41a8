import { CommandAnswer, commandAnswerDtoOf, pageDtoOf } from '../../../platform/http/dto/common.dto.js';
import { Answered, ChoicesField, TextField, TimeField } from '../../../platform/http/dto/fields.js';
import { type Scope, SCOPES } from '../../../platform/http/access/scope.js';

export class IssueApiKeyDto {
  @TextField({ description: 'What the key is for', example: 'wallboard', max: 100 })
  name!: string;

  @ChoicesField({ description: 'What it may do', example: ['calls:read', 'reports:read'], choices: SCOPES, min: 1 })
  scopes!: Scope[];

  @TimeField({ description: 'When it stops working; null: never', example: '2030-01-01T00:00:00.000Z', optional: true, nullable: true, default: null })
  expiresAt: string | null = null;
}

export class RevokeApiKeyQuery {
  @TextField({ description: 'Why; kept in the audit', example: 'lost laptop', optional: true, default: 'not given', max: 200 })
  reason = 'not given';
}

export class IssuedApiKeyDto extends CommandAnswer {
  @Answered({ type: String, example: '3f0a1c1e-7d0c-5b5e-9d53-8f5f0a6b2f11' })
  keyId!: string;

  @Answered({ description: 'The key. It is shown this once and cannot be had again', type: String, example: 'tl_3f0a1c1e-7d0c-5b5e-9d53-8f5f0a6b2f11_q0Wv...' })
  key!: string;
}

export class ApiKeyDto {
  @Answered({ type: String, example: '3f0a1c1e-7d0c-5b5e-9d53-8f5f0a6b2f11' })
  keyId!: string;

  @Answered({ type: String, example: 'acme' })
  tenantId!: string;

  @Answered({ type: String, example: 'wallboard' })
  name!: string;

  @Answered({ type: String, enum: [...SCOPES], isArray: true, example: ['calls:read'] })
  scopes!: Scope[];

  @Answered({ type: String, enum: ['issued', 'revoked'], example: 'issued' })
  status!: 'issued' | 'revoked';

  @Answered({ type: String, format: 'date-time', example: '2026-03-01T12:00:00.000Z' })
  issuedAt!: string;

  @Answered({ type: String, format: 'date-time', nullable: true, example: null })
  expiresAt!: string | null;
}

export const ApiKeyPageDto = pageDtoOf(ApiKeyDto);
export const ApiKeyCommandAnswer = commandAnswerDtoOf('keyId', '3f0a1c1e-7d0c-5b5e-9d53-8f5f0a6b2f11');
