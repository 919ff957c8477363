"""Files that users name: what is broken, endless or of another kind is one line; what is right is read."""

import os
import random
import tracemalloc
from io import BytesIO

import numpy as np
import pytest
from fuzz import litter

from convt import ArgumentError
from convt._codegen.problem import Problem
from convt.bench.layers import load
from convt.files import MOST, array, read

BROKEN = ("objects", "short", "long", "magic", "huge", "deep", "empty", "fifo", "folder", "loop", "missing", "\0", "x" * 300, "\udcff", "no/such/folder/a")
REFUSED = {"nan": "finite", "inf": "finite", "zero": "shape of the kernel", "text": "real numbers", "wide": "in size", "tiny": "in size"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    litter(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_array_is_one_line_and_takes_no_memory(name):
    tracemalloc.start()
    try:
        with pytest.raises(ArgumentError, match="--weights=") as caught:
            array("--weights", f"{name}.npy")
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    assert str(caught.value).isprintable() and len(str(caught.value)) < 600
    assert name != "objects" or "pickled objects" in str(caught.value)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", REFUSED)
def test_an_array_that_is_no_filter_is_named(name):
    with pytest.raises(ArgumentError, match=REFUSED[name]):
        Problem.of("2d_k4s2p1", weights=array("--weights", f"{name}.npy"))


@pytest.mark.parametrize("made", [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(3, dtype=">i2"), np.float32(3), np.ones((2, 0))])
def test_whole_arrays_are_read(made, tmp_path):
    np.save(tmp_path / "a.npy", made)
    assert np.array_equal(array("--weights", tmp_path / "a.npy"), made)


def test_no_damage_of_a_file_is_more_than_one_line(tmp_path):
    """A bit, a byte, a piece of it: either it still is an array or it is an ``ArgumentError``."""
    file, rng, kept = BytesIO(), random.Random(0), 0
    np.save(file, np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64)
    whole, path = file.getvalue(), tmp_path / "a.npy"
    for _ in range(600):
        at, kind = rng.randrange(len(whole) if rng.random() < 0.3 else 128), rng.choice(("bit", "byte", "cut", "drop", "add"))
        piece = {"bit": bytes([whole[at] ^ 1 << rng.randrange(8)]), "byte": bytes([rng.randrange(256)]), "cut": b"", "drop": b"",
                 "add": whole[at:at + 1] + rng.choice((b"9", b"(", b"[", b"{", b"'", b"-", b",", b"\0", b"O", b"\n"))}[kind]
        path.write_bytes(whole[:at] + piece + (b"" if kind == "cut" else whole[at + 1:]))
        try:
            Problem.of("2d_k4s2p1", weights=array("--weights", path))
            kept += 1
        except ArgumentError as error:
            assert str(error).isprintable()
    assert 20 < kept < 500


def test_large_files_are_refused_unread(tmp_path):
    with open(tmp_path / "a.npy", "wb") as file:
        file.truncate(MOST + 1)
    with pytest.raises(ArgumentError, match=f"has {MOST + 1} bytes"):
        read("--weights", tmp_path / "a.npy")
    with pytest.raises(ArgumentError, match="no regular file"):
        read("--weights", os.devnull)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("name", "words"), [
    ("list", "list of layers"), ("deep", "not JSON"), ("digits", "not JSON"), ("latin", "not UTF-8"), ("types", "in_channels='3'"), ("zero", "groups=0"),
    ("name", "printable"), ("giant", "GiB"), ("nan", "layer 0"), ("missing", "--layers="), ("\0", "--layers=")])
def test_bad_layers_are_one_line(name, words):
    with pytest.raises(ArgumentError, match=words) as caught:
        load(f"{name}.json")
    assert str(caught.value).isprintable()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["fifo", "folder", "loop"])
def test_layers_come_from_regular_files(name):
    with pytest.raises(ArgumentError, match="--layers="):
        load(name)


def test_no_type_of_a_field_is_more_than_one_line(tmp_path):
    import json

    good = {"name": "a", "batch": 1, "in_channels": 4, "out_channels": 4, "groups": 2, "input": [4, 4], "kernel": [3, 3], "stride": [2, 2],
            "padding": [1, 1], "dilation": [1, 1], "output_padding": [1, 1]}
    for field in good:
        for value in (None, True, 0, -1, 2.5, "4", "٤", [], {}, [[]], [None, 1], ["4", "4"], 10**30, [10**30, 1], float("nan"), [1, 2, 3, 4], [[1, 2], [3, 4]], {"a": 1}):
            (tmp_path / "l.json").write_text(json.dumps([good | {field: value}]))
            try:
                load(tmp_path / "l.json")
            except ArgumentError as error:
                assert str(error).isprintable()
