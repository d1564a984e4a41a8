import type { CommandMeta } from '../../kernel/command.js';
import type { Access } from './access/access.js';

/** What is used of a request of the HTTP server. */
export interface HttpRequest {
  /** Correlation id: the caller's `X-Request-Id` if that is a UUID, else a new one. */
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly raw: NodeJS.ReadableStream & { readonly aborted?: boolean };
  readonly routeOptions: { readonly url: string | undefined };
  /** Set by the guard: who asks, and for which tenant. */
  access?: Access;
  /** Set for requests that change something. */
  commandMeta?: CommandMeta;
}

/** What is used of an answer of the HTTP server. */
export interface HttpReply {
  readonly raw: NodeJS.WritableStream & { readonly headersSent: boolean; destroy(): unknown };
  readonly sent: boolean;
  code(status: number): HttpReply;
  header(name: string, value: string | number): HttpReply;
  type(contentType: string): HttpReply;
  send(body?: unknown): HttpReply;
  hijack(): HttpReply;
}

/** A header that may be there once. */
export const headerOf = (request: HttpRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : value?.[0];
};

/** Path of the request as it was asked, without the query. */
export const pathOf = (request: HttpRequest): string => request.url.split('?', 1)[0] ?? '';
