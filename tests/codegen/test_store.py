"""The store: atomic, private, digest-checked, moved by $CONVT_STORE, shared by many processes."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from stores import DAMAGE

from convt._codegen import store as stores
from convt._codegen.errors import BuildError, CheckFailed, CompilerMissing
from convt._codegen.pipeline import build, key_of
from convt._codegen.problem import Problem
from convt._codegen.toolchain import toolchain

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
PROBLEM = Problem.of("1d_k2s2", dtype="int64")
NAMED = Problem.of("1d_k2s2", dtype="int64", target="generic")  # has the same key in a child, whatever shape this host is forced to
SCRIPT = "import sys, json; from convt._codegen.problem import Problem; from convt._codegen.pipeline import build; " \
         "k = build([Problem.of('1d_k2s2', dtype='int64', target='generic')], lambda s, t, d: print(s))[0]; " \
         "print(json.dumps([m for m in ('sympy', 'islpy', 'jinja2', 'z3', 'Cython', 'convt._codegen.build', 'subprocess') if m in sys.modules]))"


@pytest.fixture
def own_store(tmp_path, monkeypatch):
    root = tmp_path / "store"
    monkeypatch.setenv("CONVT_STORE", str(root))
    return root


def run(script=SCRIPT, **environment):
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=os.environ | environment,
                          check=False)


def test_a_second_process_loads_without_building_or_importing_the_generator(own_store):
    first = run()
    assert first.returncode == 0 and "publish" in first.stdout, first.stderr
    second = run()
    assert second.stdout.strip() == '["subprocess"]', second.stdout


def test_folders_are_private_and_nothing_is_left_over(own_store):
    build([PROBLEM])
    assert stat.S_IMODE(own_store.stat().st_mode) == 0o700
    names = sorted(path.name.split("-")[0] for path in own_store.iterdir())
    assert not [name for name in names if name in ("new", "corrupt")]
    entry = own_store / key_of(PROBLEM, toolchain())
    assert stat.S_IMODE(entry.stat().st_mode) == 0o700
    assert sorted(p.suffix for p in entry.iterdir()) == [".h", ".json", ".json", ".pyx", ".so"]


@pytest.mark.parametrize("harm", ["a bit of the library", "half a manifest"])
def test_damaged_entries_are_set_aside_and_rebuilt(own_store, harm):
    """Every kind of damage, without building: tests/codegen/test_store_damage.py."""
    build([NAMED])
    DAMAGE[harm](own_store / key_of(NAMED, toolchain()))
    done = run()
    assert done.returncode == 0 and "publish" in done.stdout and "damaged" in done.stderr
    assert len(list(own_store.glob("corrupt-*"))) == 1


def test_entries_that_others_can_write_are_not_loaded(own_store):
    build([NAMED])
    entry = own_store / key_of(NAMED, toolchain())
    entry.chmod(0o777)
    done = run()
    assert "publish" in done.stdout and "damaged" in done.stderr


def test_a_store_that_others_can_write_is_replaced_with_a_notice(own_store):
    own_store.mkdir()
    own_store.chmod(0o777)
    done = run()
    assert done.returncode == 0 and "can be written by others" in done.stderr and not list(own_store.iterdir())


def test_a_store_that_cannot_be_made_is_replaced_with_a_notice(tmp_path):
    (tmp_path / "file").write_text("")
    done = run(CONVT_STORE=str(tmp_path / "file" / "store"))
    assert done.returncode == 0 and "cannot be used" in done.stderr


def test_many_processes_at_once_build_once(own_store):
    running = [subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for _ in range(4)]
    outputs = [process.communicate() for process in running]
    assert all(process.returncode == 0 for process in running), outputs
    assert sum("publish" in out for out, _ in outputs) == 1


def test_the_key_depends_on_everything_that_matters(monkeypatch):
    from dataclasses import replace

    tools = toolchain()
    keys = {key_of(PROBLEM, tools), key_of(Problem.of("1d_k2s2"), tools), key_of(PROBLEM, replace(tools, version="other")),
            key_of(PROBLEM, replace(tools, cython="0")), key_of(PROBLEM, replace(tools, openmp=not tools.openmp)),
            key_of(PROBLEM, replace(tools, macros=frozenset())), key_of(PROBLEM, replace(tools, chosen=("-O2",))),
            key_of(PROBLEM, replace(tools, command=("cc", "-DX"))), key_of(PROBLEM, replace(tools, expanded="0")),
            key_of(PROBLEM, replace(tools, programs=(("/usr/bin/cc", 1, 1),))),
            key_of(Problem.of("1d_k2s2", dtype="int64", target="generic"), tools)}
    monkeypatch.setattr("convt._codegen.pipeline.generator_digest", lambda: "another generator")
    keys.add(key_of(PROBLEM, tools))
    assert len(keys) == 12


def test_the_c_compiler_can_be_chosen_and_its_absence_is_said(own_store, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler-here")
    with pytest.raises(CompilerMissing, match="CC='no-such-compiler-here'.*apt-get install gcc"):
        build([PROBLEM])
    monkeypatch.setenv("CC", "")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CompilerMissing, match="no C compiler found"):
        build([PROBLEM])
    import numpy as np

    import convt

    one = np.ones((1, 1, 2), np.float32)
    assert convt.conv_transpose(one, one, stride=2, engine="reference").tolist() == [[[1, 1, 1, 1]]]
    assert not list(own_store.glob("new-*"))


def test_a_compiler_that_fails_leaves_nothing_behind(own_store, tmp_path, monkeypatch):
    bad = tmp_path / "cc"
    bad.write_text("#!/bin/sh\ncase \"$*\" in *-DPART=*) echo broken >&2; exit 3;; esac\nexec cc \"$@\"\n")
    bad.chmod(0o755)
    monkeypatch.setenv("CC", str(bad))
    with pytest.raises(BuildError, match="broken"):
        build([PROBLEM])
    assert [path.name.split("-")[0] for path in sorted(own_store.iterdir())] in (["lock", "toolchain"],)


def test_a_kernel_that_fails_its_checks_is_not_published(own_store, monkeypatch):
    monkeypatch.setattr("convt._codegen.verify.verify", lambda *_: (_ for _ in ()).throw(CheckFailed("wrong")))
    with pytest.raises(CheckFailed):
        build([PROBLEM])
    assert not [path for path in own_store.iterdir() if path.is_dir()]


def test_a_manifest_holds_digests_of_every_file(own_store):
    kernel = build([PROBLEM])[0]
    manifest = json.loads((kernel.entry.folder / "manifest.json").read_text())
    assert set(manifest["files"]) == {p.name for p in kernel.entry.folder.iterdir()} - {"manifest.json"}
    assert all(stores.digest(Path(kernel.entry.folder, name).read_bytes()) == sha for name, sha in manifest["files"].items())
