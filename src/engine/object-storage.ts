import { join } from 'node:path';
import type { Clock, Random } from '../kernel/clock.js';
import { FolderObjectStorage } from '../platform/object-storage/folder.object-storage.js';
import type { ObjectStorage } from '../platform/object-storage/object-storage.port.js';
import type { TrunklineSettings } from '../settings.js';

export type ObjectStorageSettings = Pick<TrunklineSettings, 'dataDir' | 'recordingsBucket' | 's3Endpoint' | 's3Region' | 's3AccessKey' | 's3SecretKey'>;

/** A bucket where one is named, else a folder of the data folder. Throws an Error that says which settings do not go together. */
export const openObjectStorage = async (settings: ObjectStorageSettings, clock: Clock, random: Random): Promise<ObjectStorage> => {
  const { dataDir, recordingsBucket: bucket, s3Endpoint: endpoint, s3Region: region, s3AccessKey: accessKeyId, s3SecretKey: secretAccessKey } = settings;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) throw new Error('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together: set both, or none for the default credentials of the AWS SDK');
  if (bucket === undefined) {
    if (endpoint !== undefined) throw new Error('S3_ENDPOINT is set, but S3_BUCKET is not: name the bucket for recordings');
    return new FolderObjectStorage(join(dataDir, 'objects'), { clock, random });
  }
  // Only who uses it waits for the SDK to load.
  const { S3ObjectStorage } = await import('../platform/object-storage/s3.object-storage.js');
  return new S3ObjectStorage({ bucket, region, endpoint, credentials: accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey } });
};
