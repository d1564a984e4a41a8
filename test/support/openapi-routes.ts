import type { ApiApp } from './api-app.js';

type Schema = { readonly [field: string]: unknown };

/** A route as the OpenAPI document tells of it. */
export interface DocumentedRoute {
  readonly method: string;
  readonly path: string;
  readonly scopes: readonly string[];
  /** Whether its answer never ends (server-sent events). */
  readonly streams: boolean;
  /** Path and query with these ids and with the examples of the documentation. */
  urlFor(ids: Readonly<Record<string, string>>): string;
  /** A body made of the examples; `ids` stand in for those of the documentation. Undefined where none is wanted. */
  bodyFor(ids: Readonly<Record<string, string>>): unknown;
}

interface Operation {
  readonly 'x-scopes'?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean; readonly example?: unknown; readonly schema?: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const exampleOf = (schema: Schema, schemas: Document['components']['schemas'], ids: Readonly<Record<string, string>>, path: string): unknown => {
  if (schema['example'] !== undefined) return schema['example'];
  if (typeof schema['$ref'] === 'string') return exampleOf(schemas[schema['$ref'].split('/').at(-1) ?? ''] ?? {}, schemas, ids, path);
  const [first] = (schema['allOf'] ?? []) as Schema[];
  if (first !== undefined) return exampleOf(first, schemas, ids, path);
  if (schema['type'] === 'object') {
    const required = (schema['required'] ?? []) as string[];
    const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
    return Object.fromEntries(required.map((name) => [name, ids[name] ?? exampleOf(properties[name] ?? {}, schemas, ids, `${path}.${name}`)]));
  }
  throw new Error(`${path} is required and the documentation has no example of it`);
};

/** Every route that the API documents, so that a test of all of them covers a new one by itself. */
export const documentedRoutes = async (app: Pick<ApiApp, 'request'>): Promise<DocumentedRoute[]> => {
  const { body } = await app.request('GET', '/docs-json');
  const { paths, components } = body as Document;
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): DocumentedRoute => {
      const schema = operation.requestBody?.content['application/json']?.schema;
      const name = `${method.toUpperCase()} ${path}`;
      return {
        method: method.toUpperCase(),
        path,
        scopes: operation['x-scopes'] ?? [],
        streams: operation.responses['200']?.content?.['text/event-stream'] !== undefined,
        urlFor: (ids) => {
          const filled = path.replaceAll(/\{(\w+)\}/g, (_, id: string) => {
            const value = ids[id];
            if (value === undefined) throw new Error(`the test does not know what {${id}} of ${name} is`);
            return value;
          });
          const query = (operation.parameters ?? [])
            .filter((parameter) => parameter.in === 'query' && parameter.required === true)
            .map((parameter) => `${parameter.name}=${encodeURIComponent(String(parameter.example ?? exampleOf(parameter.schema ?? {}, components.schemas, ids, `${name}?${parameter.name}`)))}`);
          return query.length === 0 ? filled : `${filled}?${query.join('&')}`;
        },
        bodyFor: (ids) => (schema === undefined ? undefined : exampleOf(schema, components.schemas, ids, name)),
      };
    }),
  );
};
