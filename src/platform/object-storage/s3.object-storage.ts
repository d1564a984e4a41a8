import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { verified } from './content.js';
import { type ByteRange, type ObjectFacts, type ObjectSource, type ObjectStorage, ObjectStorageError, requireKey } from './object-storage.port.js';

export interface S3Options {
  readonly bucket: string;
  readonly region: string;
  /** An S3-compatible store, whose buckets are addressed by path; undefined: AWS. */
  readonly endpoint: string | undefined;
  /** Undefined: the default credentials of the SDK. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Longest silence of a connection, ms. Default 30,000. */
  readonly silenceMs?: number;
}

/** The SDK warns of what is thrown anyway. */
const SILENT = { trace: () => undefined, debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** What S3 takes in one piece. */
const LARGEST_BYTES = 5 * 1024 ** 3;

const FULL = new Set(['InsufficientStorage', 'XMinioStorageFull', 'QuotaExceeded', 'XMinioAdminBucketQuotaExceeded', 'EntityTooLarge']);
const CORRUPT = new Set(['BadDigest', 'InvalidDigest', 'XAmzContentSHA256Mismatch', 'XAmzContentChecksumMismatch', 'IncompleteBody']);

interface S3Failure {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const translated = (error: unknown): ObjectStorageError => {
  if (error instanceof ObjectStorageError) return error;
  const { name = 'unknown error', $metadata } = (error ?? {}) as S3Failure;
  const status = $metadata?.httpStatusCode;
  const told = status === undefined ? name : `${name}, HTTP ${status}`;
  if (status === 412) return new ObjectStorageError('exists', 'an object with this key is there already', { cause: error });
  if (status === 507 || FULL.has(name)) return new ObjectStorageError('full', `the object storage takes no more (${told})`, { cause: error });
  if (CORRUPT.has(name)) return new ObjectStorageError('corrupt', `the object storage received something else than was sent (${told})`, { cause: error });
  if (name === 'NoSuchKey' || name === 'NotFound') return new ObjectStorageError('not-found', 'there is no object with this key', { cause: error });
  return new ObjectStorageError('unavailable', `the object storage did not do it (${told})`, { cause: error });
};

const told = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    throw translated(error);
  }
};

/**
 * Objects in a bucket of S3 or a store that is compatible. The SHA-256 is sent with the content, for
 * the store to compare, and kept in the object's metadata. Nothing depends on the framing by which
 * newer clients send checksums: older stores keep it as part of the content.
 */
export class S3ObjectStorage implements ObjectStorage {
  private readonly client: S3Client;

  constructor(private readonly options: S3Options) {
    const { region, endpoint, credentials, silenceMs = 30_000 } = options;
    this.client = new S3Client({
      region,
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      ...(credentials === undefined ? {} : { credentials }),
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 3,
      logger: SILENT,
      requestHandler: { connectionTimeout: 5_000, socketTimeout: silenceMs, httpAgent: { keepAlive: true, maxSockets: 64 }, httpsAgent: { keepAlive: true, maxSockets: 64 } },
    });
  }

  async put(key: string, source: ObjectSource): Promise<void> {
    const { bytes, sha256, contentType } = source;
    const Key = requireKey(key);
    if (bytes > LARGEST_BYTES) throw new ObjectStorageError('full', `${bytes} bytes are more than an object of S3 can have in one piece (5 GiB)`);
    const body = Readable.from(verified(() => source.open(), source), { objectMode: false });
    // The SDK does not look after a body that fails: it would wait for the rest until the connection times out.
    const broken = new AbortController();
    let reason: unknown;
    body.once('error', (error) => {
      reason = error;
      broken.abort();
    });
    try {
      await this.client.send(
        new PutObjectCommand({
          Bucket: this.options.bucket, Key, Body: bytes === 0 ? new Uint8Array() : body, ContentLength: bytes, ContentType: contentType, IfNoneMatch: '*',
          ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'), Metadata: { sha256 },
        }),
        { abortSignal: broken.signal },
      );
    } catch (error) {
      throw translated(reason ?? error);
    } finally {
      body.destroy();
    }
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const answer = await told(this.client.send(new GetObjectCommand({ Bucket: this.options.bucket, Key: requireKey(key), ...(range === undefined ? {} : { Range: `bytes=${range.first}-${range.last}` }) })));
    if (!(answer.Body instanceof Readable)) throw new ObjectStorageError('unavailable', 'the object storage answered without content');
    return answer.Body;
  }

  async head(key: string): Promise<ObjectFacts | undefined> {
    try {
      const { ContentLength, Metadata } = await told(this.client.send(new HeadObjectCommand({ Bucket: this.options.bucket, Key: requireKey(key) })));
      return { bytes: ContentLength ?? 0, sha256: Metadata?.['sha256'] ?? '' };
    } catch (error) {
      if (error instanceof ObjectStorageError && error.failure === 'not-found') return undefined;
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await told(this.client.send(new DeleteObjectCommand({ Bucket: this.options.bucket, Key: requireKey(key) })));
  }

  close(): Promise<void> {
    this.client.destroy();
    return Promise.resolve();
  }
}
