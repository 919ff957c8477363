"""The kernels that are checked in under ``generated/``: configurations that networks in use have.

For a named profile whose limits are constants, never for the host, so that the text is the same everywhere.
"""

from __future__ import annotations

from convt._codegen.problem import Problem

TARGET = "x86-64-v3"
SPECS = (
    "1d_k4s2p1",  # HiFi-GAN, upsampling by 2
    "1d_k16s8p4",  # HiFi-GAN, upsampling by 8
    "1d_k8s4",  # EnCodec
    "1d_k10s5",  # EnCodec
    "1d_k16s8",  # EnCodec
    "1d_k11s5p3",  # HiFi-GAN V2 at other rates
    "1d_k32s4",  # polyphase upsampling, one channel
    "2d_k1",  # PointPillars
    "2d_k2s2",  # U-Net
    "2d_k3p1",  # ESPCN
    "2d_k3s2p1op1",  # pix2pix, CycleGAN
    "2d_k3s2p2d2op1",  # dilated decoder
    "2d_k4s2p1",  # DCGAN, pose estimation
    "2d_k4s4",  # PointPillars
    "2d_k5s2p2op1",  # DCGAN in the original paper
    "2d_k9s3p4op2",  # FSRCNN
    "2d_k16s8p4",  # FCN-8s
    "3d_k2s2",  # 3-D U-Net
    "3d_k4s2p1",  # 3-D GAN
    "3d_k3s2p1op1",  # V-Net
)


def problems() -> list[Problem]:
    """One float32 transposed convolution each."""
    return [Problem.of(spec, target=TARGET) for spec in SPECS]


def texts() -> dict[str, str]:
    """File name -> text of the whole catalogue, with the header that its sources include."""
    from convt._codegen.pipeline import generate
    from convt._codegen.render import header
    from convt._codegen.store import HEADER

    return {HEADER: header()} | {f"{name}.pyx": source for name, source in (generate([problem]) for problem in problems())}
