"""Libraries as implementations: ``convt conformance --adapter torch`` asks ``convt.conformance.adapters:torch.conv_transpose``.

The library adds the bias itself, as far as it has a way to; what it has no words for, it refuses.
"""

from __future__ import annotations

from collections.abc import Sequence

from convt._derive.spec import ConvSpec
from convt.peers import DISTRIBUTIONS, Library, library
from convt.peers.call import Array, Call, CannotSay

NAMES = tuple(DISTRIBUTIONS)


def __getattr__(name: str) -> Adapter:
    if name not in NAMES:
        raise AttributeError(f"there is no adapter {name!r}, only {', '.join(NAMES)}")
    return Adapter(library(name))  # or ModuleNotFoundError, before any case is asked


class Adapter:
    """The maps of a library. ``NotImplementedError`` where it cannot be asked for this one."""

    def __init__(self, peer: Library) -> None:
        self.peer = peer

    def conv_transpose(self, u: Array, w: Array, bias: Array | None, stride: Sequence[int], padding: Sequence[tuple[int, int]],
                       output_padding: Sequence[int], dilation: Sequence[int], groups: int) -> Array:
        """Images of features."""
        spec = ConvSpec(w.shape[2:], stride, padding, dilation, output_padding)
        return self._made(Call(spec, "conv_transpose", u=u, w=w, bias=bias, groups=groups))

    def conv(self, x: Array, w: Array, bias: Array | None, stride: Sequence[int], padding: Sequence[tuple[int, int]],
             dilation: Sequence[int], groups: int) -> Array:
        """Features of images."""
        return self._made(Call(ConvSpec(w.shape[2:], stride, padding, dilation), "conv", x=x, w=w, bias=bias, groups=groups))

    def conv_weight_gradient(self, x: Array, u: Array, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[tuple[int, int]],
                             dilation: Sequence[int], groups: int) -> Array:
        """The gradient of the weights of ``conv`` by images and what comes back for its features."""
        return self._made(Call(ConvSpec(kernel, stride, padding, dilation), "conv_weight_gradient", x=x, u=u, groups=groups))

    def _made(self, call: Call) -> Array:
        try:
            self.peer.words(call)
        except CannotSay as error:
            raise NotImplementedError(str(error)) from None
        return self.peer.compute([call])[0]
