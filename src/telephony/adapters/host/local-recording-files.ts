import { realpath, stat, unlink } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { fileSource } from '../../../platform/object-storage/content.js';
import { contentTypeOf } from '../../../platform/object-storage/content-type.js';
import type { ObjectSource } from '../../../platform/object-storage/object-storage.port.js';
import { RecordingFileProblem, type RecordingFiles } from '../../ports/recording-files.port.js';

/** Which nodes' files are for this process, and where they are. */
export interface NodesHere {
  isOurs(nodeId: string): boolean;
  /** Undefined for a node that nobody knows. */
  folderOf(nodeId: string): string | undefined;
}

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'unknown error';
};

const unreadable = (error: unknown): RecordingFileProblem => {
  if (error instanceof RecordingFileProblem) return error;
  const code = codeOf(error);
  if (code === 'ENOENT') return new RecordingFileProblem('file-missing', 'there is no such file on the media node');
  return new RecordingFileProblem('file-unreadable', `the file cannot be read or removed (${code}); this process must be allowed to do both in the recordings folder`);
};

const isWithin = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return way !== '' && !isAbsolute(way) && way.split(/[/\\]/)[0] !== '..';
};

/** Files in the recordings folders of the switches on this machine; nothing outside of them is touched, by whatever links. */
export class LocalRecordingFiles implements RecordingFiles {
  constructor(private readonly nodes: NodesHere) {}

  isOurs(nodeId: string): boolean {
    return this.nodes.isOurs(nodeId);
  }

  async open(nodeId: string, path: string): Promise<ObjectSource> {
    try {
      const file = await this.find(nodeId, path);
      return await fileSource(file, contentTypeOf(file));
    } catch (error) {
      throw unreadable(error);
    }
  }

  async remove(nodeId: string, path: string): Promise<void> {
    try {
      await unlink(await this.find(nodeId, path));
    } catch (error) {
      const problem = unreadable(error);
      if (problem.reason !== 'file-missing') throw problem;
    }
  }

  /** The file itself, behind all links. */
  private async find(nodeId: string, path: string): Promise<string> {
    const named = this.nodes.folderOf(nodeId);
    if (named === undefined) throw new RecordingFileProblem('folder-missing', 'the media node has no recordings folder any more');
    const folder = await realpath(named).catch((error: unknown) => {
      throw new RecordingFileProblem('folder-missing', `the recordings folder of the media node cannot be reached from here (${codeOf(error)}); is it mounted, and is TRUNKLINE_MEDIA_NODES right?`);
    });
    if (!isWithin(resolve(named), resolve(named, path)) && !isWithin(folder, resolve(folder, path))) throw outside();
    const file = await realpath(resolve(named, path));
    if (!isWithin(folder, file)) throw outside();
    if (!(await stat(file)).isFile()) throw new RecordingFileProblem('no-file', 'what is recorded to is no ordinary file');
    return file;
  }
}

const outside = (): RecordingFileProblem => new RecordingFileProblem('outside-folder', 'the file is not in the recordings folder of its media node; record to there, or set that folder for the node');
