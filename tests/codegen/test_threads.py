"""How many threads a call uses: what the user says, then the environment, the processors, the container's quota."""

import os

import pytest

from convt._codegen import threads
from convt._codegen.errors import PieceMismatch
from convt._codegen.plan import decide, module
from convt._codegen.problem import Problem
from convt._codegen.target import TARGETS
from convt._derive import ArgumentError


@pytest.fixture
def machine(monkeypatch):
    """Eight processors, a quota of five, nothing in the environment."""
    for name in ("CONVT_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)))
    monkeypatch.setattr(threads, "quota", lambda: 5)
    return monkeypatch


def test_what_is_set_comes_before_what_there_is(machine):
    assert threads.cores() == 5
    machine.setattr(threads, "quota", lambda: None)
    assert threads.cores() == 8
    machine.setenv("OMP_NUM_THREADS", "3")
    assert threads.cores() == 3
    machine.setenv("CONVT_THREADS", "12")
    assert threads.cores() == 12


@pytest.mark.parametrize("garbage", ["0", "-1", "two", "1.5", "1e3", "1025", "²", "٣", "1" * 5000, " ", "2,3"])
def test_garbage_is_one_clear_error_in_our_own_variable(machine, garbage):
    machine.setenv("CONVT_THREADS", garbage)
    with pytest.raises(ArgumentError, match="CONVT_THREADS"):
        threads.cores()


@pytest.mark.parametrize(("value", "count"), [("4,2", 4), (" 6 ", 6), ("garbage", 5), ("0", 5), ("-3", 5), ("", 5), (",", 5), ("99999999999", 5)])
def test_other_programs_variable_is_followed_where_it_is_a_number(machine, value, count):
    machine.setenv("OMP_NUM_THREADS", value)
    assert threads.cores() == count


GROUPS = {  # files of a machine -> processors
    "version 2": ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "max 100000\n", "sys/fs/cgroup/a/cpu.max": "250000 100000\n"}, 3),
    "version 2 in a container": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"}, 1),
    "version 2 without a quota": ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, None),
    "version 1": ({"proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/x/y\n", "sys/fs/cgroup/cpu/x/y/cpu.cfs_quota_us": "-1\n",
                   "sys/fs/cgroup/cpu/x/y/cpu.cfs_period_us": "100000\n", "sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "400000\n",
                   "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n"}, 4),
    "version 1 in a container": ({"proc/self/cgroup": "2:cpu:/docker/abc\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000\n",
                                  "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}, 2),
    "none": ({}, None), "garbage": ({"proc/self/cgroup": "nonsense\n0::/\n", "sys/fs/cgroup/cpu.max": "many few\n"}, None),
    "a period of 0": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100 0\n"}, None),
}


@pytest.mark.parametrize("name", GROUPS)
def test_the_containers_quota(name, tmp_path):
    files, wanted = GROUPS[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert threads.quota(str(tmp_path)) == wanted


def test_pieces_of_one_name_must_be_equal():
    plan = decide(Problem.of("1d_k4s2p1", target="x86-64-v3"), TARGETS["x86-64-v3"])
    other = decide(Problem.of("1d_k4s2p1", target="x86-64-v3"), TARGETS["x86-64-v4"])
    assert len(module("twice", [plan, plan]).pieces) == len(module("once", [plan]).pieces)
    with pytest.raises(PieceMismatch, match="conv_transpose1d_k4s2p1_f32_x86_64_v3_"):
        module("both", [plan, other])


def test_the_rounding_bound_names_what_the_map_multiplies():
    sums = {"conv_transpose": "Σ|w||u|", "conv": "Σ|w||x|", "conv_weight_gradient": "Σ|u||x|"}
    for kind, expected in sums.items():
        text, = (family.rounding for family in decide(Problem.of("1d_k3", kind), TARGETS["x86-64-v3"]).families if family.name == "plain")
        assert expected in text and ("with the bias" in text) == (kind != "conv_weight_gradient")
        assert not any(other in text for other in sums.values() if other != expected)


def test_channels_fewer_than_lanes_are_taken_by_every_family_on_every_target():
    """What a family takes does not depend on the width of the vectors."""
    for family in ("fast", "depthwise"):
        for layout in ("channels_first", "channels_last"):
            costs = {next((row.cost.rpartition(" if ")[2] for row in decide(Problem.of("2d_k4s2p1", layout=layout), shape).entry.choices
                           if row.family == family), None) for shape in TARGETS.values()}
            assert len(costs) == 1, costs
