import { HttpException } from '@nestjs/common';
import { DomainError, type RefusalKind } from '../../kernel/errors.js';
import { EventStoreUnavailable } from '../event-store/event-store.port.js';
import { DatabaseUnavailable, sqlState } from '../postgres/database-errors.js';

/** What is wrong with one field of a request, and what would be right. */
export interface FieldError {
  /** Path within the body or query, e.g. `settings.priority`. */
  readonly field: string;
  readonly message: string;
}

/** Body of every answer that is not a success: RFC 9457, with a stable `code`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly [extension: string]: unknown;
}

/** A refusal at the border, before anything of the domain is asked. `headers` are sent with it. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors?: readonly FieldError[],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

const STATUS_OF: Readonly<Record<RefusalKind, number>> = { invalid: 422, 'not-found': 404, conflict: 409, forbidden: 403, unavailable: 503 };

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 406: 'Not Acceptable', 408: 'Request Timeout', 409: 'Conflict',
  413: 'Content Too Large', 414: 'URI Too Long', 415: 'Unsupported Media Type', 416: 'Range Not Satisfiable', 422: 'Unprocessable Content', 429: 'Too Many Requests', 431: 'Request Header Fields Too Large',
  500: 'Internal Server Error', 503: 'Service Unavailable', 504: 'Gateway Timeout',
};

const problem = (status: number, code: string, detail: string, more: Readonly<Record<string, unknown>> = {}): Problem => ({
  ...more,
  type: `urn:trunkline:problem:${code}`,
  title: TITLES[status] ?? 'Error',
  status,
  code,
  detail,
});

type Known = readonly [status: number, code: string, detail: string];

const INTERNAL: Known = [500, 'internal-error', 'something went wrong here; the log has the request id'];
const MALFORMED_JSON: Known = [400, 'malformed-json', 'the body is not valid JSON'];
const TOO_LARGE: Known = [413, 'body-too-large', 'the body is larger than 1 MiB'];
const NOT_JSON: Known = [415, 'unsupported-media-type', 'send the body as application/json'];

/** Refusals of the HTTP server itself, by its own codes. */
const SERVER_PROBLEMS: Readonly<Record<string, Known>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: MALFORMED_JSON,
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'malformed-json', 'the body is empty; send a JSON object, such as {}, or leave the content type out'],
  FST_ERR_CTP_BODY_TOO_LARGE: TOO_LARGE,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: NOT_JSON,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'malformed-request', 'the content length does not fit the body'],
  FST_ERR_BAD_URL: [400, 'malformed-request', 'the path is not a valid URL path'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'path-too-long', 'a part of the path is too long'],
};

/** The same after Nest has wrapped them in exceptions of its own, which keep the status alone. */
const WRAPPED: Readonly<Record<number, Known>> = {
  404: [404, 'unknown-route', 'there is no such route; /docs lists those that there are'],
  413: TOO_LARGE,
  415: NOT_JSON,
};

/** SQLSTATE of a table that is not there. */
const UNDEFINED_TABLE = '42P01';

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};

/** The answer to whatever was thrown; a mistake of the program tells nothing of itself. */
export const problemOf = (error: unknown): Problem => {
  if (error instanceof HttpProblem) return problem(error.status, error.code, error.message, error.errors === undefined ? {} : { errors: error.errors });
  if (error instanceof DomainError) return problem(STATUS_OF[error.kind], error.code, error.message, Object.keys(error.details).length === 0 ? {} : { details: error.details });
  if (error instanceof DatabaseUnavailable) return problem(503, 'database-unavailable', 'the database did not answer; send the same request again');
  if (error instanceof EventStoreUnavailable) return problem(503, 'event-store-unavailable', 'the event store did not answer; send the same request again');
  if (sqlState(error) === UNDEFINED_TABLE) return problem(503, 'read-model-not-built', 'this read model is not built yet; is a process with the role worker running?');
  const known = SERVER_PROBLEMS[codeOf(error)];
  if (known !== undefined) return problem(...known);
  if (error instanceof HttpException) {
    const status = error.getStatus();
    // What the JSON parser throws.
    if (status === 400 && /json|Unexpected /i.test(error.message)) return problem(...MALFORMED_JSON);
    return problem(...(WRAPPED[status] ?? (status < 500 ? [status, 'bad-request', error.message] : INTERNAL)));
  }
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) return problem(status, 'bad-request', 'the server could not read the request');
  return problem(...INTERNAL);
};
