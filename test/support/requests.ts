/** An answer, its body read: JSON as a value, anything else as text. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface RequestOptions {
  readonly key?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Request = (method: string, path: string, options?: RequestOptions) => Promise<Answer>;

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text();
  const json = /[/+]json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: json && text !== '' ? (JSON.parse(text) as unknown) : text };
};

/** Sends requests to an API and reads their answers. */
export const requestAt =
  (url: string): Request =>
  async (method, path, { key, body, raw, headers = {} } = {}) =>
    answerOf(
      await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined && raw === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(raw !== undefined ? { body: raw } : body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
