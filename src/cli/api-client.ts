/** The API answered with a problem; `code` is its stable name. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** A caller of the HTTP API with one key, for one tenant. */
export class ApiClient {
  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly tenantId?: string,
  ) {}

  get<T>(path: string): Promise<T> {
    return this.send<T>('GET', path);
  }

  post<T = unknown>(path: string, body: unknown = {}): Promise<T> {
    return this.send<T>('POST', path, body);
  }

  put<T = unknown>(path: string, body: unknown = {}): Promise<T> {
    return this.send<T>('PUT', path, body);
  }

  private async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${this.key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(this.tenantId === undefined ? {} : { 'trunkline-tenant': this.tenantId }) };
    const request = fetch(`${this.url}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const response = await request.catch((error: Error) => {
      throw new Error(`the API at ${this.url} cannot be reached: ${error.cause instanceof Error ? error.cause.message : error.message}`);
    });
    const answer = (await response.json()) as T & { readonly code?: string; readonly detail?: string };
    if (!response.ok) throw new ApiProblem(response.status, answer.code ?? 'unknown', answer.detail ?? `${method} ${path} was answered with ${response.status}`);
    return answer;
  }
}
