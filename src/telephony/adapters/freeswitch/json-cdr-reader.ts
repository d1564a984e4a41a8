import type { ReadCdr, SwitchCdrReader } from '../../ports/switch-cdr-reader.port.js';
import { parseJsonCdr, UnreadableCdr } from './json-cdr.js';

/** Reads what mod_json_cdr posts. */
export class JsonCdrReader implements SwitchCdrReader {
  read(body: string, legOfAddress: string | undefined): ReadCdr {
    try {
      return { cdr: parseJsonCdr(body, legOfAddress) };
    } catch (error) {
      if (error instanceof UnreadableCdr) return { unreadable: error.message };
      throw error;
    }
  }
}
