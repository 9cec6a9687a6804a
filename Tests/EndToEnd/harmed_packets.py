"""Puts values into a trace that no writer writes: the greatest and the least, of another length, twice or not at all. Every length around
them is right, so a reader comes to see them. Only what protobuf says of its wire format is known here."""
EXTREMES = [2**64 - 1, 2**63, 2**63 - 1, 2**62, 2**56, 2**48, 2**32, 2**32 - 1, 2**31, 1, 0]
FIXED = {1: [b"\xff" * 8, bytes(8), bytes(6) + b"\xf0\x7f", b"\xff" * 6 + b"\xef\x7f", b"\1" + bytes(7)], 5: [b"\xff" * 4, bytes(4), b"\0\0\x80\x7f"]}
VARINT, BYTES, PACKET = 0, 2, 1


class NoMessage(Exception):
    """The bytes are no protobuf message: a text, for one."""


def with_extremes(trace, dice, count):
    """The trace with `count` values of its packets changed. It must be a strict one, as `recover` makes it."""
    packets = [[number, value, raw] for number, wire, value, raw in fields(trace)]
    chosen = [place for place, (number, _, _) in enumerate(packets) if number == PACKET and place > 1]
    for place in dice.choices(chosen, k=count):
        value = changed(packets[place][1], dice)
        packets[place] = [PACKET, value, encoded(PACKET, BYTES, value)]
    return b"".join(raw for _, _, raw in packets)


def changed(message, dice):
    found = [(number, wire, value) for number, wire, value, _ in fields(message)]
    if not found:
        return message
    place = dice.randrange(len(found))
    number, wire, value = found[place]
    if wire == VARINT:
        value = dice.choice(EXTREMES)
    elif wire != BYTES:
        value = dice.choice(FIXED[wire])
    else:
        try:
            value = changed(value, dice)
        except NoMessage:
            value = dice.choice([b"", value * 2, b"\xff" * len(value), dice.randbytes(len(value))])
    found[place] = (number, wire, value)
    if dice.random() < 0.05:
        found.insert(place, found[place])
    elif dice.random() < 0.05:
        found.pop(place)
    return b"".join(encoded(*each) for each in found)


def fields(message):
    """(number, wire type, value, its bytes) of each field."""
    at, found = 0, []
    while at < len(message):
        begin = at
        tag, at = varint(message, at)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, at = varint(message, at)
        elif wire in (1, 5, BYTES):
            length, at = varint(message, at) if wire == BYTES else (8 if wire == 1 else 4, at)
            value, at = message[at:at + length], at + length
        else:
            raise NoMessage
        if number == 0 or at > len(message):
            raise NoMessage
        found.append((number, wire, value, message[begin:at]))
    return found


def varint(message, at):
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
    raise NoMessage


def encoded(number, wire, value):
    head = as_varint(number << 3 | wire)
    if wire == VARINT:
        return head + as_varint(value)
    return head + (as_varint(len(value)) if wire == BYTES else b"") + value


def as_varint(value):
    value, found = value & (1 << 64) - 1, bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes(found + bytes([value]))
