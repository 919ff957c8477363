"""From a failing case to a smaller one that fails in the same way, as small as single steps lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import monotonic

from convt._derive.spec import Axis, ConvSpec

from .case import Case, possible
from .outcome import Result

STEPS = {"hung": 3, "crashed": 12}  # cases that may be asked on the way: each takes the time limit, or a new process
MOST_STEPS = 300
SECONDS = 60.0  # after which the smallest so far has to do


def shrunk(failing: Result, ask: Callable[[Case], Result]) -> Result:
    """The smallest that was found. Every case that is asked goes through ``ask``."""
    left, known, until = STEPS.get(failing.kind, MOST_STEPS), set[Case](), monotonic() + SECONDS
    while True:
        for case in possible(list(simpler(failing.case))):
            if left == 0 or monotonic() > until:
                return failing
            if case in known:
                continue
            known.add(case)
            left -= 1
            result = ask(case)
            if result.verdict == "fails" and result.kind == failing.kind:
                failing = result
                break
        else:
            return failing


def simpler(case: Case) -> Iterator[Case]:
    """One step simpler, the largest steps first."""
    per_group = (case.features // case.groups, case.images // case.groups)
    if case.dims > 1:
        for gone in range(case.dims):
            kept = [number for number in range(case.dims) if number != gone]
            yield replace(case, spec=ConvSpec.of([case.spec.axes[number] for number in kept]),
                          size=tuple(case.size[number] for number in kept))
    if case.groups > 1:
        yield replace(case, groups=1, features=per_group[0], images=per_group[1])
        yield replace(case, groups=1)
        if case.groups > 2:
            yield replace(case, groups=2, features=2 * per_group[0], images=2 * per_group[1])
    if case.batch > 1:
        yield replace(case, batch=1)
    for features in _less(per_group[0], 1):
        yield replace(case, features=features * case.groups)
    for images in _less(per_group[1], 1):
        yield replace(case, images=images * case.groups)
    if case.bias:
        yield replace(case, bias=False)
    for number in range(case.dims):
        for size in _less(case.size[number], 1):
            yield replace(case, size=(*case.size[:number], size, *case.size[number + 1:]))
        for axis in _simpler_axis(case.spec.axes[number]):
            yield replace(case, spec=ConvSpec.of([*case.spec.axes[:number], axis, *case.spec.axes[number + 1:]]))


def _simpler_axis(axis: Axis) -> Iterator[Axis]:
    yield from (replace(axis, kernel=value) for value in _less(axis.kernel, 1))
    yield from (replace(axis, stride=value) for value in _less(axis.stride, 1))
    yield from (replace(axis, dilation=value) for value in _less(axis.dilation, 1))
    yield from (replace(axis, output_padding=value) for value in _less(axis.output_padding, 0))
    lo, hi = axis.padding
    if (lo, hi) != (0, 0):
        yield replace(axis, padding=(0, 0))
        yield from (replace(axis, padding=(value, hi)) for value in _less(lo, 0))
        yield from (replace(axis, padding=(lo, value)) for value in _less(hi, 0))


def _less(value: int, least: int) -> list[int]:
    """``least``, half way to it, and one step towards it."""
    step = 1 if value > least else -1
    return list(dict.fromkeys(one for one in (least, (value + least) // 2, value - step) if value != least and one != value))
