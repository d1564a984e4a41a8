import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ObjectSource } from '../../platform/object-storage/object-storage.port.js';
import type { RecordingFiles as SwitchRecordingFiles } from '../../simulator/index.js';
import type { NodesHere } from '../../telephony/adapters/host/local-recording-files.js';
import { RecordingFileProblem, type RecordingFiles } from '../../telephony/ports/recording-files.port.js';

/** What switches leave in their recordings folders: a few bytes for each second. */
export class SwitchRecordings implements SwitchRecordingFiles {
  /** Paths of all files that ever were. */
  readonly written = new Set<string>();
  private readonly files = new Map<string, Buffer>();

  write(path: string, ms: number): void {
    this.written.add(path);
    this.files.set(path, Buffer.from(`${path} `.repeat(1 + Math.floor(ms / 1_000))));
  }

  /** The folders as a process on the switches' host reaches them. */
  seenBy(nodes: NodesHere): RecordingFiles {
    return {
      isOurs: (nodeId) => nodes.isOurs(nodeId),
      open: async (_nodeId, path): Promise<ObjectSource> => {
        const content = this.files.get(path);
        if (content === undefined) throw new RecordingFileProblem('file-missing', 'there is no such file on the media node');
        return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex'), contentType: 'audio/wav', open: () => Readable.from([content], { objectMode: false }) };
      },
      remove: async (_nodeId, path): Promise<void> => void this.files.delete(path),
    };
  }
}
