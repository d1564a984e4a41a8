import { invalid } from '../../../kernel/checks.js';
import { commandAnswerDtoOf, pageDtoOf } from '../../../platform/http/dto/common.dto.js';
import { Answered, ChoiceField, IdField, IntegerField, ObjectField, TextField } from '../../../platform/http/dto/fields.js';
import type { Overflow, QueueSettings } from '../../contract/routing-events.js';

const DAY_MS = 86_400_000;
const EXAMPLE_ID = '0b8f4a52-5a7f-5c1e-9c56-1d1f6a0c9a11';

export class OverflowDto {
  @ChoiceField({ description: 'Where a caller goes who cannot wait here any longer', example: 'hang-up', choices: ['hang-up', 'queue'] })
  kind: 'hang-up' | 'queue' = 'hang-up';

  @IdField({ description: 'The other queue, where kind is `queue`', example: EXAMPLE_ID, optional: true })
  queueId?: string;
}

export class QueueSettingsDto {
  @TextField({ description: 'Name of the queue', example: 'Sales', max: 100 })
  name!: string;

  @ChoiceField({ description: 'Who is offered a caller first', example: 'longest-idle-agent', optional: true, default: 'longest-idle-agent', choices: ['longest-idle-agent'] })
  strategy: 'longest-idle-agent' = 'longest-idle-agent' as const;

  @ChoiceField({ description: 'When the caller is answered, and pays: on entry, or by the agent', example: 'on-entry', optional: true, default: 'on-entry', choices: ['on-entry', 'by-agent'] })
  answer: 'on-entry' | 'by-agent' = 'on-entry';

  @TextField({ description: 'What waiting callers hear; null: the music of the media node', example: 'local_stream://moh', optional: true, nullable: true, default: null, max: 300 })
  music: string | null = null;

  @IntegerField({ description: 'Priority of its callers, 1 is first; within one priority the longest waiting is first', example: 5, optional: true, default: 5, min: 1, max: 10 })
  priority = 5;

  @IntegerField({ description: 'Longest wait, ms; null: for ever', example: 600_000, optional: true, nullable: true, default: null, min: 1, max: DAY_MS })
  maxWaitMs: number | null = null;

  @IntegerField({ description: 'Most callers waiting at a time; null: no limit. A caller whom a command puts into the queue is counted exactly by a process that has the role telephony too; one without it counts those that the live board shows, which is behind by a moment, so that some more may come in', example: 50, optional: true, nullable: true, default: null, min: 0, max: 100_000 })
  maxLength: number | null = null;

  @ObjectField({ description: 'What happens to a caller who cannot wait here any longer', optional: true, default: { kind: 'hang-up' }, type: () => OverflowDto })
  overflow = new OverflowDto();

  @IntegerField({ description: 'How long an agent’s phone rings, ms', example: 20_000, optional: true, default: 20_000, min: 1000, max: 300_000 })
  ringTimeoutMs = 20_000;

  @IntegerField({ description: 'How long an agent is left alone after not answering, ms', example: 10_000, optional: true, default: 10_000, min: 0, max: DAY_MS })
  noAnswerDelayMs = 10_000;

  @IntegerField({ description: 'How long an agent is left alone after refusing or being busy, ms', example: 5_000, optional: true, default: 5_000, min: 0, max: DAY_MS })
  rejectDelayMs = 5_000;

  @IntegerField({ description: 'Offers in a row not answered, after which the agent is paused; null: never', example: 3, optional: true, nullable: true, default: 3, min: 1, max: 1000 })
  maxNoAnswer: number | null = 3;

  @IntegerField({ description: 'Time after a contact before the next offer, ms', example: 15_000, optional: true, default: 15_000, min: 0, max: DAY_MS })
  wrapUpMs = 15_000;

  @IntegerField({ description: 'Threshold of the service level, s', example: 20, optional: true, default: 20, min: 1, max: 86_400 })
  serviceLevelSeconds = 20;

  @IntegerField({ description: 'Abandons within so many seconds count as short', example: 5, optional: true, default: 5, min: 0, max: 86_400 })
  shortAbandonSeconds = 5;
}

const overflowOf = ({ kind, queueId }: OverflowDto): Overflow => {
  if (kind === 'queue' && queueId === undefined) throw invalid('invalid-overflow', 'overflow.queueId must be given where overflow.kind is queue');
  if (kind === 'hang-up' && queueId !== undefined) throw invalid('invalid-overflow', 'overflow.queueId has no meaning where overflow.kind is hang-up; leave it out');
  return kind === 'queue' && queueId !== undefined ? { kind, queueId } : { kind: 'hang-up' };
};

export const queueSettingsOf = ({ overflow, ...settings }: QueueSettingsDto): QueueSettings => ({ ...settings, overflow: overflowOf(overflow) });

/** Body of creating a queue, and of replacing all its settings. */
export class QueueSettingsBody {
  @ObjectField({ description: 'All settings of the queue; what is left out gets its default', type: () => QueueSettingsDto })
  settings!: QueueSettingsDto;
}

export class QueueMemberBody {
  @IntegerField({ description: 'Agents of the lowest level are offered first', example: 1, optional: true, default: 1, min: 1, max: 100 })
  level = 1;

  @IntegerField({ description: 'Order within the level where agents have been idle equally long', example: 1, optional: true, default: 1, min: 1, max: 100_000 })
  position = 1;
}

export class QueueMemberDto {
  @Answered({ type: String, example: '6c1d1f1e-52f6-5b53-a56c-6f3a1d6c0b77' })
  agentId!: string;

  @Answered({ type: 'integer', example: 1 })
  level!: number;

  @Answered({ type: 'integer', example: 1 })
  position!: number;
}

export class QueueDto {
  @Answered({ type: String, example: EXAMPLE_ID })
  queueId!: string;

  @Answered({ type: String, enum: ['active', 'retired'], example: 'active' })
  status!: 'active' | 'retired';

  @Answered({ type: QueueSettingsDto })
  settings!: QueueSettingsDto;

  @Answered({ type: QueueMemberDto, isArray: true })
  members!: QueueMemberDto[];
}

export const QueuePageDto = pageDtoOf(QueueDto);
export const QueueCommandAnswer = commandAnswerDtoOf('queueId', EXAMPLE_ID);
