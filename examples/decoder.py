"""A small decoder: three transposed convolutions with weights packed once and buffers that are kept.

    python examples/decoder.py

This is the pattern for inference: ``kernel.pack`` outside the loop, ``out=`` inside, no allocation per frame.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np

import convt

LAYERS = [("2d_k4s2p1", 128, 64), ("2d_k4s2p1", 64, 32), ("2d_k3p1", 32, 3)]  # configuration, channels in, channels out
SIZE = (8, 8)


def main() -> None:
    """Build the kernels together, run some frames, compare the last one with the NumPy reference."""
    rng = np.random.default_rng(0)
    kernels = convt.build([name for name, _, _ in LAYERS])
    weights = [0.05 * rng.standard_normal((given, made, *kernel.spec.kernel), dtype=np.float32)
               for kernel, (_, given, made) in zip(kernels, LAYERS, strict=True)]
    packed = [kernel.pack(w) for kernel, w in zip(kernels, weights, strict=True)]
    buffers, size = [], SIZE
    for name, _, made in LAYERS:
        size = tuple(2 * n if "s2" in name else n for n in size)
        buffers.append(np.empty((1, made, *size), np.float32))

    def frame(x: np.ndarray) -> np.ndarray:
        for kernel, w, out in zip(kernels, packed, buffers, strict=True):
            x = np.maximum(kernel(x, w, out=out), 0, out=out)
        return x

    latent = rng.standard_normal((1, LAYERS[0][1], *SIZE), dtype=np.float32)
    frame(latent)
    start = perf_counter()
    for _ in range(100):
        picture = frame(latent)
    print(f"{picture.shape[2:]} picture, {1e1 * (perf_counter() - start):.2f} ms a frame")

    x = latent
    for kernel, w in zip(kernels, weights, strict=True):
        spec = kernel.spec
        x = np.maximum(convt.conv_transpose(x, w, stride=spec.stride, padding=spec.padding, engine="reference"), 0)
    print(f"largest difference to the NumPy reference: {np.abs(x - picture).max():.1e}")


if __name__ == "__main__":
    main()
