/** Where recordings go. Must not throw. */
export interface RecordingFiles {
  /** The recording is over: its file holds so many ms of sound. */
  write(path: string, ms: number): void;
}
