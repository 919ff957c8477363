"""A sweep on a Dask cluster of the loopback: workers that are killed, that are others, that are not there."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from cluster import started, until
from stores import marked

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler", "dask")]
GRID = "1d_k{1..4}"


@pytest.fixture
def dask():
    pytest.importorskip("distributed", reason="needs the extra dask")


def sweep(tmp_path, address, *words, grid=GRID, **options):
    """Started, with a store of its own."""
    line = [sys.executable, "-m", "convt", "sweep", grid, "--dtype", "int64", "--dask", address, *words]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
                            env=os.environ | {"CONVT_STORE": str(tmp_path / "own")} | options)


def busy(tmp_path):
    """Whether the first worker has a share."""
    return any("sweep.child" in words for _, words in marked(tmp_path / "store-w0"))


def rows(tmp_path):
    with sqlite3.connect(tmp_path / "own" / "checks.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT COUNT(*) FROM found").fetchone()[0]


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(tmp_path):
    """The other one does its work, every configuration is there once, and nothing is left running."""
    with started(tmp_path) as cluster:
        running = sweep(tmp_path, cluster.address, "-o", "a.md")
        until(lambda: busy(tmp_path), cluster.log)
        cluster.kill("w0")
        until(lambda: not marked(tmp_path / "store-w0"), lambda: str(marked(tmp_path / "store-w0")), 20)
        said, complained = running.communicate(timeout=300)
        assert running.returncode == 0 and complained == "wrote a.md\n", complained
        assert "4 configurations at level kernels: all hold; " in said and "known" not in said
        assert rows(tmp_path) == 8 and not [path for path in (tmp_path / "own").iterdir() if len(path.name) == 40]
        again = sweep(tmp_path, cluster.address)
        assert "4 known from before" in again.communicate(timeout=180)[0] and again.returncode == 0


def test_workers_that_are_not_like_this_process_are_refused_in_one_line(tmp_path):
    """Another version, none at all, no compiler; and nobody."""
    with started(tmp_path, 0) as cluster:
        (tmp_path / "other.py").write_text("from convt._codegen import pipeline\nimport convt.sweep.cluster as cluster\n"
                                           "pipeline.generator_digest = cluster.generator_digest = lambda: 'f' * 64\n")
        cluster.worker("w2", "--preload", str(tmp_path / "other.py"))
        other = sweep(tmp_path, cluster.address)
        said, complained = other.communicate(timeout=180)
        assert other.returncode == 3 and not said and complained.count("\n") == 1
        assert "has convt 0.1.0 with generator ffffffffffff, and here is 0.1.0 with" in complained and "install the same on both" in complained
        cluster.kill("w2")
        (tmp_path / "none.py").write_text("import sys\nsys.modules['convt.sweep'] = None\n")
        cluster.worker("w4", "--preload", str(tmp_path / "none.py"))
        none = sweep(tmp_path, cluster.address)
        said, complained = none.communicate(timeout=180)
        assert none.returncode == 3 and not said and complained.count("\n") == 1 and "does not answer as convt 0.1.0 does: " in complained, complained
        cluster.kill("w4")
        cluster.worker("w3", CC="no-such-compiler")
        poor = sweep(tmp_path, cluster.address)
        said, complained = poor.communicate(timeout=180)
        assert poor.returncode == 3 and not said and complained.count("\n") == 1 and "compiler" in complained
        cluster.kill("w3")
        lonely = sweep(tmp_path, cluster.address)
        assert "has no worker: start one" in lonely.communicate(timeout=180)[1] and lonely.returncode == 3


@pytest.mark.parametrize(("number", "code", "words"), [(signal.SIGINT, 130, "convt: interrupted\n"), pytest.param(signal.SIGTERM, 143, "convt: terminated\n", marks=pytest.mark.full),
                                                       pytest.param(signal.SIGKILL, -9, "", marks=pytest.mark.full)], ids=["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_sweep_that_is_ended_and_a_scheduler_that_goes_away(tmp_path, number, code, words):
    """The workers are free for others, and the next run completes."""
    with started(tmp_path, 1) as cluster:
        running = sweep(tmp_path, cluster.address)
        until(lambda: busy(tmp_path), cluster.log)
        running.send_signal(number)
        start = time.monotonic()
        assert running.communicate(timeout=60) == ("", words) and running.returncode == code
        assert time.monotonic() - start < 30
        until(lambda: not marked(tmp_path / "own"), seconds=20)
        until(lambda: not busy(tmp_path), cluster.log, 30)
        if number == signal.SIGINT:
            running = sweep(tmp_path, cluster.address)
            until(lambda: busy(tmp_path), cluster.log)
            cluster.kill("scheduler")
            _, complained = running.communicate(timeout=180)
            assert running.returncode == 3 and complained.count("\n") == 1 and "went away" in complained, complained
        else:
            running = sweep(tmp_path, cluster.address)
            assert "all hold" in running.communicate(timeout=300)[0] and running.returncode == 0


def test_no_scheduler_and_no_address_are_one_line_within_seconds(tmp_path):
    for address, code in (("tcp://127.0.0.1:1", 3), ("nonsense", 2), ("tcp://127.0.0.1:70000", 2), ("http://127.0.0.1:1", 2), ("tls://127.0.0.1:1", 2)):
        start = time.monotonic()
        running = sweep(tmp_path, address)
        said, complained = running.communicate(timeout=60)
        assert running.returncode == code and not said and complained.count("\n") == 1 and complained.startswith("convt: "), complained
        assert time.monotonic() - start < 40


def test_a_worker_that_comes_later_with_another_version_does_nothing():
    from convt.sweep import cluster

    with pytest.raises(cluster.OtherVersion, match="one that came later has convt 0.1.0 with generator .*, and here is 0.1.0"):
        cluster.examined({}, ("0.1.0", "f" * 64))


def test_without_the_extra(tmp_path):
    """A meta path that finds no distributed, in a process of its own."""
    code = "import sys, importlib.util as u\nfind = u.find_spec\nu.find_spec = lambda name, *more: None if name == 'distributed' else find(name, *more)\n" \
           "from convt.cli import main\nsys.argv = ['convt', 'sweep', '1d_k1', '--dask', 'tcp://127.0.0.1:1']\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 3 and done.stderr == "convt: --dask needs distributed, which is not installed: pip install 'convt[dask]'\n"
