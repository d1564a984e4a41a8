import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { SCOPES_EXTENSION } from './access/access.decorators.js';
import { serveDocsPage } from './docs-page.js';
import { ProblemDto } from './dto/common.dto.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Parameter = Extract<NonNullable<Operation['parameters']>[number], { in: string }>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const PROBLEMS: Readonly<Record<string, string>> = {
  '400': 'The body is not JSON',
  '401': 'No key, or one that does not open',
  '403': 'The key lacks the scope',
  '404': 'There is no such thing in this tenant',
  '409': 'It was right once, or may be later',
  '413': 'The body is too large',
  '422': 'The request itself is wrong; `errors` names the fields',
  '429': 'Too many requests of this key in this minute',
  '503': 'A part that is needed is away; the same request may be sent again',
};

const wanted = (method: string, path: string): string[] => {
  const write = method !== 'get';
  return ['401', '403', '422', '429', '503', ...(write ? ['400', '409', '413'] : []), ...(path.includes('{') || write ? ['404'] : [])];
};

/** Every route can refuse, and each has the headers of all: written once here instead of at every route. */
const complete = (document: OpenAPIObject): OpenAPIObject => {
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDto' } } };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation === undefined || !path.startsWith('/v1/')) continue;
      const scopes = (operation as { readonly [SCOPES_EXTENSION]?: readonly string[] })[SCOPES_EXTENSION] ?? [];
      if (scopes.length > 0) operation.description = [operation.description, `Scope: ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.`].filter((text) => text !== undefined).join('\n\n');
      for (const status of wanted(method, path)) operation.responses[status] ??= { description: PROBLEMS[status] ?? '', content: problem };
      const headers: Parameter[] = scopes.length === 0 ? [] : [
        { name: 'Trunkline-Tenant', in: 'header' as const, required: false, description: 'Operators’ keys only: the tenant to act for', schema: { type: 'string' } },
        ...(method === 'get' ? [] : [{ name: 'Idempotency-Key', in: 'header' as const, required: false, description: 'The same key and body again is the same command: it is carried out once', schema: { type: 'string', maxLength: 255 } }]),
      ];
      operation.parameters = [...(operation.parameters ?? []), ...headers];
    }
  }
  return document;
};

const DESCRIPTION = `Call control, live boards, reports and audits of Trunkline.

Every route under /v1 needs an API key: \`Authorization: Bearer tl_...\`. A command answers with the position that it wrote
to the event log; a query with \`?after=<position>\` waits until its read model has it. Times are ISO 8601 UTC, numbers E.164,
positions decimal strings. What is refused is answered with a problem document (RFC 9457) whose \`code\` is stable.`;

/** The page at /docs and the document at /docs-json. */
export const serveOpenApi = (app: INestApplication, version: string): void => {
  const config = new DocumentBuilder()
    .setTitle('Trunkline')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'API key: tl_<id>_<secret>' })
    .addBasicAuth({ type: 'http', scheme: 'basic', description: 'Media nodes: the user `switch` and the password in TRUNKLINE_CDR_PASSWORD' }, 'switch')
    .addSecurityRequirements('bearer')
    .build();
  const document = (): OpenAPIObject => complete(SwaggerModule.createDocument(app, config, { extraModels: [ProblemDto] }));
  SwaggerModule.setup('docs', app, document, { ui: false, raw: ['json'], jsonDocumentUrl: 'docs-json' });
  serveDocsPage(app.getHttpAdapter(), 'Trunkline API', '/docs-json');
};
