"""Writes MaxMind databases for tests, from the specification and not from the reader."""

import ipaddress
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def _control(kind: int, length: int) -> bytes:
    small, rest = length, b""
    if length >= 285:
        small, rest = 30, (length - 285).to_bytes(2)
    elif length >= 29:
        small, rest = 29, bytes([length - 29])
    if kind < 8:
        return bytes([kind << 5 | small]) + rest
    return bytes([small, kind - 7]) + rest


def encoded(value: Any) -> bytes:
    """A value of the data section."""
    if isinstance(value, bool):
        return _control(14, int(value))
    if isinstance(value, str):
        raw = value.encode()
        return _control(2, len(raw)) + raw
    if isinstance(value, float):
        return _control(3, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        raw = value.to_bytes((value.bit_length() + 7) // 8)
        return _control(6, len(raw)) + raw
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(encoded, value))
    pairs = b"".join(encoded(key) + encoded(each) for key, each in value.items())
    return _control(7, len(value)) + pairs


def write_mmdb(
    file: Path, networks: Mapping[str, Any], *, version: int = 6, record_size: int = 28
) -> Path:
    """A database of disjoint networks; IPv4 ones lie under ::/96 in one of version 6."""
    nodes: list[list[Any]] = [[None, None]]
    for text, value in networks.items():
        network = ipaddress.ip_network(text)
        bits = f"{int(network.network_address):0{network.max_prefixlen}b}"[: network.prefixlen]
        if version == 6 and network.version == 4:
            bits = "0" * 96 + bits
        at = 0
        for bit in map(int, bits[:-1]):
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
        nodes[at][int(bits[-1])] = value if isinstance(value, dict) else {"asn": value}
    data, tree = b"", b""
    for pair in nodes:
        records = []
        for each in pair:
            if each is None:
                records.append(len(nodes))
            elif isinstance(each, dict):
                records.append(len(nodes) + 16 + len(data))
                data += encoded(each)
            else:
                records.append(each)
        tree += _node(records, record_size)
    about = {"node_count": len(nodes), "record_size": record_size, "ip_version": version}
    marker = b"\xab\xcd\xefMaxMind.com"
    file.write_bytes(tree + bytes(16) + data + marker + encoded({**about, "languages": ["en"]}))
    return file


def _node(records: list[int], size: int) -> bytes:
    left, right = records
    if size == 28:
        middle = (left >> 24 & 15) << 4 | right >> 24 & 15
        return (left & 0xFFFFFF).to_bytes(3) + bytes([middle]) + (right & 0xFFFFFF).to_bytes(3)
    return left.to_bytes(size // 8) + right.to_bytes(size // 8)
