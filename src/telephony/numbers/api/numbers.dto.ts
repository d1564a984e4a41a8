import { CommandAnswer, commandAnswerDtoOf, pageDtoOf } from '../../../platform/http/dto/common.dto.js';
import { Answered, ChoiceField, IdField, ObjectField, TextField } from '../../../platform/http/dto/fields.js';

const EXAMPLE_ID = '9a6f2f83-7d6c-5a10-8a51-4f4d6c1b2e90';

export class NumberDestinationDto {
  @ChoiceField({ description: 'Where calls go', example: 'queue', choices: ['queue'] })
  kind!: 'queue';

  @IdField({ description: 'The queue', example: '0b8f4a52-5a7f-5c1e-9c56-1d1f6a0c9a11' })
  queueId!: string;
}

export class AssignNumberBody {
  @TextField({ description: 'E.164, or as it is dialled in the country of the tenant, or a short internal number of 2 to 6 digits', example: '+4930123456', max: 40 })
  number!: string;

  @ObjectField({ description: 'Where calls to it go', type: () => NumberDestinationDto })
  destination!: NumberDestinationDto;
}

export class ConfigureNumberBody {
  @ObjectField({ description: 'Where calls to it go from now on', type: () => NumberDestinationDto })
  destination!: NumberDestinationDto;
}

export class NumberDto {
  @Answered({ type: String, example: EXAMPLE_ID })
  numberId!: string;

  @Answered({ description: 'E.164, or a short internal number', type: String, example: '+4930123456' })
  number!: string;

  @Answered({ type: String, enum: ['active', 'retired'], example: 'active' })
  status!: 'active' | 'retired';

  @Answered({ type: NumberDestinationDto })
  destination!: NumberDestinationDto;
}

export class AssignedNumberDto extends CommandAnswer {
  @Answered({ type: String, example: EXAMPLE_ID })
  numberId!: string;

  @Answered({ description: 'The number as it is kept', type: String, example: '+4930123456' })
  number!: string;
}

export const NumberPageDto = pageDtoOf(NumberDto);
export const NumberCommandAnswer = commandAnswerDtoOf('numberId', EXAMPLE_ID);
