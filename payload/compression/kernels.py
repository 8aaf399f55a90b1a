"""The door to `payload.kernels` for codecs."""

from payload.kernels import compiled as compiled
