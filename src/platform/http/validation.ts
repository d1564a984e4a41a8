import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { type FieldError, HttpProblem } from './problem.js';

const flatten = (errors: readonly ValidationError[], path: string): FieldError[] =>
  errors.flatMap((error) => {
    const field = path === '' ? error.property : `${path}.${error.property}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
      field,
      message: rule === 'whitelistValidation' ? `${error.property} is not known here` : message,
    }));
    return [...own, ...flatten(error.children ?? [], field)];
  });

/** Checks bodies and queries against their DTOs; what a DTO does not name is refused. */
export const validationPipe = (): ValidationPipe =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => {
      const fields = flatten(errors, '');
      return new HttpProblem(422, 'invalid-request', fields.map(({ field, message }) => `${field}: ${message}`).join('; ') || 'the request is not as documented', fields);
    },
  });
