"""Random geometries: small, but with every oddity (dilation, gcd > 1, k < s, negative crop, large op)."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from convt._derive import Axis, ConvSpec

axes = st.builds(
    Axis, kernel=st.integers(1, 6), stride=st.integers(1, 5), padding=st.tuples(st.integers(-2, 4), st.integers(-2, 4)),
    dilation=st.integers(1, 4), output_padding=st.integers(0, 4),
)
specs = st.lists(axes, min_size=1, max_size=3).map(ConvSpec.of)
far = st.sampled_from([0, 1, 2, 3, 1000, 46889, (1 << 19) + 1, (1 << 20) - 1, 1 << 20])
far_axes = st.builds(
    Axis, kernel=far.map(lambda value: max(1, value)), stride=far.map(lambda value: max(1, value)),
    padding=st.tuples(*[st.builds(lambda value, sign: sign * value, far, st.sampled_from([-1, 1]))] * 2),
    dilation=far.map(lambda value: max(1, value)), output_padding=far,
)
far_specs = st.lists(far_axes, min_size=1, max_size=3).map(ConvSpec.of)  # legal names at the limits of what is legal


def random_spec(rng: random.Random) -> ConvSpec:
    """One configuration of any dimension; larger kernels in 1-D."""
    dims = rng.choice([1, 1, 2, 2, 3])
    most = {1: 8, 2: 4, 3: 3}[dims]
    one = [Axis(rng.randint(1, most), s := rng.randint(1, 4), (rng.randint(-1, 2), rng.randint(-1, 2)), rng.randint(1, 3),
                rng.randint(0, s + 1)) for _ in range(dims)]
    return ConvSpec.of(one)
