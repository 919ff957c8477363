"""Which family the cost model chooses for the benchmark's layers: a change here is a decision, not an accident."""

from collections import defaultdict

import pytest

from convt._codegen.estimate import estimates
from convt._codegen.problem import Problem
from convt._codegen.target import TARGETS
from convt._derive.lengths import feature_lengths
from convt.bench.layers import Layer, load

TARGET = TARGETS["x86-64-v3"]
CHOSEN = {
    "direct": """DCGAN 1024-512 k4s2p1 @4; UNet 1024-512 k2s2 @28; UNet 512-256 k2s2 @56; UNet 256-128 k2s2 @104;
        Pose 2048-256 k4s2p1 @8x6; PtPillars 128-128 k2s2 @124x108; PtPillars 256-128 k4s4 @62x54""",
    "fast": """DCGAN 512-256 k4s2p1 @8; HiFiGAN 512-256 k16s8p4 @32; DCGAN 256-128 k4s2p1 @16; DCGAN 128-64 k4s2p1 @16;
        Pose 256-256 k4s2p1 @16x12; Pose 256-256 k4s2p1 @64x48; pix2pix 256-128 k3s2p1op1 @64; pix2pix 128-64 k3s2p1op1 @128;
        FCN8s 21-21 k16s8p4 @70; HiFiGAN 512-256 k16s8p4 @256; HiFiGAN 256-128 k16s8p4 @2048; HiFiGAN 128-64 k4s2p1 @16384;
        HiFiGAN 64-32 k4s2p1 @32768; EnCodec 512-256 k16s8 @150; EnCodec 256-128 k10s5 @1200; EnCodec 128-64 k8s4 @6000;
        EnCodec 64-32 k4s2 @24000; GAN3D 256-128 k4s2p1 @8^3""",
    "planes": "DCGAN 64-3 k4s2p1 @32; FSRCNN 56-1 k9s3p4op2 @85; ESPCN 64-3 k3s1p1 @128",
    "fast4": "dilated 128-128 k3s2p2d2op1 @32",
    "rows": """UNet 128-64 k2s2 @200; PtPillars 64-128 k1s1 @248x216; UNet3D 64-32 k2s2 @32^3; FCN32s 21-21 k64s32p16 @16;
        bilinear dw C21 k4s2p1 @128; bilinear dw C256 k4s2p1 @64; bilinear dw C21 k16s8p4 @64; dw learned C256 k3s2p1op1 @56;
        StyleGAN upfirdn dw C512 k4s2p1 @32; 1-D upfirdn 1ch k32s4 @1e6""",
}


def estimate(problem, layer):
    """Family -> nanoseconds, by the expressions that the generated dispatch function holds."""
    return estimates(problem, TARGET, layer.batch, layer.features, layer.images, layer.groups, layer.size, layer.image)


def test_the_choice_for_every_benchmarked_layer_is_pinned():
    found = defaultdict(set)
    for layer in load():
        costs = estimate(Problem.of(layer.spec, target=TARGET.name), layer)
        found[min(costs, key=costs.get)].add(layer.name)
    assert found == {family: {" ".join(name.split()) for name in names.split(";")} for family, names in CHOSEN.items()}


OTHERS = [  # (spec, layout, batch, features, images, groups, size, family): measured, no family is faster by 15 %
    ("2d_k4s2p1", "channels_first", 1, 8, 8, 1, (32, 32), "rows"), ("2d_k4s2p1", "channels_first", 1, 3, 64, 1, (96, 96), "rows"),
    ("2d_k4s2p1", "channels_first", 1, 64, 3, 1, (96, 96), "planes"), ("2d_k4s2p1", "channels_first", 1, 64, 64, 1, (8, 8), "fast"),
    ("2d_k3s2p1op1", "channels_first", 1, 12, 12, 1, (96, 96), "rows"), ("2d_k3s2p1op1", "channels_first", 1, 64, 64, 1, (96, 96), "fast"),
    ("1d_k4s2p1", "channels_first", 1, 32, 8, 1, (8192,), "planes"), ("1d_k16s8p4", "channels_first", 1, 64, 64, 1, (2048,), "fast"),
    ("3d_k4s2p1", "channels_first", 1, 32, 32, 1, (16, 16, 16), "fast"), ("3d_k4s2p1", "channels_first", 1, 3, 64, 1, (16, 16, 16), "rows"),
    ("2d_k4s2p1", "channels_last", 1, 256, 256, 256, (64, 64), "depthwise"),
    ("2d_k16s8p4", "channels_last", 1, 21, 21, 21, (64, 64), "depthwise"),
]


@pytest.mark.parametrize(("spec", "layout", "batch", "features", "images", "groups", "size", "family"), OTHERS)
def test_the_choice_for_other_layers(spec, layout, batch, features, images, groups, size, family):
    problem = Problem.of(spec, layout=layout, target=TARGET.name)
    costs = estimate(problem, Layer("other", problem.spec, batch, features, images, groups, size))
    assert min(costs, key=costs.get) == family, costs


MEASURED = [  # (map, spec, features, images, groups, image size, family): on AVX-512, no family is faster by 10 %
    ("conv", "2d_k3p1", 64, 64, 1, (56, 56), "fast4"), ("conv", "2d_k3s2p1", 256, 128, 1, (28, 28), "fast"),
    ("conv", "2d_k4s2p1", 128, 64, 1, (128, 128), "fast"), ("conv", "2d_k3p1", 512, 512, 1, (7, 7), "fast"), ("conv", "2d_k1", 64, 256, 1, (56, 56), "planes"),
    ("conv", "2d_k7s2p3", 64, 3, 1, (224, 224), "rows"), ("conv", "2d_k3p1", 3, 64, 1, (128, 128), "planes"), ("conv_transpose", "1d_k1024s256", 1026, 1, 1, (58112,), "planes"),
    ("conv_transpose", "2d_k3s2p1op1", 32, 1, 1, (28, 28), "planes"), ("conv_transpose", "3d_k4s2p1", 64, 1, 1, (48, 48, 48), "planes"),
    ("conv", "1d_k63s4p31", 1, 1, 1, (100000,), "rows"), ("conv", "2d_k3p1", 960, 960, 960, (7, 7), "stencil"),
    ("conv", "2d_k3p1", 32, 32, 32, (112, 112), "stencil"), ("conv", "2d_k3s2p1", 240, 240, 240, (14, 14), "stencil"),
    ("conv", "2d_k7p3", 96, 96, 96, (56, 56), "stencil"), ("conv", "2d_k5p2", 1, 1, 1, (1024, 1024), "stencil"),
    ("conv_weight_gradient", "2d_k3p1", 128, 128, 1, (28, 28), "fast_outer"), ("conv_weight_gradient", "2d_k3p1", 64, 3, 1, (224, 224), "dots"),
    ("conv_weight_gradient", "1d_k63s4p31", 1, 1, 1, (100000,), "dots"), ("conv_weight_gradient", "2d_k16s16", 768, 3, 1, (224, 224), "outer"),
    ("conv_weight_gradient", "2d_k3s2p1", 512, 256, 1, (14, 14), "outer"), ("conv_weight_gradient", "2d_k4s2p1", 128, 64, 1, (128, 128), "fast_outer"),
    ("conv_weight_gradient", "3d_k3p1", 64, 32, 1, (32, 32, 32), "fast_outer"), ("conv_weight_gradient", "1d_k8s4p2", 256, 128, 1, (22050,), "fast_outer"),
    ("conv_weight_gradient", "2d_k4s2p1", 1024, 512, 1, (8, 8), "fast_outer"), ("conv_weight_gradient", "2d_k9s3p4", 56, 1, 1, (253, 253), "dots"),
    ("conv_weight_gradient", "2d_k7p3", 96, 96, 96, (56, 56), "outer"), ("conv_weight_gradient", "2d_k3p1", 128, 128, 32, (28, 28), "dots"),
]


@pytest.mark.parametrize(("map", "spec", "features", "images", "groups", "image", "family"), MEASURED)
def test_the_choice_for_the_other_maps(map, spec, features, images, groups, image, family):
    problem = Problem.of(spec, map, target="x86-64-v4")
    costs = estimates(problem, problem.processor, 1, features, images, groups, feature_lengths(problem.spec, image), image)
    assert min(costs, key=costs.get) == family, costs
