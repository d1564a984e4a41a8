import type { Type as Class } from '@nestjs/common';
import { Answered, ChoiceField, IntegerField, PatternField, TextField } from './fields.js';

/** Query of a route that reads one thing. */
export class AfterQuery {
  @PatternField({ description: 'Wait until the read model has this position (as a command answered it)', example: '1042', optional: true, pattern: /^\d{1,19}$/, shape: 'a position, as a command answers it: a whole number' })
  after?: string;
}

/** Query of a route that lists. */
export class PageQuery extends AfterQuery {
  @IntegerField({ description: 'Most items of the answer', example: 100, optional: true, default: 100, min: 1, max: 1000, inQuery: true })
  limit = 100;

  @TextField({ description: 'Where to go on: `next` of the page before', optional: true, max: 2000 })
  cursor?: string;
}

/** Query of a list of things that can be retired. */
export class ConfigurationQuery extends PageQuery {
  @ChoiceField({ description: 'Only those in service, or only those retired', example: 'active', optional: true, choices: ['active', 'retired'] })
  status?: 'active' | 'retired';
}

/** What every command answers. */
export class CommandAnswer {
  @Answered({ description: 'Position in the event log; a query with `?after=` waits for it. "0": nothing had to be done', type: String, example: '1042' })
  position!: string;
}

export class FieldErrorDto {
  @Answered({ description: 'Path within the body or query', type: String, example: 'settings.priority' })
  field!: string;

  @Answered({ description: 'What would be right', type: String, example: 'must be a whole number from 1 to 10' })
  message!: string;
}

/** RFC 9457. */
export class ProblemDto {
  @Answered({ type: String, example: 'urn:trunkline:problem:queue-not-found' })
  type!: string;

  @Answered({ type: String, example: 'Not Found' })
  title!: string;

  @Answered({ type: 'integer', example: 404 })
  status!: number;

  @Answered({ description: 'Stable; what a program looks at', type: String, example: 'queue-not-found' })
  code!: string;

  @Answered({ description: 'What is wrong and what would be right', type: String, example: 'there is no such queue; create it first' })
  detail!: string;

  @Answered({ description: 'Each field of the request that is wrong', type: () => FieldErrorDto, isArray: true, required: false })
  errors?: FieldErrorDto[];

  @Answered({ description: 'What to tell an operator; also in the header X-Request-Id', type: String, example: 'a3f1f5a2-2b39-4f3b-9f0e-0c5d1b6b8f51' })
  requestId!: string;
}

/** The class of a page of `item`s, for the documentation. */
export const pageDtoOf = (item: Class): Class => {
  class PageDto {
    @Answered({ type: item, isArray: true })
    items!: unknown[];

    @Answered({ description: 'Pass it as `cursor` for the next page; null at the end', type: String, nullable: true, example: null })
    next!: string | null;
  }
  Object.defineProperty(PageDto, 'name', { value: `${item.name.replace(/Dto$/, '')}PageDto` });
  return PageDto;
};

/** The class of what a command answers with an id, for the documentation. */
export const commandAnswerDtoOf = (idField: string, example: string): Class => {
  class IdCommandAnswer extends CommandAnswer {}
  Answered({ description: 'Id of what the command was for', type: String, example })(IdCommandAnswer.prototype, idField);
  Object.defineProperty(IdCommandAnswer, 'name', { value: `${idField.replace(/Id$/, '')}CommandAnswer`.replace(/^./, (first) => first.toUpperCase()) });
  return IdCommandAnswer;
};
