/**
 * One-dimensional PostgreSQL arrays in binary form, which node-postgres passes on as they are. As
 * text, every quote of every JSON document would be escaped here and unescaped again there.
 */
const HEADER = 20;
const OID = { int8: 20, int4: 23, text: 25, json: 114, uuid: 2950 } as const;

const withHeader = (oid: number, count: number, bytes: number): Buffer => {
  if (count === 0) throw new RangeError('an empty array has another form, and no use here');
  const buffer = Buffer.allocUnsafe(HEADER + bytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(0, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
};

const strings = (oid: number, values: readonly string[]): Buffer => {
  const lengths = values.map((value) => Buffer.byteLength(value));
  const buffer = withHeader(oid, values.length, lengths.reduce((sum, length) => sum + length, 4 * values.length));
  let at = HEADER;
  for (const [i, value] of values.entries()) {
    const length = lengths[i] ?? 0;
    buffer.writeInt32BE(length, at);
    buffer.write(value, at + 4, length);
    at += 4 + length;
  }
  return buffer;
};

/** Strings without NUL and lone surrogates. */
export const textArray = (values: readonly string[]): Buffer => strings(OID.text, values);

/** JSON documents as text. */
export const jsonArray = (values: readonly string[]): Buffer => strings(OID.json, values);

/** UUIDs in their usual form. */
export const uuidArray = (values: readonly string[]): Buffer => {
  const buffer = withHeader(OID.uuid, values.length, 20 * values.length);
  for (const [i, value] of values.entries()) {
    buffer.writeInt32BE(16, HEADER + 20 * i);
    buffer.write(value.replaceAll('-', ''), HEADER + 20 * i + 4, 16, 'hex');
  }
  return buffer;
};

export const int4Array = (values: readonly number[]): Buffer => {
  const buffer = withHeader(OID.int4, values.length, 8 * values.length);
  for (const [i, value] of values.entries()) {
    buffer.writeInt32BE(4, HEADER + 8 * i);
    buffer.writeInt32BE(value, HEADER + 8 * i + 4);
  }
  return buffer;
};

export const int8Array = (values: readonly bigint[]): Buffer => {
  const buffer = withHeader(OID.int8, values.length, 12 * values.length);
  for (const [i, value] of values.entries()) {
    buffer.writeInt32BE(8, HEADER + 12 * i);
    buffer.writeBigInt64BE(value, HEADER + 12 * i + 4);
  }
  return buffer;
};
