"""Whatever happens to the files of a store ends in repair, never in a raw exception or in code that was not published."""

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from stores import DAMAGE, PROBLEM, prepared

from convt._codegen import place, store, upkeep
from convt._codegen.errors import StoreFailed
from convt._codegen.kernel import Kernel
from convt._codegen.store import Store
from convt._codegen.toolchain import toolchain

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
KEY, OTHER = "a" * 40, "b" * 40


@pytest.fixture(scope="module")
def parts(private_store):
    return prepared()


@pytest.fixture
def filled(tmp_path, parts):
    """A store with one entry."""
    made = Store(tmp_path / "store")
    made.put(KEY, *parts)
    return made


def names(root, *kinds):
    return sorted(path.name for path in root.iterdir() if path.name.startswith(kinds))


def works(entry):
    one = np.ones((1, 1, 2), np.int64)
    return Kernel(PROBLEM, entry)(one, one).tolist() == [[[1, 1, 1, 1]]]


@pytest.mark.parametrize("harm", DAMAGE)
def test_damage_is_set_aside_and_repaired(filled, parts, harm, capsys):
    assert works(filled.get(KEY, parts[1]))
    DAMAGE[harm](filled.root / KEY)
    assert filled.get(KEY, parts[1]) is None and filled.get(KEY, parts[1]) is None
    assert capsys.readouterr().err.count("damaged") == 1 and len(names(filled.root, "corrupt-")) == 1
    filled.put(KEY, *parts)
    assert filled.get(KEY, parts[1]) is not None and not names(filled.root, "new-")


@pytest.mark.parametrize("harm", DAMAGE)
def test_what_lies_at_the_key_does_not_keep_an_entry_from_being_published(filled, parts, harm):
    DAMAGE[harm](filled.root / KEY)
    filled.put(KEY, *parts)
    assert filled.get(KEY, parts[1]) is not None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_set_aside(filled, parts):
    for path in (filled.root / KEY, filled.root / KEY / "manifest.json"):
        path.chmod(0)
        assert filled.get(KEY) is None
        filled.put(KEY, *parts)


def test_an_entry_under_another_key_or_for_another_kernel_is_not_loaded(filled, parts):
    os.rename(filled.root / KEY, filled.root / OTHER)
    assert filled.get(OTHER) is None
    filled.put(KEY, *parts)
    assert filled.get(KEY, "conv1d_k3_f32") is None


def test_what_was_digested_is_what_is_loaded(filled, parts):
    """The file may change after it was read, and while the module is in use."""
    entry = filled.get(KEY)
    entry.library.write_bytes(b"nothing that could be loaded")
    from convt._codegen import kernel

    kernel._modules.clear()
    assert works(entry) and works(entry)
    assert entry.held == [] and filled.get(KEY) is None
    with pytest.raises(StoreFailed, match="was changed or removed after conv_transpose1d_k2s2_i64_generic was loaded"):
        entry.binary()
    filled.put(KEY, *parts)
    assert filled.get(KEY).source.startswith("# cython")


def test_a_module_is_loaded_anew_whatever_the_number_of_its_descriptor(parts):
    from convt._codegen.extension import from_bytes

    data = next(data for name, data in parts[2].items() if name.endswith(".so"))
    modules = {id(from_bytes(parts[0], data, f"library {number}").__dict__[PROBLEM.name]) for number in range(5)}
    assert len(modules) == 5


def test_without_memory_for_code_a_private_file_serves(parts, monkeypatch):
    from convt._codegen.extension import from_bytes

    data = next(data for name, data in parts[2].items() if name.endswith(".so"))
    monkeypatch.delattr(os, "memfd_create")
    assert hasattr(from_bytes(parts[0], data, "library"), PROBLEM.name)


def test_one_damage_does_not_hit_two_entries(filled, parts):
    """Kernels of one module share no file."""
    filled.put(OTHER, *parts)
    inodes = [path.stat().st_ino for key in (KEY, OTHER) for path in (filled.root / key).iterdir()]
    assert len(set(inodes)) == len(inodes)
    DAMAGE["a bit of the library"](filled.root / KEY)
    assert filled.get(KEY) is None and filled.get(OTHER) is not None


def test_no_descriptors_left_is_no_damage(filled, monkeypatch):
    def full(path):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(store, "open_folder", full)
    with pytest.raises(StoreFailed, match="Too many open files"):
        filled.get(KEY)
    monkeypatch.undo()
    assert filled.get(KEY) is not None


def test_an_entry_that_was_repaired_meanwhile_is_not_set_aside(filled, parts):
    old = os.lstat(filled.root / KEY)
    os.rename(filled.root / KEY, filled.root / "moved")
    filled.put(KEY, *parts)
    assert not filled.set_aside(KEY, old, "seen before") and filled.get(KEY) is not None and not names(filled.root, "corrupt-")


@pytest.mark.parametrize("harm", ["a folder", "a link in a circle", "a FIFO", "a link elsewhere", "gone"])
def test_damage_to_the_file_of_locks(filled, parts, harm, tmp_path):
    path = filled.root / "lock"
    path.unlink()
    {"a folder": path.mkdir, "a link in a circle": lambda: path.symlink_to(path), "a FIFO": lambda: os.mkfifo(path),
     "a link elsewhere": lambda: path.symlink_to(tmp_path / "elsewhere"), "gone": lambda: None}[harm]()
    filled.put(OTHER, *parts)
    assert filled.get(OTHER) is not None and path.is_file() and not path.is_symlink() and not (tmp_path / "elsewhere").exists()


def test_a_root_that_vanishes_is_made_again(filled, parts):
    import shutil

    shutil.rmtree(filled.root)
    assert filled.get(KEY) is None
    filled.put(KEY, *parts)
    assert filled.get(KEY) is not None


def test_a_root_that_becomes_a_file_is_one_line(filled, parts):
    import shutil

    shutil.rmtree(filled.root)
    filled.root.write_text("")
    assert filled.get(KEY) is None
    with pytest.raises(StoreFailed, match="cannot be written"):
        filled.put(KEY, *parts)


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "7", "{}", '{"sha256": 1, "found": {}}', '{"sha256": null, "found": null}', "[" * 100_000,
                                  '{"sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "found": {}}', "other", "folder", "loop", "fifo"])
def test_a_note_about_the_compiler_may_be_anything(tmp_path, parts, text, monkeypatch):
    found, asked = toolchain(place.open_store().root), []
    monkeypatch.setattr("convt._codegen.toolchain._ask", lambda *_: asked.append(1) or found)
    assert toolchain(tmp_path) == found
    note = next(tmp_path.glob("toolchain-*"))
    body = json.loads(note.read_text())
    if text == "other":
        body["found"]["openmp"] = not found.openmp
        note.write_text(json.dumps(body))
    else:
        note.unlink()
        {"folder": note.mkdir, "loop": lambda: note.symlink_to(note), "fifo": lambda: os.mkfifo(note)}.get(text, lambda: note.write_text(text))()
    assert toolchain(tmp_path) == found and toolchain(tmp_path) == found and len(asked) == 2
    assert note.is_file() and not note.is_symlink() and not names(tmp_path, "new-")


def dead_staging(root):
    """What a process leaves that is killed while it publishes."""
    child = subprocess.run([sys.executable, "-c", "import os, sys; from pathlib import Path; from convt._codegen.store import Store\n"
                            "with Store(Path(sys.argv[1])).staging() as folder:\n    (folder / 'x').write_text(''); os.kill(os.getpid(), 9)", str(root)], check=False)
    assert child.returncode == -9


def test_what_killed_processes_left_is_swept_and_nothing_else(filled):
    dead_staging(filled.root)
    assert len(names(filled.root, "new-")) == 1
    (filled.root / "new-old.form").mkdir()
    os.utime(filled.root / "new-old.form", (0, 0))
    (filled.root / "new-young").mkdir()
    with filled.staging() as mine:
        assert upkeep.sweep(filled) == 2 and mine.is_dir()
        assert names(filled.root, "new-") == sorted([mine.name, "new-young"])
    assert filled.get(KEY) is not None


def test_of_damaged_entries_the_last_few_stay_for_a_while(filled, parts, monkeypatch):
    for _ in range(upkeep.KEPT + 3):
        DAMAGE["an empty manifest"](filled.root / KEY)
        filled.get(KEY)
        filled.put(KEY, *parts)
    upkeep.sweep(filled)
    assert len(names(filled.root, "corrupt-")) == upkeep.KEPT
    now = time.time()
    monkeypatch.setattr(upkeep, "time", lambda: now + upkeep.WEEK + 60)
    upkeep.sweep(filled)
    assert not names(filled.root, "corrupt-") and filled.get(KEY) is not None


def test_locks_are_taken_in_one_order_by_all(tmp_path, monkeypatch):
    from threading import Thread

    from convt._codegen import locks as module

    locks, busy, most, take, end = store.Locks(tmp_path / "lock"), [], [], module._take, time.monotonic() + 30

    def slowly(handle, place):  # or two would seldom be halfway at once
        if taken := take(handle, place):
            time.sleep(0.003)
        return taken

    def patience():
        assert time.monotonic() < end

    monkeypatch.setattr(module, "_take", slowly)

    def work(keys):
        for _ in range(10):
            with locks.held(keys, patience):
                busy.extend(keys)
                most.append(max(map(busy.count, busy)))
                for key in keys:
                    busy.remove(key)

    threads = [Thread(target=work, args=(keys,)) for keys in (["1", "2", "3"], ["3", "1"], ["2", "3"], ["3", "2", "1"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads) and max(most) == 1 and len(most) == 40


def test_every_key_of_a_group_is_locked(filled):
    with filled.lock([KEY, OTHER]):
        for key in (KEY, OTHER):
            with filled.locks.tried(key) as free:
                assert not free
    with filled.locks.tried(OTHER) as free:
        assert free


def test_a_fork_does_not_keep_what_its_killed_parent_locked(filled):
    code = "import os, sys, time; from pathlib import Path; from convt._codegen.store import Store\n" \
           "with Store(Path(sys.argv[1])).lock(['a' * 40]):\n    child = os.fork()\n    if not child: os.close(1); time.sleep(20); os._exit(0)\n" \
           "    time.sleep(0.3); print(child, flush=True); os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", code, str(filled.root)], stdout=subprocess.PIPE, text=True, check=False)
    try:
        with filled.locks.tried(KEY) as free:
            assert free
    finally:
        os.kill(int(done.stdout), 9)


def test_a_fork_does_not_keep_what_its_parent_locked(filled):
    with filled.lock([KEY]):
        child = os.fork()
        if not child:
            time.sleep(30)
            os._exit(0)
    try:
        with filled.locks.tried(KEY) as free:
            assert free
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


@pytest.mark.parametrize(("environment", "folder"), [
    ({"CONVT_STORE": "/a/b"}, "/a/b"), ({"CONVT_STORE": "~/c", "HOME": "/h"}, "/h/c"), ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/convt"),
    ({"XDG_CACHE_HOME": "x", "HOME": "/h"}, "/h/.cache/convt"), ({"CONVT_STORE": "~nobody-of-this-name/x", "HOME": "/h"}, ""),
    ({}, ""), ({"HOME": ""}, ""), ({"HOME": "~"}, ""), ({"HOME": "relative"}, ""), ({"CONVT_STORE": "~/c"}, ""), ({"CONVT_STORE": "~/c", "HOME": "~"}, "")])
def test_no_store_lands_in_a_folder_named_like_a_home(environment, folder, monkeypatch):
    """Here nobody has an entry in the password file."""
    for name in ("CONVT_STORE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def nobody(number):
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.setattr("pwd.getpwnam", nobody)
    assert place.wanted() == folder


def run(code, cwd=None, wrap=(), **environment):
    kept = {name: value for name, value in os.environ.items() if environment.get(name, "") is not None}
    return subprocess.run([*wrap, sys.executable, "-c", code], capture_output=True, text=True, cwd=cwd, check=False,
                          env=kept | {name: value for name, value in environment.items() if value is not None})


OPEN = "from convt._codegen.place import open_store; print(open_store().root)\n"


def test_temporary_stores_go_at_exit_and_a_fork_leaves_them(tmp_path):
    (tmp_path / "file").write_text("")
    fork = "import os, sys\nchild = os.fork()\nif not child: sys.exit(0)\nos.waitpid(child, 0); print(open_store().root.is_dir())"
    done = run(OPEN + fork, TMPDIR=str(tmp_path), CONVT_STORE=str(tmp_path / "file" / "store"))
    assert done.returncode == 0 and done.stdout.split("\n")[1] == "True" and "cannot be used" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_temporary_stores_of_killed_processes_are_swept_by_the_next(tmp_path):
    (tmp_path / "file").write_text("")
    where = {"TMPDIR": str(tmp_path), "CONVT_STORE": str(tmp_path / "file" / "store")}
    killed = run(OPEN + "import os; os.kill(os.getpid(), 9)", **where)
    left = next(tmp_path.glob("convt-store-*"))
    assert killed.returncode == -9
    os.utime(left, (0, 0))
    run(OPEN, **where)
    assert not left.exists() and [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else and to mount")
@pytest.mark.parametrize("how", ["another user", "mounted read-only"])
def test_a_store_that_can_only_be_read_is_used(private_store, tmp_path, how):
    """For what it holds; what it lacks goes to a temporary one."""
    mount = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"', str(private_store)]
    wrap = mount if how == "mounted read-only" else []
    if wrap and subprocess.run([*wrap, "true"], capture_output=True, check=False).returncode:
        pytest.skip("may not mount here")
    if how == "another user":
        import shutil

        root, spare = tmp_path / "store", tmp_path / "tmp"
        shutil.copytree(private_store, root)
        spare.mkdir()
        spare.chmod(0o1777)
        for path in (root, *root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        for parent in (tmp_path, *tmp_path.parents):
            if parent != Path("/tmp") and str(parent).startswith("/tmp"):
                parent.chmod(0o755)
        wrap, private_store = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], root
        if subprocess.run([*wrap, sys.executable, "-c", "import convt"], capture_output=True, check=False, cwd=tmp_path).returncode:
            pytest.skip("the interpreter cannot be used by others here")
    code = "from convt._codegen.problem import Problem; from convt._codegen.pipeline import build; from convt._codegen.place import open_store\n" \
           "build([Problem.of('1d_k2s2', dtype='int64', target='generic')], lambda *stage: print(stage[0])); print('one')\n"
    more = "store = open_store()\nwith store.lock(['a' * 40]): store.put('a' * 40, 'm', 'k', {'m.pyx': b'', 'm.so': b''}, {'kernel': 'k'})\n" \
           "print(store.get('a' * 40, 'k') is not None)"
    before = sorted(path.name for path in private_store.rglob("*"))
    environment = {"CONVT_STORE": str(private_store), "TMPDIR": str(tmp_path / "tmp") if how == "another user" else str(tmp_path)}
    done = run(code, wrap=wrap, cwd=tmp_path, **environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "one\n", "")
    done = run(code + more, wrap=wrap, cwd=tmp_path, **environment)
    assert done.returncode == 0 and done.stdout == "one\nTrue\n", done.stderr
    assert done.stderr.count("\n") == 1 and "can only be read; kernels go to" in done.stderr
    assert sorted(path.name for path in private_store.rglob("*")) == before


def unshared(*script):
    """A shell command in a mount namespace of its own."""
    return ["unshare", "-m", "sh", "-c", *script]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount")
def test_a_store_where_code_may_not_run_is_replaced(tmp_path):
    mount = unshared('mount -t tmpfs -o noexec,mode=700 none "$0" && exec "$@"', str(tmp_path))
    if subprocess.run([*mount, "true"], capture_output=True, check=False).returncode:
        pytest.skip("may not mount here")
    done = run(OPEN, wrap=mount, CONVT_STORE=str(tmp_path / "store"))
    assert done.returncode == 0 and "mounted noexec" in done.stderr and "convt-store-" in done.stdout
    done = run(OPEN, wrap=mount, CONVT_STORE=str(tmp_path / "store"), TMPDIR=str(tmp_path))
    assert done.returncode == 0 and str(tmp_path) not in done.stdout and "convt-store-" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount")
def test_a_full_disk_is_one_line_and_forgotten(tmp_path):
    """In the folder of temporary files, and in the store: the cause is named, and no fault of the moment is remembered."""
    mount = unshared('mount -t tmpfs -o size=$1k,mode=700 none "$0" && exec "${@:2}"'.replace('"${@:2}"', '"$2" "$3" "$4" "$5" "$6"'), str(tmp_path))
    if subprocess.run([*mount, "64", "true"], capture_output=True, check=False).returncode:
        pytest.skip("may not mount here")
    convt = [sys.executable, "-m", "convt", "build", "1d_k1"]
    for size, environment in (("4", {"TMPDIR": str(tmp_path)}), ("16", {"CONVT_STORE": str(tmp_path / "s")}), ("96", {"CONVT_STORE": str(tmp_path / "s")})):
        done = subprocess.run([*mount, size, *convt], capture_output=True, text=True, check=False,
                              env=os.environ | {"CONVT_STORE": str(tmp_path.parent / "other")} | environment, cwd="/")
        assert done.returncode in (1, 2) and done.stderr.count("\n") == 1 and "No space left" in done.stderr, (size, done)
    notes = list((tmp_path.parent / "other").glob("toolchain-*"))
    assert not notes or all(json.loads(note.read_text())["found"]["openmp"] for note in notes)
