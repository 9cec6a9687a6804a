// The protobuf wire format, as much of it as the trace processor's remote calls need.
// Source: https://protobuf.dev/programming-guides/encoding

/** A base-128 varint of a non-negative number. */
export function varint(value) {
  const bytes = [];
  let rest = BigInt(value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** A varint field. */
export const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);

/** A length-delimited field: a string, bytes, or a nested message. */
export function bytes(field, content) {
  const body = Buffer.from(content);
  return Buffer.concat([varint((field << 3) | 2), varint(body.length), body]);
}

/** Every varint of a packed field, as BigInt. */
export function packedVarints(buffer) {
  const reader = {buffer, offset: 0};
  const values = [];
  while (reader.offset < buffer.length) values.push(readVarint(reader));
  return values;
}

/** Every double of a packed field. */
export function packedDoubles(buffer) {
  const values = [];
  for (let offset = 0; offset < buffer.length; offset += 8) values.push(buffer.readDoubleLE(offset));
  return values;
}

/** Yields [field number, BigInt or Buffer] for each field of a message. */
export function* fields(buffer) {
  const reader = {buffer, offset: 0};
  while (reader.offset < buffer.length) {
    const tag = Number(readVarint(reader));
    const field = tag >> 3;
    switch (tag & 7) {
      case 0: yield [field, readVarint(reader)]; break;
      case 1: yield [field, readBytes(reader, 8)]; break;
      case 2: yield [field, readBytes(reader, Number(readVarint(reader)))]; break;
      case 5: yield [field, readBytes(reader, 4)]; break;
      default: throw new Error(`wire type ${tag & 7} at byte ${reader.offset}`);
    }
  }
}

function readVarint(reader) {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = reader.buffer[reader.offset++];
    if (byte === undefined) throw new Error('a varint is cut short');
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return value;
  }
}

function readBytes(reader, length) {
  const start = reader.offset;
  reader.offset += length;
  return reader.buffer.subarray(start, reader.offset);
}
