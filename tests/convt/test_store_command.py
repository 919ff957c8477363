"""``convt store``: list, verify, prune."""

import os
import time

import pytest
from click.testing import CliRunner
from stores import DAMAGE, prepared

from convt._codegen import pipeline, place
from convt._codegen.store import HEADER, Store
from convt._derive.errors import ArgumentError
from convt.cli import main_group

KEYS = ["a" * 40, "b" * 40, "c" * 40 + "-alone"]


def call(*arguments):
    return CliRunner().invoke(main_group, ["store", *arguments])


@pytest.fixture
def filled(tmp_path, monkeypatch):
    """Three entries of a kernel that nobody built: this generator's, an old one, and one of another version."""
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))
    store = place.open_store()
    for key in KEYS:
        certificate = {"kernel": f"kernel_{key[0]}", "compiler": "cc 1.0", "generator_sha256": "other" if key == KEYS[2] else pipeline.generator_digest()}
        store.put(key, "m", f"kernel_{key[0]}", {"m.pyx": b"source", HEADER: b"header", "m.so": b"x" * 500_000}, certificate)
    os.utime(store.root / KEYS[1], (time.time() - 40 * 86400,) * 2)
    return store


def test_list(filled):
    lines = call().output.split("\n")
    assert [line.split()[0] for line in lines[:4]] == ["kernel", "kernel_a", "kernel_b", "kernel_c"]
    assert "40 d ago" in lines[2] and "cc 1.0" in lines[1] and lines[4] == f"3 kernels, 1.5 MB; {filled.root}"
    assert call("list").output == call().output


def test_verify_sets_damage_aside_and_says_so(filled, capfd):
    assert call("verify").exit_code == 0
    DAMAGE["a bit of the library"](filled.root / KEYS[0])
    result = call("verify")
    assert result.exit_code == 1 and "2 of 3 kernels are what was published" in result.output
    assert call("verify").exit_code == 0 and len(list(filled.root.glob("corrupt-*"))) == 1


def test_prune_removes_what_nobody_loads(filled):
    DAMAGE["a bit of the library"](filled.root / KEYS[0])
    filled.get(KEYS[0])
    (filled.root / "new-0123456789abcdef").mkdir()
    result = call("prune")
    assert result.exit_code == 0 and result.output == f"1 kernels removed, 0.5 MB; 2 leftovers; {filled.root}\n"
    assert sorted(path.name for path in filled.root.iterdir()) == [KEYS[1], "lock"]


@pytest.mark.parametrize(("age", "left"), [("41d", KEYS[:2]), ("6w", KEYS[:2]), ("39d", KEYS[:1]), ("30d", KEYS[:1]), ("959h", KEYS[:1]), ("0h", [])])
def test_prune_by_age(filled, age, left):
    assert call("prune", "--older-than", age).exit_code == 0
    assert sorted(path.name for path in filled.root.iterdir()) == sorted([*left, "lock"])


def test_what_is_being_built_is_not_pruned(filled):
    with Store(filled.root).lock([KEYS[0]]):
        assert "2 kernels removed" in call("prune", "--older-than", "0d").output
    assert (filled.root / KEYS[0]).is_dir()


@pytest.mark.parametrize("age", ["", "d", "-1d", "1.5d", "1y", "٣d", "1d\n", "9999999d", "one day"])
def test_ages_are_numbers_of_hours_days_or_weeks(filled, age):
    result = call("prune", "--older-than", age)
    assert isinstance(result.exception, ArgumentError) and "30d" in str(result.exception)
    assert isinstance(call("verify", "--older-than", "1d").exception, ArgumentError)


@pytest.mark.parametrize("harm", DAMAGE)
def test_every_action_stands_any_damage(filled, harm):
    DAMAGE[harm](filled.root / KEYS[0])
    for action in ("list", "verify", "prune", "list"):
        assert call(action).exit_code in (0, 1)
    assert not (filled.root / KEYS[0]).exists() and (filled.root / KEYS[1]).is_dir()


def test_an_empty_store(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))
    for action in ("list", "verify", "prune"):
        assert call(action).exit_code == 0


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_real_kernel_is_listed(monkeypatch, private_store):
    kernel = prepared()[1]
    assert kernel in call().output
