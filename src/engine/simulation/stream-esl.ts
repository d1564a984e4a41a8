import { EventEmitter } from 'node:events';
import type { Clock } from '../../kernel/clock.js';
import type { ByteStream } from '../../simulator/index.js';
import { InboundEslClient } from '../../telephony/adapters/freeswitch/esl-client.js';
import { type EslConnect, EslConnectError } from '../../telephony/adapters/freeswitch/esl-client.port.js';
import { EslDecoder, type EslMessage } from '../../telephony/adapters/freeswitch/esl-decoder.js';
import { EslExchange } from '../../telephony/adapters/freeswitch/esl-exchange.js';
import type { EslTiming, EslTransport } from '../../telephony/adapters/freeswitch/esl-transport.js';

/** Bytes in memory, with the manners of a socket. */
class StreamTransport extends EventEmitter implements EslTransport {
  closed = false;

  constructor(private readonly stream: ByteStream) {
    super();
    stream.onData((bytes) => void this.emit('data', bytes));
    stream.onClose(() => {
      this.closed = true;
      this.emit('end');
      this.emit('close');
    });
  }

  write(text: string): void {
    this.stream.write(Buffer.from(text));
  }

  end(): void {
    this.stream.end();
  }

  destroy(): void {
    this.stream.destroy();
  }

  setNoDelay(): void {}
  cork(): void {}
  uncork(): void {}
}

/** The word of whoever connects: a way to the switch, or none. `onCommand` hears what is sent; false: it is not sent any more. */
export interface StreamDialling {
  readonly open: (port: number) => ByteStream | undefined;
  readonly clock: Clock;
  readonly onCommand?: (command: string) => boolean;
}

/** Connects and authenticates as `connectEsl` does, over bytes in memory. */
export const connectOver = ({ open, clock, onCommand }: StreamDialling): EslConnect => {
  const timing: EslTiming = { now: () => clock.now(), after: (ms, task) => clock.after(ms, task), soon: (task) => void clock.after(0, task) };
  return ({ port, password, replyTimeoutMs, connectTimeoutMs }) =>
    new Promise((resolve, reject) => {
      const stream = open(port);
      if (stream === undefined) {
        clock.after(1, () => reject(new EslConnectError('unreachable', 'the switch takes no connection')));
        return;
      }
      const transport = new StreamTransport(stream);
      const decoder = new EslDecoder();
      const write = (command: string): void => {
        if (onCommand?.(command) === false) return;
        transport.write(`${command}\n\n`);
      };
      const fail = (reason: EslConnectError['reason'], message: string): void => {
        timer.cancel();
        transport.removeAllListeners();
        transport.destroy();
        reject(new EslConnectError(reason, message));
      };
      const timer = clock.after(connectTimeoutMs, () => fail('unreachable', 'the switch did not answer in time'));
      const enter = (early: readonly EslMessage[]): void => {
        timer.cancel();
        transport.removeAllListeners();
        const exchange = new EslExchange(transport, decoder, { replyTimeoutMs, write, timing });
        exchange.take(early);
        resolve(new InboundEslClient(exchange));
      };
      transport.on('data', (bytes: Buffer) => {
        const messages = decoder.push(bytes);
        for (const [index, message] of messages.entries()) {
          if (message.kind === 'auth-request') write(`auth ${password}`);
          else if (message.kind === 'reply' && message.text.startsWith('+OK')) return enter(messages.slice(index + 1));
          else return fail(message.kind === 'reply' ? 'auth' : message.kind === 'rude-rejection' ? 'rejected' : 'protocol-error', `the switch does not let us in: ${message.kind}`);
        }
      });
      transport.on('close', () => fail('unreachable', 'the switch closed the connection'));
    });
};
