"""Many processes at one store, some of which damage it and some of which are killed: none hangs, none loads what was not published."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from stores import DAMAGE, PROBLEM, marked, prepared

from convt._codegen import upkeep
from convt._codegen.extension import from_bytes
from convt._codegen.store import Store, digest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
KEYS = [letter * 40 for letter in "abcdef"]
BAD_LOAD, FAILED = 3, 4


def rounds(root, parts, numbers, seed, report):
    """Publish and load at random; every third round also damages an entry, and every eighth may be the last."""
    chance, store = random.Random(seed), Store(root)
    library = digest(next(data for name, data in parts[2].items() if name.endswith(".so")))
    for number in numbers:
        if number % 8 == 7:  # SIGALRM ends a process as a kill does, wherever it is
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-4, 2e-2))
        keys = chance.sample(KEYS, chance.randint(1, 4))
        entries = {key: store.get(key, parts[1]) for key in keys}
        if None in entries.values():
            with store.lock(keys):
                for key in keys:
                    entries[key] = store.get(key, parts[1]) or store.put(key, *parts)
        for entry in entries.values():
            data = entry.binary()
            if digest(data) != library or entry.files != {**entry.files, entry.library.name: library}:
                os._exit(BAD_LOAD)
            if chance.random() < 0.1:
                one, out = np.ones((1, 1, 2), np.int64), np.zeros((1, 1, 4), np.int64)
                getattr(from_bytes(parts[0], data, "x"), PROBLEM.name)(one, one, None, out, 1, 1, None, None)
                if out.tolist() != [[[1, 1, 1, 1]]]:
                    os._exit(BAD_LOAD)
        if number % 3 == 2:
            try:
                DAMAGE[chance.choice(list(DAMAGE))](root / chance.choice(KEYS))
            except (OSError, StopIteration, ValueError, KeyError, TypeError, AttributeError):
                pass  # it was damaged or gone already
        signal.setitimer(signal.ITIMER_REAL, 0)
        report(number)


def fork(root, parts, numbers, seed):
    """A process that goes through these rounds, and the pipe on which it reports."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        status = FAILED
        try:
            os.close(read)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # notices about damage
            rounds(root, parts, numbers, seed, lambda number: os.write(write, b"."))
            status = 0
        except BaseException:
            import traceback

            (root.parent / f"failed-{os.getpid()}").write_text(traceback.format_exc())
        finally:
            os._exit(status)
    os.close(write)
    return child, read


@pytest.mark.parametrize(("processes", "count", "seconds"), [(4, 40, 60), pytest.param(32, 100, 600, marks=pytest.mark.full)])
def test_processes_that_publish_load_damage_and_die(tmp_path, private_store, processes, count, seconds):
    parts, root, start = prepared(), tmp_path / "store", time.monotonic()
    Store(root).put(KEYS[0], *parts)
    running, killed = {}, 0
    for seed in range(processes):
        child, read = fork(root, parts, range(count), seed)
        running[child] = (read, 0, seed)
    try:
        while running:
            assert time.monotonic() - start < seconds, f"{len(running)} processes hang"
            child, status = os.waitpid(-1, os.WNOHANG)
            if child not in running:
                time.sleep(0.01)
                continue
            read, done, seed = running.pop(child)
            done += len(os.read(read, 1 << 16))
            os.close(read)
            code = os.waitstatus_to_exitcode(status)
            assert code in (0, -signal.SIGALRM), (code, [path.read_text() for path in tmp_path.glob("failed-*")])
            if code:  # where it was killed it goes on, with the next round
                killed += 1
                child, read = fork(root, parts, range(done + 1, count), seed + 1000 * killed)
                running[child] = (read, done + 1, seed)
    finally:
        for child, (read, *_) in running.items():
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(read)
    assert killed
    store = Store(root)  # the next use
    upkeep.sweep(store)
    for key in KEYS:
        assert (store.get(key, parts[1]) or store.put(key, *parts)).files == store.get(key, parts[1]).files
    assert not list(root.glob("new-*"))
    upkeep.sweep(store)
    assert len(list(root.glob("corrupt-*"))) <= upkeep.KEPT
    assert {path.name for path in root.iterdir() if not path.name.startswith("corrupt-")} - {"moved"} == {"lock", *KEYS}


BUILD = "import sys; from convt._codegen.pipeline import build; from convt._codegen.problem import Problem\n" \
        "for kernel in build([Problem.of(name, 'conv', dtype='int64') for name in sys.argv[1:]]): print(kernel.name, kernel.entry.library.name)"


@pytest.mark.full
def test_ten_rounds_with_real_compilers(tmp_path):
    """Processes that build overlapping sets of kernels, of which some are killed at some moment, with all their children."""
    names, chance, store = ["1d_k1", "1d_k2", "1d_k3", "1d_k2s2"], random.Random(5), tmp_path / "store"
    for number in range(10):
        tmp = tmp_path / f"tmp{number}"
        tmp.mkdir()
        environment = os.environ | {"CONVT_STORE": str(store), "TMPDIR": str(tmp)}
        running = [subprocess.Popen([sys.executable, "-c", BUILD, *chance.sample(names, 3)], env=environment, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True) for _ in range(6)]
        for process in running[:4]:
            time.sleep(chance.uniform(0, 2))
            process.kill()
        said = [process.communicate(timeout=120) for process in running]
        assert all(process.returncode == 0 for process in running[4:]), said
        end = time.monotonic()
        while (left := marked(tmp)) and time.monotonic() - end < 3:
            time.sleep(0.05)
        assert not left
        opened = subprocess.run([sys.executable, "-m", "convt", "store", "verify"], env=environment, capture_output=True, text=True, check=False)
        assert opened.returncode == 0 and not list(store.glob("new-*")) and not list(store.glob("corrupt-*")), opened
        for path in store.glob("?" * 40):
            if chance.random() < 0.7:
                DAMAGE[chance.choice(["a bit of the library", "half a manifest", "a file for the folder"])](path)
        subprocess.run([sys.executable, "-m", "convt", "store", "verify"], env=environment, capture_output=True, check=False)
        subprocess.run([sys.executable, "-m", "convt", "store", "prune"], env=environment, capture_output=True, check=True)
