"""Ctrl-C and SIGTERM anywhere: one line, the exit code that says so, nothing published afterwards, nothing left running."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from stores import marked

CONVT = [sys.executable, "-m", "convt"]
MOMENTS = ("-dM", "_codegen.translate", "-DPART=", "_codegen.checks")  # asking the compiler, planning, compiling, checking
OFTEN = {("-dM", signal.SIGINT), ("-DPART=", signal.SIGINT), ("-DPART=", signal.SIGKILL), ("_codegen.checks", signal.SIGTERM)}
WORDS = {signal.SIGINT: (130, "convt: interrupted\n"), signal.SIGTERM: (143, "convt: terminated\n"), signal.SIGKILL: (-9, "")}


def interrupted(tmp_path, number, arguments, moment):
    """Run a command, signal it as soon as a child whose command line has the word ``moment`` runs, and see how it ends."""
    tmp, store = tmp_path / "tmp", tmp_path / "store"
    tmp.mkdir()
    running = subprocess.Popen([*CONVT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
                               env=os.environ | {"TMPDIR": str(tmp), "CONVT_STORE": str(store)})
    start = time.monotonic()
    while running.poll() is None and not any(moment in words for _, words in marked(tmp_path)):
        assert time.monotonic() - start < 120
        time.sleep(0.002)
    assert running.poll() is None, running.communicate()
    before = published(store)
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == WORDS[number]
    assert published(store) == before
    gone = time.monotonic()
    while (left := marked(tmp_path)) and time.monotonic() - gone < 3:
        time.sleep(0.05)
    assert not left and published(store) == before
    return tmp, store


def published(store):
    return sorted(path.name for path in store.iterdir() if len(path.name) >= 40) if store.exists() else []


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize(("moment", "number"), [
    pytest.param(moment, number, id=f"{moment} {number.name}", marks=() if (moment, number) in OFTEN else pytest.mark.full)
    for moment in MOMENTS for number in WORDS])
def test_a_build_that_is_ended(tmp_path, number, moment):
    tmp, store = interrupted(tmp_path, number, ["build", "1d_k2", "--map", "conv", "--dtype", "int64"], moment)
    if number != signal.SIGKILL:
        assert not list(tmp.iterdir()) and (not store.exists() or not list(store.glob("new-*")))
    else:  # what is left is swept by the next use
        subprocess.run([*CONVT, "store"], env=os.environ | {"CONVT_STORE": str(store)}, capture_output=True, check=True)
        assert not list(store.glob("new-*"))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize(("arguments", "moment"), [
    (["prove", "3d_k5s3p2x1x0d2"], "smt_worker"), (["prove", *[f"1d_k{k}s{s}" for k in range(1, 9) for s in (1, 2)]], "convt.cli.prove"),
    (["derive", "1d_k3s2", "--format", "pdf", "-o", "k.pdf"], "pdflatex"), (["sweep", "1d_k2", "--dtype", "int64", "-o", "k.md"], "-DPART="), (["bench", "--only", "DCGAN", "--peers", "none"], "bench.worker")],
    ids=["prove", "many", "pdf", "sweep", "bench"])
def test_other_commands_that_are_ended(tmp_path, number, arguments, moment):
    if moment == "pdflatex" and not (shutil.which("pdflatex") and shutil.which("latexmk")):
        pytest.skip("needs TeX")
    if moment == "smt_worker":
        pytest.importorskip("z3", reason="needs the extra smt")
    tmp, store = interrupted(tmp_path, number, arguments, moment)
    assert not list(tmp.iterdir()) and not list(tmp_path.glob("k.*")) and not list(store.glob("new-*"))


@pytest.mark.slow
def test_ctrl_c_while_the_command_line_is_loaded():
    """From the first moment at which our own code runs."""
    code = "import builtins, sys\nreal = builtins.__import__\ndef slow(name, *rest):\n    if name == 'click': raise KeyboardInterrupt\n" \
           "    return real(name, *rest)\nbuiltins.__import__ = slow\nfrom convt.__main__ import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "convt: interrupted\n")


def interrupt(**_):
    raise KeyboardInterrupt


def swallow(**_):
    with contextlib.suppress(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)


@pytest.mark.parametrize("interrupt", [interrupt, swallow])
def test_an_interrupted_command_in_process(monkeypatch, capsys, interrupt):
    """No empty line of click's own before the one that says it; none that is lost in a destructor or a callback."""
    from convt import cli

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(cli.main_group.get_command(None, "dialects"), "callback", interrupt)
    monkeypatch.setattr(sys, "argv", ["convt", "dialects", "1d_k3"])
    try:
        with pytest.raises(SystemExit) as end:
            cli.main()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert end.value.code == 130 and capsys.readouterr().err == "convt: interrupted\n"
