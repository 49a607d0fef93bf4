"""The integer hash that Forge's SharedHash has too: inputs that need not be stored."""
import numpy as np


def uniform(stream, shape, low, high):
    """Element i of a stream, f32, uniform in [low, high)."""
    x = np.arange(int(np.prod(shape)), dtype=np.uint32)
    x = x * np.uint32(2654435761) + np.uint32((stream * 40503 + 12345) & 0xFFFFFFFF)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    u = (x >> np.uint32(8)).astype(np.float64) / 16777216.0
    return (u * (high - low) + low).astype(np.float32).reshape(shape)
