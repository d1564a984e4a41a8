import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HttpServer } from '@nestjs/common';
import type { HttpReply } from './http-request.js';

// Swagger UI comes with @nestjs/swagger, and is found from there.
const nearSwagger = createRequire(createRequire(import.meta.url).resolve('@nestjs/swagger'));

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const page = (title: string, documentUrl: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js" data-document="${documentUrl}"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: document.currentScript.dataset.document, dom_id: '#swagger-ui', deepLinking: true, persistAuthorization: true });\n`;

/** The documentation's page at /docs: Swagger UI, all of it from here, so that it works without the Internet. */
export const serveDocsPage = (server: Pick<HttpServer<unknown, HttpReply>, 'get'>, title: string, documentUrl: string): void => {
  const html = page(title, documentUrl);
  const folder = dirname(nearSwagger.resolve('swagger-ui-dist/package.json'));
  for (const path of ['/docs', '/docs/']) {
    server.get(path, (_request: unknown, reply: HttpReply) => {
      reply.type('text/html; charset=utf-8').header('content-security-policy', "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:").send(html);
    });
  }
  server.get('/docs/start.js', (_request: unknown, reply: HttpReply) => void reply.type('text/javascript; charset=utf-8').send(START));
  for (const [name, contentType] of Object.entries(ASSETS)) {
    server.get(`/docs/${name}`, async (_request: unknown, reply: HttpReply) => reply.type(contentType).send(await readFile(join(folder, name))));
  }
};
