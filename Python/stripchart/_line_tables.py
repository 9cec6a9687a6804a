"""The sums of the lines, straight from a recording that is still being written.

Docs/recording-format.md describes what is read here: table blocks, and the notes `code`.
"""
from __future__ import annotations

import mmap
import struct
from typing import Dict, NamedTuple, Tuple, Union

_BLOCK = 8192
_HEADER = 64
_MAGIC = b"STRIPTBL"
_LINES = 1
# code, line, hits, self_ns, total_ns, max_ns, cpu_ns, rss_growth, storage_bytes, minor_faults, open_since
_ENTRY = struct.Struct("<IIQQQQqqQQQ")


class LineSums(NamedTuple):
    hits: int = 0
    self_ns: int = 0
    cpu_ns: int = 0
    rss_growth: int = 0
    storage_bytes: int = 0

    def minus(self, other: LineSums) -> LineSums:
        return LineSums(*(one - two for one, two in zip(self, other)))

    def plus(self, other: LineSums) -> LineSums:
        return LineSums(*(one + two for one, two in zip(self, other)))


def line_sums(path: str) -> Dict[Tuple[int, int], LineSums]:
    """(number of the code, line) → its sums so far, over all processes. Errors: OSError, ValueError (an empty file).

    Cost: one look at each 8 KiB of the file, some 10 ms for 256 MiB.
    """
    sums: Dict[Tuple[int, int], LineSums] = {}
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(_MAGIC)
        while at >= 0:
            start = at - 8
            if start % _BLOCK == 0 and start + _BLOCK <= len(data):
                kind, size = struct.unpack_from("<II", data, start + 16)
                (count,) = struct.unpack_from("<I", data, start + 40)
                if kind == _LINES and size == _ENTRY.size and count <= (_BLOCK - _HEADER) // _ENTRY.size:
                    for index in range(count):
                        code, line, hits, self_ns, _, _, cpu, growth, storage, _, _ = _ENTRY.unpack_from(
                            data, start + _HEADER + index * _ENTRY.size
                        )
                        one = LineSums(hits, self_ns, cpu, growth, storage)
                        before = sums.get((code, line))
                        sums[code, line] = one if before is None else before.plus(one)
            at = data.find(_MAGIC, at + 8)
    return sums


_NOTE_CODE = b"\xba\x01\x04code"  # TrackEvent.name (field 23) = "code"
_ANNOTATION = 0x22  # TrackEvent.debug_annotations, field 4, length-delimited


def code_places(path: str) -> Dict[int, Tuple[str, str]]:
    """The number of a code → (its file, its qualified name): the `code` notes of the recording's journal."""
    places: Dict[int, Tuple[str, str]] = {}
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(_NOTE_CODE)
        while at >= 0:
            values = _annotations(data, at + len(_NOTE_CODE))
            number, source, name = values.get("code"), values.get("file"), values.get("name")
            if isinstance(number, int) and isinstance(source, str) and isinstance(name, str):
                places[number] = (source, name)
            at = data.find(_NOTE_CODE, at + 1)
    return places


def _annotations(data: mmap.mmap, at: int) -> Dict[str, Union[int, str]]:
    """The whole numbers and texts among the debug annotations that begin at `at`."""
    values: Dict[str, Union[int, str]] = {}
    try:
        while data[at] == _ANNOTATION:
            length, at = _varint(data, at + 1)
            end = at + length
            name = ""
            while at < end:
                tag, at = _varint(data, at)
                number, at = _varint(data, at)
                if tag & 7 == 0:
                    if tag >> 3 in (3, 4):  # uint_value, int_value
                        values[name] = number
                elif tag & 7 == 2:
                    text = data[at : at + number].decode("utf-8", "replace")
                    at += number
                    if tag >> 3 == 10:
                        name = text
                    elif tag >> 3 == 6:  # string_value
                        values[name] = text
                else:
                    return values
    except IndexError:
        pass
    return values


def _varint(data: mmap.mmap, at: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80 or shift > 63:
            return value, at
        shift += 7
