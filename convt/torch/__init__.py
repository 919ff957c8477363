"""The maps for PyTorch: operators with gradients of every order, modules that load PyTorch's weights, and a swap of both.

    import convt.torch
    y = convt.torch.conv_transpose(u, w, bias, stride=2, padding=1)     # differentiable; torch.compile and torch.export take it
    up = convt.torch.ConvTranspose2d(64, 32, 4, stride=2, padding=1)    # parameters and state dict of torch.nn's
    convt.torch.replace(model).left                                     # what stays PyTorch's in a model, and why

Tensors are on the CPU and share their memory with the kernels; those with channels last (``torch.channels_last``) stay so. A call
runs on ``torch.get_num_threads()`` threads, and gives the same bits on any number. The extra ``torch`` brings PyTorch.
"""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("torch") is None:
    raise ModuleNotFoundError("convt.torch needs torch, which is not installed: pip install 'convt[torch]'", name="torch")

from .functions import conv, conv_transpose, conv_weight_gradient
from .modules import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .replacing import Replaced, replace

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "Replaced", "conv", "conv_transpose",
           "conv_weight_gradient", "replace"]
