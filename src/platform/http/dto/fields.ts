import { applyDecorators, type Type as Class } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsBoolean, IsDefined, IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min, MinLength, ValidateIf, ValidateNested } from 'class-validator';
import { IsInstant } from './is-instant.js';

export interface FieldOptions {
  readonly description: string;
  readonly example?: unknown;
  /** May be left out. */
  readonly optional?: boolean;
  /** May be null. */
  readonly nullable?: boolean;
  /** What counts when it is left out; for the documentation, the class itself sets it. */
  readonly default?: unknown;
}

/** Comes before every other check of a field: whether it may be missing or null. */
const presence = ({ optional, nullable }: FieldOptions): PropertyDecorator => {
  if (optional === true && nullable === true) return IsOptional();
  if (optional === true) return ValidateIf((_object: unknown, value: unknown) => value !== undefined);
  // A missing field is null for @IsOptional too; here it must be said.
  if (nullable === true) return ValidateIf((_object: unknown, value: unknown) => value !== null);
  return IsDefined({ message: 'must be given' });
};

const field = (options: FieldOptions, documented: Partial<ApiPropertyOptions>, ...rules: readonly PropertyDecorator[]): PropertyDecorator => {
  const { description, example, optional, nullable } = options;
  const api = {
    description,
    required: optional !== true,
    ...(example === undefined ? {} : { example }),
    ...(nullable === true ? { nullable: true } : {}),
    ...(options.default === undefined ? {} : { default: options.default }),
    ...documented,
  } as ApiPropertyOptions;
  return applyDecorators(ApiProperty(api), presence(options), ...rules);
};

/** Text of `min` to `max` characters. */
export const TextField = (options: FieldOptions & { readonly max: number; readonly min?: number }): PropertyDecorator => {
  const { min = 1, max } = options;
  return field(options, { type: String, minLength: min, maxLength: max }, IsString({ message: 'must be a text' }), MinLength(min, { message: `must have ${min} or more characters` }), MaxLength(max, { message: `must have ${max} characters at most` }));
};

/** Text of a given shape; `shape` says in words what the pattern wants. */
export const PatternField = (options: FieldOptions & { readonly pattern: RegExp; readonly shape: string }): PropertyDecorator =>
  field(options, { type: String, pattern: options.pattern.source }, Matches(options.pattern, { message: `must be ${options.shape}` }));

/** An id as this API gives them. */
export const IdField = (options: FieldOptions): PropertyDecorator => PatternField({ ...options, pattern: ID_PATTERN, shape: 'an id as this API gives them: 1 to 100 letters, digits, dots, underscores, pluses or dashes' });

export const ID_PATTERN = /^[\w.+-]{1,100}$/;

export const IntegerField = (options: FieldOptions & { readonly min: number; readonly max: number; readonly inQuery?: boolean }): PropertyDecorator => {
  const { min, max } = options;
  const message = `must be a whole number from ${min} to ${max}`;
  return field(options, { type: 'integer', minimum: min, maximum: max }, ...(options.inQuery === true ? [Transform(({ value }: { value: unknown }) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value))] : []), IsInt({ message }), Min(min, { message }), Max(max, { message }));
};

export const BooleanField = (options: FieldOptions & { readonly inQuery?: boolean }): PropertyDecorator =>
  field(options, { type: Boolean }, ...(options.inQuery === true ? [Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))] : []), IsBoolean({ message: 'must be true or false' }));

export const ChoiceField = (options: FieldOptions & { readonly choices: readonly string[] }): PropertyDecorator =>
  field(options, { type: String, enum: [...options.choices] }, IsIn(options.choices, { message: `must be ${options.choices.length === 1 ? '' : 'one of '}${options.choices.join(', ')}` }));

/** A list without doubles of some of the choices. */
export const ChoicesField = (options: FieldOptions & { readonly choices: readonly string[]; readonly min: number }): PropertyDecorator => {
  const message = `must be a list of ${options.min} or more of ${options.choices.join(', ')}, each once`;
  return field(options, { type: String, enum: [...options.choices], isArray: true }, IsArray({ message }), ArrayMinSize(options.min, { message }), ArrayMaxSize(options.choices.length, { message }), ArrayUnique({ message }), IsIn(options.choices, { each: true, message }));
};

/** An instant, ISO 8601 with a time zone; the milliseconds may be left out. */
export const TimeField = (options: FieldOptions): PropertyDecorator => field(options, { type: String, format: 'date-time' }, IsInstant());

/** An object with fields of its own. */
export const ObjectField = (options: FieldOptions & { readonly type: () => Class }): PropertyDecorator =>
  field(options, { type: options.type }, IsObject({ message: 'must be an object' }), ValidateNested({ message: 'must be an object' }), Type(options.type));

/** A field of an answer: documented, never checked. */
export const Answered = (options: ApiPropertyOptions): PropertyDecorator => ApiProperty(options);
