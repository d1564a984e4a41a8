import type { Type as Class } from '@nestjs/common';
import type { ApiPropertyOptions } from '@nestjs/swagger';
import { Answered } from './fields.js';

const EXAMPLE_ID = '1f6f3a52-0d0b-5a43-9a1e-6c1f0a2b7d10';
const EXAMPLE_TIME = '2026-03-01T12:00:00.000Z';

const described = (description: string | undefined): ApiPropertyOptions => (description === undefined ? {} : { description });

/** Fields of answers, as the documentation shows them. */
export const answered = {
  id: (description?: string): ApiPropertyOptions => ({ type: String, example: EXAMPLE_ID, ...described(description) }),
  text: (example: string, description?: string): ApiPropertyOptions => ({ type: String, example, ...described(description) }),
  choice: (choices: readonly string[], description?: string): ApiPropertyOptions => ({ type: String, enum: [...choices], example: choices[0], ...described(description) }),
  time: (description?: string): ApiPropertyOptions => ({ type: String, format: 'date-time', example: EXAMPLE_TIME, ...described(description) }),
  ms: (description?: string): ApiPropertyOptions => ({ type: 'integer', example: 12_340, ...described(description === undefined ? 'ms' : `${description}, ms`) }),
  count: (description?: string): ApiPropertyOptions => ({ type: 'integer', example: 3, ...described(description) }),
  number: (example: number, description?: string): ApiPropertyOptions => ({ type: Number, example, ...described(description) }),
  flag: (description?: string): ApiPropertyOptions => ({ type: Boolean, example: false, ...described(description) }),
  one: (type: Class, description?: string): ApiPropertyOptions => ({ type, ...described(description) }),
  many: (type: Class, description?: string): ApiPropertyOptions => ({ type, isArray: true, ...described(description) }),
  texts: (example: string, description?: string): ApiPropertyOptions => ({ type: String, isArray: true, example: [example], ...described(description) }),
  numbers: (example: number, description?: string): ApiPropertyOptions => ({ type: Number, isArray: true, example: [example], ...described(description) }),
  /** What counts may be keyed by is said in the description. */
  countsByName: (description: string): ApiPropertyOptions => ({ type: 'object', additionalProperties: { type: 'integer' }, example: { answered: 3 }, description }),
  json: (description: string): ApiPropertyOptions => ({ type: 'object', additionalProperties: true, description }),
} as const;

export const nullable = (options: ApiPropertyOptions): ApiPropertyOptions => ({ ...options, nullable: true }) as ApiPropertyOptions;

export const notAlways = (options: ApiPropertyOptions): ApiPropertyOptions => ({ ...options, required: false }) as ApiPropertyOptions;

const names = new Set<string>();

/** The class of an answer, for the documentation: nothing is made of it. `name` is its own, for the documentation has one list of all. */
export const answerDtoOf = (name: string, fields: Readonly<Record<string, ApiPropertyOptions>>): Class => {
  if (names.has(name)) throw new Error(`two answers are called ${name}`);
  names.add(name);
  class AnswerDto {}
  for (const [field, options] of Object.entries(fields)) Answered(options)(AnswerDto.prototype, field);
  Object.defineProperty(AnswerDto, 'name', { value: name });
  return AnswerDto;
};
