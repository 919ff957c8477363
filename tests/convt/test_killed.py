"""``kill -9`` in the middle of a check and of a sweep, again and again: no hang, nothing left running, no wrong entry, and in the end
the same result as that of a run that nobody disturbed.
"""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from stores import marked

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
NAMES = ["1d_k1", "1d_k2s2"]
LAYERS = "".join(f'[[layer]]\nname = "{name}"\nconfig = "{name}"\ndtype = "int64"\ninput = ["H"]\n' for name in NAMES)
WORDS = {"sweep": ("sweep", *NAMES, "--dtype", "int64", "-o", "result.md"), "check": ("check", "a.convt.toml", "--level", "kernels", "--format", "json")}


def start(folder, store, name):
    folder.mkdir(exist_ok=True)
    (folder / "a.convt.toml").write_text(f"convt = 1\n{LAYERS}")
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen([sys.executable, "-m", "convt", *WORDS[name]], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=os.environ | {"CONVT_STORE": str(store), "TMPDIR": str(folder / "tmp")}, start_new_session=True)


def completed(folder, store, name):
    """What a run says that nobody disturbs, without times."""
    running = start(folder, store, name)
    said, complained = running.communicate(timeout=600)
    assert running.returncode == 0, said + complained
    if name == "check":
        return said, entries(store)
    page = (folder / "result.md").read_text()
    return re.sub(r"[0-9]+ known from before; |[0-9.]+ s\b", "", said.split("\n")[0]), re.findall(r"\| (?:hold|fall short|refused|exact checks passed) \|.*", page), entries(store)


def entries(store):
    """All that is remembered and published, by what it is about, without seconds and without what a linker may vary."""
    with sqlite3.connect(store / "checks.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = {digest: json.loads(value) for digest, value in connection.execute("SELECT digest, value FROM found")}
    for row in rows.values():
        for key in ("proving", "building"):
            row.pop(key, None)
        if (certificate := row.get("certificate")) is not None:
            certificate.pop("library_sha256")
            certificate.pop("source_sha256")  # of the module: which kernels were missing together depends on when it was killed
    kernels = sorted(path.name for path in store.iterdir() if len(path.name) == 40)
    for path in store.glob("?" * 40):
        assert json.loads((path / "manifest.json").read_text())["key"] == path.name
    return rows, kernels


def killed(tmp_path, name, times, seed, longest):
    """Kill it at some moment of its life, so many times."""
    rng, folder, store = random.Random(seed), tmp_path / "killed", tmp_path / "store"
    ended = 0
    while ended < times:
        done = len(list(store.glob("?" * 40))) == len(NAMES)
        if done or rng.random() < 0.15:
            forget(store, rng, 1.0 if done else 0.5)  # or there would be nothing left to do
        running = start(folder, store, name)
        before = time.monotonic()
        wait = rng.uniform(0.3, 0.9 * longest)
        while running.poll() is None and time.monotonic() - before < wait:
            time.sleep(0.01)
        running.kill()
        _, complained = running.communicate(timeout=60)
        assert running.returncode in (-signal.SIGKILL, 0), complained
        ended += running.returncode != 0
        gone = time.monotonic()
        while (left := marked(store)) and time.monotonic() - gone < 20:
            time.sleep(0.02)
        assert not left, left
    return completed(folder, store, name)


def forget(store, rng, share):
    """Some of what was found, as a whole: rows of the ledger and kernels."""
    if (store / "checks.sqlite").exists():
        with sqlite3.connect(store / "checks.sqlite") as connection:
            if connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
                for digest, in connection.execute("SELECT digest FROM found").fetchall():
                    if rng.random() < share:
                        connection.execute("DELETE FROM found WHERE digest = ?", (digest,))
    for path in store.glob("?" * 40):
        if rng.random() < share:
            subprocess.run(["rm", "-rf", str(path)], check=True)


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("times", [2, pytest.param(25, marks=pytest.mark.full)])
def test_killed_at_any_moment_it_goes_on_to_the_same_end(tmp_path, name, times):
    undisturbed = time.monotonic()
    wanted = completed(tmp_path / "whole", tmp_path / "other", name)
    longest = time.monotonic() - undisturbed
    assert killed(tmp_path, name, times, times, longest) == wanted
