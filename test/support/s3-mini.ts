import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';

export const S3_KEY = { accessKeyId: 'AKIATRUNKLINETEST', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
export const S3_REGION = 'eu-test-1';

/**
 * What goes wrong with the next request. error: 500. full: 507. slow: no answer until `release`.
 * reset: the connection is cut before an answer, nothing is stored. answer-lost: it is stored, and
 * then the connection is cut. damage: one bit of what arrives is flipped on the way. break-off: half
 * of the content is sent, then the connection is cut.
 */
export type S3Fault = 'error' | 'full' | 'slow' | 'reset' | 'answer-lost' | 'damage' | 'break-off';

interface StoredObject {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

class S3Problem extends Error {
  constructor(readonly status: number, readonly code: string) {
    super(code);
  }
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};

/** An S3 in memory that believes nothing: it verifies signatures (SigV4) and every checksum that is sent. */
export class S3Mini {
  readonly objects = new Map<string, StoredObject>();
  /** Method and key of each request, in order. */
  readonly requests: string[] = [];
  private readonly faults: { readonly method: string; readonly fault: S3Fault }[] = [];
  private waiting: (() => void)[] = [];

  private constructor(private readonly server: Server, readonly bucket: string) {}

  static async start(bucket = 'recordings'): Promise<S3Mini> {
    const server = createServer();
    const mini = new S3Mini(server, bucket);
    server.on('request', (request, response) => void mini.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return mini;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The next requests of the method meet these faults, one each. */
  fail(method: 'PUT' | 'GET' | 'HEAD' | 'DELETE', ...faults: readonly S3Fault[]): void {
    this.faults.push(...faults.map((fault) => ({ method, fault })));
  }

  /** Lets slow requests go on. */
  release(): void {
    for (const go of this.waiting.splice(0)) go();
  }

  async close(): Promise<void> {
    this.release();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? '';
    const at = this.faults.findIndex((fault) => fault.method === method);
    const fault = at < 0 ? undefined : this.faults.splice(at, 1)[0]?.fault;
    try {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const body = Buffer.concat(pieces);
      const key = this.keyOf(request);
      this.requests.push(`${method} ${key}`);
      if (fault === 'error') throw new S3Problem(500, 'InternalError');
      if (fault === 'full') throw new S3Problem(507, 'InsufficientStorage');
      if (fault === 'slow') await new Promise<void>((resolve) => this.waiting.push(resolve));
      if (fault === 'reset') return void request.socket.destroy();
      if (fault === 'damage' && body.length > 0) body[body.length >> 1]! ^= 1;
      this.verifySignature(request);
      this.serve(method, key, request, body, response, fault);
    } catch (error) {
      if (request.destroyed && !request.complete) return;
      const { status, code } = error instanceof S3Problem ? error : new S3Problem(500, 'InternalError');
      response.writeHead(status, { 'content-type': 'application/xml' }).end(method === 'HEAD' ? undefined : `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
    }
  }

  private serve(method: string, key: string, request: IncomingMessage, body: Buffer, response: ServerResponse, fault: S3Fault | undefined): void {
    const found = this.objects.get(key);
    if (method === 'PUT') {
      verifyBody(request, body);
      if (headerOf(request, 'if-none-match') === '*' && found !== undefined) throw new S3Problem(412, 'PreconditionFailed');
      const headers: Record<string, string> = { 'content-type': headerOf(request, 'content-type') ?? 'binary/octet-stream', etag: `"${createHash('md5').update(body).digest('hex')}"` };
      for (const name of Object.keys(request.headers)) if (name.startsWith('x-amz-meta-')) headers[name] = headerOf(request, name) ?? '';
      this.objects.set(key, { body, headers });
      if (fault === 'answer-lost') return void request.socket.destroy();
      response.writeHead(200, { etag: headers['etag'] ?? '' }).end();
      return;
    }
    if (method === 'DELETE') {
      this.objects.delete(key);
      response.writeHead(204).end();
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') throw new S3Problem(405, 'MethodNotAllowed');
    if (found === undefined) throw new S3Problem(404, 'NoSuchKey');
    const part = partOf(headerOf(request, 'range'), found.body);
    response.writeHead(part === found.body ? 200 : 206, { ...found.headers, 'content-length': part.length, 'accept-ranges': 'bytes' });
    if (method === 'HEAD') return void response.end();
    if (fault !== 'break-off') return void response.end(part);
    response.write(part.subarray(0, part.length >> 1), () => request.socket.destroy());
  }

  private keyOf(request: IncomingMessage): string {
    const [, bucket, ...rest] = (request.url ?? '').split('?', 1)[0]!.split('/');
    if (bucket !== this.bucket) throw new S3Problem(404, 'NoSuchBucket');
    return decodeURIComponent(rest.join('/'));
  }

  private verifySignature(request: IncomingMessage): void {
    const [, credential = '', signedHeaders = '', signature = ''] = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(headerOf(request, 'authorization') ?? '') ?? [];
    const [accessKeyId, date = '', region = '', service = '', end = ''] = credential.split('/');
    if (accessKeyId !== S3_KEY.accessKeyId) throw new S3Problem(403, 'InvalidAccessKeyId');
    const names = signedHeaders.split(';');
    const unsigned = Object.keys(request.headers).filter((name) => name.startsWith('x-amz-') && !names.includes(name));
    if (!names.includes('host') || unsigned.length > 0 || region !== S3_REGION || service !== 's3') throw new S3Problem(403, 'AccessDenied');
    const time = headerOf(request, 'x-amz-date') ?? '';
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const canonical = [
      request.method,
      path,
      query.split('&').filter((pair) => pair !== '').map((pair) => (pair.includes('=') ? pair : `${pair}=`)).sort().join('&'),
      ...names.map((name) => `${name}:${(headerOf(request, name) ?? '').trim().replace(/ +/g, ' ')}`),
      '',
      signedHeaders,
      headerOf(request, 'x-amz-content-sha256') ?? '',
    ].join('\n');
    const toSign = ['AWS4-HMAC-SHA256', time, `${date}/${region}/${service}/${end}`, sha256(canonical)].join('\n');
    const key = [date, region, service, end].reduce<Buffer>((secret, part) => hmac(secret, part), Buffer.from(`AWS4${S3_KEY.secretAccessKey}`));
    const right = hmac(key, toSign);
    const given = Buffer.from(signature, 'hex');
    if (!time.startsWith(date) || given.length !== right.length || !timingSafeEqual(given, right)) throw new S3Problem(403, 'SignatureDoesNotMatch');
  }
}

/** Framed content (aws-chunked) is refused: a store that does not know it would keep the frames. */
const verifyBody = (request: IncomingMessage, body: Buffer): void => {
  const claimed = headerOf(request, 'x-amz-content-sha256') ?? '';
  if (claimed.startsWith('STREAMING-') || (headerOf(request, 'content-encoding') ?? '').includes('aws-chunked')) throw new S3Problem(501, 'NotImplemented');
  if (headerOf(request, 'content-length') === undefined) throw new S3Problem(411, 'MissingContentLength');
  if (claimed !== 'UNSIGNED-PAYLOAD' && claimed !== sha256(body)) throw new S3Problem(400, 'XAmzContentSHA256Mismatch');
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  const sums: Readonly<Record<string, string>> = {
    'x-amz-checksum-sha256': createHash('sha256').update(body).digest('base64'),
    'x-amz-checksum-crc32': crc.toString('base64'),
    'content-md5': createHash('md5').update(body).digest('base64'),
  };
  for (const [name, right] of Object.entries(sums)) {
    const given = headerOf(request, name);
    if (given !== undefined && given !== right) throw new S3Problem(400, 'BadDigest');
  }
};

const partOf = (range: string | undefined, body: Buffer): Buffer => {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === undefined) return body;
  if (Number(first) >= body.length) throw new S3Problem(416, 'InvalidRange');
  return body.subarray(Number(first), last === '' || last === undefined ? undefined : Number(last) + 1);
};
