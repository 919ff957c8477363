"""``Conv1d`` to ``ConvTranspose3d``: PyTorch's modules, computed by kernels of this tool.

Each is a subclass of PyTorch's: the same arguments, parameters, initial values, hooks and state dicts; only ``forward`` differs.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .functions import MODES, conv, conv_transpose

BORDER_OF: dict[str, Any] = {"zeros": "zeros", **{mode: border for border, mode in MODES.items()}}
"""``padding_mode`` -> ``border``."""


class _Conv:
    """``forward`` of a convolution."""

    def forward(self: Any, input: Tensor) -> Tensor:
        """Images (B, C, *n), or (C, *n), to features."""
        dims = len(self.kernel_size)
        if input.dim() == dims + 1:
            return _Conv.forward(self, input[None])[0]
        return conv(input, self.weight, self.bias, stride=self.stride, padding=self.padding, dilation=self.dilation, groups=self.groups,
                    border=BORDER_OF[self.padding_mode])


class _ConvTranspose:
    """``forward`` of a transposed convolution."""

    def forward(self: Any, input: Tensor, output_size: Any = None) -> Tensor:
        """Features (B, F, *m), or (F, *m), to images; ``output_size``: their lengths, or their shape, in place of output padding."""
        dims = len(self.kernel_size)
        if input.dim() == dims + 1:
            return _ConvTranspose.forward(self, input[None], output_size)[0]
        lengths = {"output_padding": self.output_padding} if output_size is None else {"output_size": tuple(output_size)[-dims:]}
        return conv_transpose(input, self.weight, self.bias, stride=self.stride, padding=self.padding, dilation=self.dilation,
                              groups=self.groups, **lengths)


class Conv1d(_Conv, torch.nn.Conv1d):
    """``torch.nn.Conv1d``, computed by convt."""


class Conv2d(_Conv, torch.nn.Conv2d):
    """``torch.nn.Conv2d``, computed by convt."""


class Conv3d(_Conv, torch.nn.Conv3d):
    """``torch.nn.Conv3d``, computed by convt."""


class ConvTranspose1d(_ConvTranspose, torch.nn.ConvTranspose1d):
    """``torch.nn.ConvTranspose1d``, computed by convt."""


class ConvTranspose2d(_ConvTranspose, torch.nn.ConvTranspose2d):
    """``torch.nn.ConvTranspose2d``, computed by convt."""


class ConvTranspose3d(_ConvTranspose, torch.nn.ConvTranspose3d):
    """``torch.nn.ConvTranspose3d``, computed by convt."""


MODULES: dict[type[torch.nn.Module], type[torch.nn.Module]] = {made.__mro__[2]: made for made in (
    Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)}
"""PyTorch's class -> ours."""
