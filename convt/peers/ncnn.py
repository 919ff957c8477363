"""ncnn: a net of one layer, in float32; batches image by image, as it takes one."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import ncnn
import numpy as np

from .call import Array, Call, CannotSay, Prepared, biased

NAME = "ncnn"
PLACES = {"kernel": (1, 11, 21), "dilation": (2, 12, 22), "stride": (3, 13, 23), "begin": (4, 14, 24), "end": (15, 16, 17),
          "more": (18, 19, 20)}
"""Number of a layer's parameter, for the last axis, the one before it, and the first of three."""


def words(call: Call) -> Mapping[str, Any]:
    """The layer and its parameters by number. Source: ncnn's docs, *operators*, Convolution and Deconvolution."""
    spec, transposed = call.spec, call.map == "conv_transpose"
    if call.map not in ("conv", "conv_transpose"):
        raise CannotSay("ncnn has no gradients")
    if min(map(min, spec.padding)) < 0:
        raise CannotSay("ncnn has no negative pads")
    kind = "Deconvolution" if transposed else "Convolution"
    kind += "DepthWise" * (call.groups > 1) + ("1D", "", "3D")[spec.dims - 1]
    values = {"kernel": spec.kernel, "dilation": spec.dilation, "stride": spec.stride, "begin": [lo for lo, _ in spec.padding],
              "end": [hi for _, hi in spec.padding], "more": spec.output_padding if transposed else (0,) * spec.dims}
    numbered = {place: value for name, each in values.items() for place, value in zip(PLACES[name], reversed(each), strict=False)}
    numbered |= {0: call.shape[1], 6: prod(call.weights.shape)} | ({7: call.groups} if call.groups > 1 else {})
    return {"layer": kind, **{str(place): value for place, value in sorted(numbered.items())}}


def compute(calls: Sequence[Call]) -> list[Array]:
    """A net each."""
    made = [prepare(call, 1) for call in calls]
    return [biased(call, one.read(one.run())[0]) for call, one in zip(calls, made, strict=True)]


def prepare(call: Call, threads: int) -> Prepared:
    """The net with constant weights, its images laid out before."""
    net = _net(dict(words(call)), _weights(call), threads)
    images = [ncnn.Mat(np.ascontiguousarray(image)).clone() for image in call.data]

    def run() -> list[Any]:
        made = []
        for image in images:
            extractor = net.create_extractor()
            extractor.input("in", image)
            status, out = extractor.extract("out")
            if status:
                raise RuntimeError(f"ncnn ended with {status}")
            made.append(out)
        return made

    return Prepared(run, lambda made: [np.stack([np.array(one) for one in made]).reshape(call.shape)])


def _weights(call: Call) -> Array:
    """(made, read within a group, *kernel) for either layer."""
    w = call.weights
    if call.map == "conv":
        return w
    grouped = w.reshape(call.groups, w.shape[0] // call.groups, *w.shape[1:])
    return np.swapaxes(grouped, 1, 2)


def _net(arguments: dict[str, Any], weights: Array, threads: int) -> Any:
    net, layer = ncnn.Net(), arguments.pop("layer")
    net.opt.num_threads = threads
    net.opt.use_fp16_storage = net.opt.use_fp16_packed = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
    text = f"7767517\n2 2\nInput in 0 1 in\n{layer} layer 1 1 in out {' '.join(f'{name}={value}' for name, value in arguments.items())}\n"
    with tempfile.TemporaryDirectory(prefix="convt-ncnn-") as folder:
        Path(folder, "net.param").write_text(text, encoding="ascii")
        Path(folder, "net.bin").write_bytes(struct.pack("<i", 0) + np.ascontiguousarray(weights, np.float32).tobytes())
        if net.load_param(str(Path(folder, "net.param"))) or net.load_model(str(Path(folder, "net.bin"))):
            raise RuntimeError("ncnn does not load the layer")
    return net
