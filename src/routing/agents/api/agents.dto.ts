import { CommandAnswer, commandAnswerDtoOf, pageDtoOf } from '../../../platform/http/dto/common.dto.js';
import { Answered, BooleanField, IdField, ObjectField, PatternField, TextField } from '../../../platform/http/dto/fields.js';

const EXAMPLE_ID = '6c1d1f1e-52f6-5b53-a56c-6f3a1d6c0b77';

export class AgentSettingsDto {
  @TextField({ description: 'Name of the person', example: 'Ada Lovelace', max: 100 })
  displayName!: string;

  @PatternField({ description: 'User name of the agent’s registered phone; give this or `address`', example: 'ada', optional: true, nullable: true, default: null, pattern: /^[\w.+-]{1,64}$/, shape: '1 to 64 letters, digits or the characters . _ + -' })
  deviceUser: string | null = null;

  @TextField({ description: 'Dial string instead of a registered phone', example: 'sofia/gateway/carrier/+4930123456', optional: true, nullable: true, default: null, max: 200 })
  address: string | null = null;
}

/** Body of creating an agent, and of replacing all settings. */
export class AgentSettingsBody {
  @ObjectField({ description: 'All settings of the agent', type: () => AgentSettingsDto })
  settings!: AgentSettingsDto;
}

export class PauseBody {
  @TextField({ description: 'Why', example: 'lunch', max: 64 })
  reason!: string;

  @BooleanField({ description: 'At once, even during a call, which goes on; else as soon as the agent is idle', example: false, optional: true, default: false })
  force = false;
}

export class SignOutBody {
  @BooleanField({ description: 'At once, whatever is open; else as soon as the agent is idle', example: false, optional: true, default: false })
  force = false;
}

export class EndWrapUpBody {
  @IdField({ description: 'The contact that is wrapped up; whichever it is if left out', optional: true, nullable: true, default: null })
  segmentId: string | null = null;
}

export class AgentDto {
  @Answered({ type: String, example: EXAMPLE_ID })
  agentId!: string;

  @Answered({ type: String, enum: ['active', 'retired'], example: 'active' })
  status!: 'active' | 'retired';

  @Answered({ description: 'Null once the person is erased', type: AgentSettingsDto, nullable: true })
  settings!: AgentSettingsDto | null;
}

export class ShiftAnswer extends CommandAnswer {
  @Answered({ type: String, example: EXAMPLE_ID })
  agentId!: string;

  @Answered({ description: 'The shift; null for an agent who never signed in', type: String, nullable: true, example: `${EXAMPLE_ID}+1` })
  shiftId!: string | null;
}

export const AgentPageDto = pageDtoOf(AgentDto);
export const AgentCommandAnswer = commandAnswerDtoOf('agentId', EXAMPLE_ID);
