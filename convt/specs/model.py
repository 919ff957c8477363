"""What may stand in a spec file: one pydantic model a table. JSON Schema and ``docs/specs.md`` are made from these.

The models say which keys there are and of which kind; what keys mean together, ``layer.py`` says.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from convt._derive.spec import LARGEST

Count = Annotated[int, Field(ge=1, le=LARGEST)]
Whole = Annotated[int, Field(ge=0, le=LARGEST)]
Crop = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Positive = Annotated[float, Field(gt=0)]
Lengths = Annotated[list[int | str], Field(min_length=1, max_length=3)]
Words = dict[str, Any]
Library = Literal["torch", "onnxruntime", "jax", "tensorflow", "openvino"]
Map = Literal["conv_transpose", "conv", "conv_weight_gradient"]
Dtype = Literal["float32", "float64", "int64", "complex64", "complex128"]
Layout = Literal["channels_first", "channels_last"]


class Table(BaseModel):
    """A table without other keys, whose values are of the kind they say."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class Defaults(Table):
    """What every layer has unless it says otherwise."""

    map: Map | None = None
    """As in a layer."""
    dtype: Dtype | None = None
    """As in a layer."""
    layout: Layout | None = None
    """As in a layer."""
    bias: bool | None = None
    """As in a layer."""
    agree: list[Library] | None = None
    """As in a layer."""
    hold: list[int | str] | None = None
    """Held by every layer, beside what a layer holds itself."""
    max_error: Positive | None = None
    """As in a layer."""
    memory: int | str | None = None
    """As in a layer."""


class Faster(Table):
    """How much faster than a library, by medians of shuffled rounds on one thread."""

    peer: Library
    """The library to be faster than."""
    ratio: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Its time divided by ours is at least this."""


class LayerTable(Table):
    """A layer, with one geometry: a name, fields, or a framework's own words."""

    name: Name
    """What the layer is called; another name for each layer of a file."""
    config: str | None = None
    """The geometry as a name such as `2d_k4s2p1`."""
    kernel: Count | list[Count] | None = None
    """The geometry as fields: kernel size, one number or one an axis."""
    stride: Count | list[Count] | None = None
    """Beside `kernel`."""
    padding: Crop | list[Crop | list[Crop]] | None = None
    """Beside `kernel`: crop of the image side, a number, one an axis, or [begin, end] for each axis."""
    dilation: Count | list[Count] | None = None
    """Beside `kernel`."""
    output_padding: Whole | list[Whole] | None = None
    """Beside `kernel`."""
    torch: Words | None = None
    """The geometry in PyTorch's words: `kernel_size`, `stride`, `padding`, `output_padding`, `dilation`."""
    onnx: Words | None = None
    """In ONNX's words: `kernel_shape`, `strides`, `pads` or `auto_pad`, `output_padding`, `output_shape`, `dilations`."""
    tensorflow: Words | None = None
    """In TensorFlow's words: `kernel_size`, `strides`, `padding`, `output_shape`, `dilations`."""
    keras: Words | None = None
    """In Keras' words: `kernel_size`, `strides`, `padding`, `output_padding`, `dilation_rate`."""
    jax: Words | None = None
    """In the words of `lax.conv_transpose`: `kernel_size`, `strides`, `padding`, `rhs_dilation`."""
    openvino: Words | None = None
    """In OpenVINO's words: `kernel`, `strides`, `pads_begin`, `pads_end`, `output_padding`, `dilations`."""
    onednn: Words | None = None
    """In oneDNN's words: `kernel`, `strides`, `dilates`, `padding_l`, `padding_r`."""
    litert: Words | None = None
    """In LiteRT's words: `kernel`, `stride_h`, `stride_w`, `padding`, `output_shape`."""
    caffe: Words | None = None
    """In Caffe's words: `kernel_size`, `stride`, `pad`, `dilation`."""
    scipy: Words | None = None
    """In the words of `scipy.signal.upfirdn`: `kernel_size`, `up`."""
    dims: Annotated[int, Field(ge=1, le=3)] | None = None
    """Number of axes, where neither the geometry nor the lengths tell."""
    map: Map | None = None
    """`conv_transpose` by default. Its input are features and its output an image; for `conv` and `conv_weight_gradient`
    `input` is the image and `output` the features."""
    channels: Annotated[list[Count], Field(min_length=2, max_length=2)] | None = None
    """[in, out]: channels of `input` and of `output`."""
    groups: Count | None = None
    """Both numbers of channels are multiples of it; 1 by default, or what the framework's words say."""
    dtype: Dtype | None = None
    """Element type; `float32` by default."""
    layout: Layout | None = None
    """`channels_first` by default."""
    bias: bool | None = None
    """Whether a bias is added, in what is compared with libraries."""
    weights: str | None = None
    """One filter for every channel, built into the code: `bilinear`, `nearest`, `average`, `fir:1,3,3,1`, `taps:…`, or a `.npy`
    file beside the spec."""
    input: Lengths | None = None
    """Lengths of the input: whole numbers, or formulas in one letter an axis, such as `"H"`."""
    output: Lengths | None = None
    """Lengths that the output must have: whole numbers, or formulas in the input's letters, such as `"2*H - 1"` or
    `"(H + 1)//2"`."""
    hold: list[int | str] | None = None
    """What must hold: theorems by number or title, `uniform coverage`, `no checkerboard` (of the weights), `shape round trip`."""
    fits_skip: list[int | list[int]] | None = None
    """Lengths n of skip connections, a number for all axes or one an axis: after an encoder's step of the same stride, ⌊n/s⌋
    features, the layer must come back to n."""
    agree: list[Library] | None = None
    """Libraries that must compute the same, where they are installed."""
    max_error: Positive | None = None
    """The most that the proved bound of the chosen family may allow of rounding errors, relative to Σ|w||u| (for `fast` and `fast4`: to
    t·max|w|·max|u|). Needs `channels`, and `input` in numbers."""
    memory: int | str | None = None
    """The most that input, weights, packed weights and output take together: bytes, or text as `64 MiB`. Needs `channels`, and
    `input` in numbers."""
    family: str | None = None
    """The family of code that the estimates for the target choose at the layer's size. Needs `channels`, and `input` in
    numbers."""
    faster_than: Faster | None = None
    """Measured with `--speed` only: `{ peer = "torch", ratio = 1.2 }`. Needs `channels`, and `input` in numbers."""


class Spec(Table):
    """The layers that a model or a team relies on."""

    convt: Literal[1]
    """The version of this form."""
    target: Literal["x86-64-v3", "x86-64-v4", "x86-64", "generic"] = "x86-64-v3"
    """The processor that families, and the digests of the lock, are for, whatever machine checks it."""
    defaults: Defaults = Defaults()
    """What every layer has unless it says otherwise."""
    layer: Annotated[list[LayerTable], Field(min_length=1)]
    """The layers, as `[[layer]]`."""


def schema() -> dict[str, Any]:
    """JSON Schema of a spec file."""
    made = Spec.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "Spec of convt: layers and what must hold of them"}
