"""Children are isolated, end as they end, and never outlive what started them."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from stores import marked

from convt._derive import children

SLEEP = ["sh", "-c", "sleep 60 & sleep 60"]


def left(mark, seconds=3.0):
    """Processes with this mark that are still there after a moment."""
    end = time.monotonic() + seconds
    while (found := marked(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    return found


@pytest.fixture
def mark(tmp_path):
    """An environment by which a test finds its children."""
    return os.environ | {"TMPDIR": str(tmp_path)}


def start(words, mark, **options):
    return children.start_program(words, env=mark, **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **options})


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -SEGV $$", -11), ("kill -KILL $$", -9), ("kill -TERM $$", -15)])
def test_a_child_ends_as_its_program_does(script, status, mark):
    child = start(["sh", "-c", f"echo said; {script}"], mark)
    assert children.finish(child) == ("said\n", "") and child.returncode == status


def test_words_and_descriptors_reach_the_program(mark):
    child = start(["sh", "-c", 'cat; printf %s "$1" >&2', "sh", "a 'b\" ü\n"], mark, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert children.finish(child, "fed") == ("fed", "a 'b\" ü\n")


def test_ignored_signals_of_the_parent_do_not_matter(mark):
    """A parent that ignores SIGCHLD, as some servers do."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        child = start(["sh", "-c", "echo said; exit 3"], mark)
        assert child.stdout.read() == "said\n"
    finally:
        signal.signal(signal.SIGCHLD, before)
    children.end(child)


def test_a_time_out_ends_all_that_a_child_started(mark):
    child = start(SLEEP, mark)
    with pytest.raises(subprocess.TimeoutExpired):
        children.finish(child, seconds=0.2)
    assert child.returncode == -signal.SIGKILL and not left(mark["TMPDIR"])


def test_a_program_that_is_killed_takes_along_what_it_started(mark):
    child = start(["sh", "-c", "sleep 60 & kill -9 $$"], mark)
    children.finish(child)
    assert not left(mark["TMPDIR"])


PARENT = """
import os, signal, subprocess, sys, threading, time
from convt._derive import children
from convt._derive.judges import smt
started = []
def work():  # a thread that ends before the child does
    started.append(children.start_program(["sh", "-c", "sleep 60 & sleep 60"], stdout=subprocess.PIPE))
thread = threading.Thread(target=work); thread.start(); thread.join()
if smt.installed():
    smt._worker(smt.installed()[0]).start()
time.sleep(0.3)
assert started[0].poll() is None
if os.fork() == 0:  # holds every other pipe of its parent
    os.close(1); time.sleep(4); os._exit(0)
print("ready", flush=True)
{end}
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "os.kill(os.getpid(), 15)", "os._exit(0)", "sys.exit(0)", "raise KeyboardInterrupt"])
def test_nothing_outlives_its_parent(end, mark):
    done = subprocess.run([sys.executable, "-c", PARENT.replace("{end}", end)], env=mark, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=False, timeout=60)
    assert done.stdout == "ready\n"
    ended = time.monotonic()
    while len(found := marked(mark["TMPDIR"])) > 1 and time.monotonic() - ended < 3:
        time.sleep(0.05)
    assert [words for _, words in found if "print(" not in words] == []  # the fork, which we did not start, goes on


def test_ctrl_c_at_a_terminal_reaches_the_parent_only(mark):
    child = start(["sh", "-c", "echo started; sleep 60"], mark)
    assert child.stdout.readline() == "started\n"
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0) and os.getsid(child.pid) == child.pid
    children.end(child)


def test_a_command_line_of_our_own_child_has_a_group_of_its_own(mark):
    """Whoever starts it by other means: its watcher must never signal the group of its parent."""
    line = [children.interpreter(), "-I", "-S", "-c", children.PROGRAM, str(os.getpid()), "sh", "-c", "kill -TERM $$"]
    assert subprocess.run(line, env=mark, check=False).returncode == -signal.SIGTERM


def test_a_watcher_loads_nothing_that_python_has_not_loaded(mark):
    """A build starts some twenty: json and signal, with what they import, doubled what each takes."""
    line = [children.interpreter(), "-X", "importtime", "-I", "-S", "-c", children.PROGRAM, str(os.getpid()), "true"]
    said = subprocess.run(line, env=mark, capture_output=True, text=True, check=True).stderr
    assert " os\n" in said and not {"json", "re", "enum", "signal"} & {name.strip() for name in said.replace("|", "\n").split("\n")}


def test_a_brood_ends_together(mark):
    brood = children.Brood()

    def work(seconds):
        return children.finish(start(["sleep", str(seconds)], mark))

    begin = time.monotonic()
    with pytest.raises(ZeroDivisionError), ThreadPoolExecutor(3, initializer=brood.join) as pool, brood:
        waiting = [pool.submit(work, 60) for _ in range(2)]
        while len(marked(mark["TMPDIR"])) < 4:
            time.sleep(0.02)
        raise ZeroDivisionError
    assert time.monotonic() - begin < 30 and not left(mark["TMPDIR"])
    assert all(isinstance(future.exception(), children.Ended) for future in waiting)
    with pytest.raises(children.Ended), ThreadPoolExecutor(1, initializer=brood.join) as pool:
        pool.submit(work, 60).result()


def test_what_is_asked_while_a_brood_works_may_end_it(mark):
    def waiting():
        if len(marked(mark["TMPDIR"])) >= 2:
            raise ZeroDivisionError

    begin = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        children.together(2, lambda seconds, brood: children.finish(start(["sleep", str(seconds)], mark)), [60, 60, 60], waiting)
    assert time.monotonic() - begin < 30 and not left(mark["TMPDIR"])


def test_what_lasts_is_not_part_of_a_brood(mark):
    brood = children.Brood()
    with ThreadPoolExecutor(1, initializer=brood.join) as pool:
        child = pool.submit(children._start, ["sleep", "60"], True, {"env": mark}).result()
    with pytest.raises(ZeroDivisionError), brood:
        raise ZeroDivisionError
    assert child.poll() is None
    children.end(child)


def test_nothing_else_starts_processes():
    """Every child goes through derive/children.py, or it would outlive us, or see the user's modules."""
    root = Path(__file__).parents[2]
    for path in [path for package in ("derive", "codegen", "convt") for path in (root / package).rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        if path != root / "derive" / "children.py" and "_derive" not in path.parts:
            for word in ("subprocess.run(", "subprocess.Popen(", "subprocess.check", "os.system(", "ProcessPoolExecutor", "multiprocessing", "os.fork("):
                forks = path == root / "codegen" / "structure.py" and word == "os.fork("  # a check, in a child already
                assert forks or word not in text, f"{path}: {word}"
