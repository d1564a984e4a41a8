import { answerDtoOf, answered, nullable } from '../../../platform/http/dto/answers.js';
import { ChoiceField, IdField, PatternField } from '../../../platform/http/dto/fields.js';
import { ERASURE_REASONS, type ErasureReason } from '../domain/person.events.js';

export class ErasePersonDto {
  @PatternField({ description: 'Whoever has this number: E.164, as it is dialled in the country of the tenant, or exactly as it stands in the CDR', example: '+4930123456', optional: true, pattern: /^\+?[0-9A-Za-z*#._() /-]{1,64}$/, shape: 'a number, such as +4930123456' })
  number?: string;

  @IdField({ description: 'This agent; in place of a number', optional: true })
  agentId?: string;

  @ChoiceField({ description: 'Why: the person asked for it, the time to keep it is over, an authority ordered it', example: 'request', choices: ERASURE_REASONS })
  reason!: ErasureReason;

  @PatternField({ description: 'Number of a ticket or a letter. It stays on record: never a name', example: 'T-4711', optional: true, pattern: /^[A-Za-z0-9._/#-]{1,64}$/, shape: '1 to 64 letters, digits, dots, slashes, dashes, underscores or #' })
  reference?: string;
}

const ErasureDto = answerDtoOf('ErasureDto', {
  erasureId: answered.id(), reason: answered.choice(ERASURE_REASONS), reference: nullable(answered.text('T-4711')), requestedAt: answered.time(), erasedAt: nullable(answered.time('Null until the keys are destroyed')),
  recordings: answered.count('Recordings that are deleted with it'),
});

export const ErasedPersonDto = answerDtoOf('ErasedPersonDto', { personId: answered.id('Opaque id, or the agent’s'), kind: answered.choice(['number', 'agent']), erasures: answered.many(ErasureDto, 'Oldest first') });

export const ErasureAnswer = answerDtoOf('ErasureAnswer', {
  position: answered.text('1042', 'Position in the event log'), erasureId: answered.id(), personId: answered.id('Under which GET /v1/persons/{personId} tells when it is done'), recordings: answered.count('Recordings that are deleted with it'),
});
