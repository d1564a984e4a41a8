/** One end of a connection that carries bytes in order: a TCP socket, or a pair in memory. */
export interface ByteStream {
  /** Sends; false when the far side does not keep up and the writer should wait for `onDrain`. */
  write(bytes: Uint8Array): boolean;
  onData(listener: (bytes: Buffer) => void): void;
  onDrain(listener: () => void): void;
  /** Called once, when the connection is over for whatever reason. */
  onClose(listener: () => void): void;
  /** Sends what was written, then closes. */
  end(): void;
  /** Breaks the connection: what was not sent is lost. */
  destroy(): void;
}
