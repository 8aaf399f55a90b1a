"""The door to `payload.kernels` for codecs."""

from payload.kernels import compiled

__all__ = ["compiled"]
