"""CRC-32C (Castagnoli), the checksum of TFRecord files, in NumPy.

The checksum without its initial value is linear: bytes are cut into lanes that run side by side,
and lanes are joined by the matrix that appends zeros (RFC 3720, appendix B.4 has test values).
"""

import functools

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL = 0x82F63B78  # reversed
_ALL = np.uint32(0xFFFFFFFF)
_MASK_DELTA = 0xA282EAD8  # TensorFlow's tsl/lib/hash/crc32c.h
_BYTES_OF_A_LANE = 256

Words = NDArray[np.uint32]


def crc32c(data: bytes) -> int:
    """The checksum of bytes."""
    start = _apply(_zeros(len(data)), np.array([_ALL], np.uint32))[0]
    return int((_raw(data) ^ start) ^ _ALL)


def masked_crc32c(data: bytes) -> int:
    """The checksum in the form that a TFRecord holds."""
    plain = crc32c(data)
    rotated = (plain >> 15 | plain << 17) & 0xFFFFFFFF
    return (rotated + _MASK_DELTA) & 0xFFFFFFFF


def _raw(data: bytes) -> np.uint32:
    """The checksum with an initial value of 0, which zeros in front do not change."""
    lanes = 1 << max(0, (len(data) // _BYTES_OF_A_LANE).bit_length())
    length = -(-len(data) // lanes)
    padded = np.zeros(lanes * length, np.uint8)
    if data:
        padded[-len(data) :] = np.frombuffer(data, np.uint8)
    registers = np.zeros(lanes, np.uint32)
    for column in np.ascontiguousarray(padded.reshape(lanes, length).T):
        registers = (registers >> np.uint32(8)) ^ _table()[(registers & np.uint32(255)) ^ column]
    while len(registers) > 1:
        registers = _apply(_zeros(length), registers[0::2]) ^ registers[1::2]
        length *= 2
    return np.uint32(registers[0])


@functools.cache
def _table() -> Words:
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        odd = (values & np.uint32(1)).astype(bool)
        values = (values >> np.uint32(1)) ^ np.where(odd, np.uint32(_POLYNOMIAL), np.uint32(0))
    return values


@functools.lru_cache(maxsize=256)
def _zeros(count: int) -> Words:
    """The matrix, one column for each bit, that appends so many zero bytes."""
    columns = np.uint32(1) << np.arange(32, dtype=np.uint32)
    if count == 0:
        return columns
    if count == 1:
        moved: Words = (columns >> np.uint32(8)) ^ _table()[columns & np.uint32(255)]
        return moved
    half = _zeros(count // 2)
    doubled = _apply(half, half)
    return _apply(_zeros(1), doubled) if count % 2 else doubled


def _apply(matrix: Words, vectors: Words) -> Words:
    result = np.zeros_like(vectors)
    for bit in range(32):
        chosen = (vectors >> np.uint32(bit)) & np.uint32(1)
        result ^= chosen * matrix[bit]
    return result
