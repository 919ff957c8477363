"""What is printed on a terminal and in a pipe: the same words, at any width, in any encoding, on streams that are full or missing."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections import Counter
from pathlib import Path

import pytest

from convt.cli.streams import spelled

COMMAND = [sys.executable, "-m", "convt"]
ROOT = Path(__file__).parents[2]
LINES = [["prove", "1d_k3s2p1op1", "--steps"], ["claims", "13", "24", "--engine", "reference"], ["dialects", "2d_k3s2p0:1"],
         ["derive", "1d_k3s2p1"], ["doctor"], ["bench", "--help"]]
TABLE = "from convt.cli.terminal import table; table(('a', '[b]', 'c'), [('A[i, j] = w[a]', '[bold]x[/bold]', ':smile: [/]'), " \
        "('pip install \\'convt[smt]\\'', 'x' * 30, '\\\\[red] **y** ~' * 4)], ('bold', 'green'))"


def in_pipe(words, **environment):
    return subprocess.run(words, capture_output=True, check=False, env=os.environ | {"COLUMNS": ""} | environment)


def on_terminal(words, columns, stdin=None):
    """(what a terminal of so many columns was sent, exit code): standard output and error are that terminal."""
    control, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")} | {"TERM": "xterm-256color"}
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    sent = b""
    while True:
        try:
            some = os.read(control, 1 << 16)
        except OSError:  # the other end is closed
            some = b""
        if not some:
            break
        sent += some
    os.close(control)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent.decode()).replace("\r\n", "\n"), child.wait()


def words_of(text):
    return Counter(word for word in text.split() if not re.fullmatch(r"[0-9.]+", word))  # times differ


def missing(printed, shown):
    return words_of(printed) - words_of(shown)


@pytest.mark.parametrize("columns", [40, 60, 80, 160])
def test_a_table_is_text_and_not_markup(columns):
    piped = in_pipe([sys.executable, "-c", TABLE]).stdout.decode()
    shown, code = on_terminal([sys.executable, "-c", TABLE], columns)
    assert code == 0 and "A[i, j] = w[a]" in piped and "[bold]x[/bold]" in piped
    assert not missing(piped, shown), shown


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_the_same_words_on_a_terminal_and_in_a_pipe(line):
    piped = in_pipe([*COMMAND, *line])
    assert piped.returncode == 0 and len(words_of(piped.stdout.decode())) > 20
    for columns in (60, 80, 160):
        shown, code = on_terminal([*COMMAND, *line], columns)
        assert code == 0 and not missing(piped.stdout.decode(), shown), columns


@pytest.mark.full
def test_the_demo_on_a_terminal(tmp_path):
    (tmp_path / "[red]a").mkdir()
    piped = in_pipe([*COMMAND, "demo", "-o", str(tmp_path / "[red]a")]).stdout.decode()
    shown, code = on_terminal([*COMMAND, "demo", "-o", str(tmp_path / "[red]a")], 80)
    assert code == 0 and "[red]a/index.html" in piped
    assert "[red]a/index.html" in shown and "A[i, j] = w[a]" in shown


@pytest.mark.slow
@pytest.mark.parametrize("line, encoding", [(["--help"], "latin-1"), (["prove", "1d_k3s2p1"], "latin-1"), (["prove", "1d_k3s2p1"], "ascii"),
                                            (["dialects", "2d_k4s2p1"], "koi8-r")])
def test_terminals_that_are_not_utf_8(line, encoding):
    done = in_pipe([*COMMAND, *line], PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and not done.stderr
    printed = done.stdout.decode(encoding)
    usual = in_pipe([*COMMAND, *line]).stdout.decode()
    assert len(printed.splitlines()) == len(usual.splitlines())
    assert "?" not in printed or "?" in usual
    assert line != ["prove", "1d_k3s2p1"] or "n = 2" in printed


@pytest.mark.slow
def test_a_derivation_in_latin_1(tmp_path):
    for line in (["derive", "1d_k3s2p1"], ["claims", "--engine", "reference"]):
        done = in_pipe([*COMMAND, *line], PYTHONIOENCODING="latin-1")
        assert done.returncode == 0 and not done.stderr
        assert b"?" not in done.stdout or "?" in in_pipe([*COMMAND, *line]).stdout.decode()
    for kind in ("json", "html"):  # documents say their encoding themselves
        done = in_pipe([*COMMAND, "derive", "1d_k3s2p1", "--format", kind], PYTHONIOENCODING="latin-1")
        assert done.returncode == 0 and len(done.stdout.decode("utf-8")) > 1000
    assert json.loads(in_pipe([*COMMAND, "dialects", "1d_k3", "--format", "json"], PYTHONIOENCODING="ascii").stdout.decode("utf-8"))


def test_every_letter_of_the_sources_can_be_spelled():
    texts = [path.read_text(encoding="utf-8") for folder in ("convt", "derive", "codegen") for path in (ROOT / folder).rglob("*.py")]
    assert not [letter for letter in set("".join(texts)) if letter != "?" and spelled(letter) == "?"]
    assert [spelled(letter) for letter in "≤₀²ūτᵀ…"] == ["<=", "_0", "^2", "u_bar", "tau", "^T", "..."]


@pytest.mark.parametrize("streams, code", [(">&-", 0), (">/dev/full", 2), ("2>&-", 0), (">&- 2>&- <&-", 0), ("| head -1", 0), ("2>/dev/full", 0)])
def test_streams_that_are_closed_or_full(streams, code):
    line = f"'{sys.executable}' -m convt dialects 2d_k4s2p1 {streams}"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == code and "Traceback" not in done.stderr and "ignored" not in done.stderr
    assert done.stderr.count("\n") == (code != 0)


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full", ""])
def test_an_error_that_cannot_be_said_is_an_exit_code(streams):
    assert subprocess.run(["bash", "-c", f"'{sys.executable}' -m convt prove nothing {streams}"], capture_output=True, check=False).returncode == 2


@pytest.mark.slow
def test_progress_is_for_those_who_watch():
    slow = "import time\nfrom convt.progress import working\nwith working('making [x]') as say:\n    time.sleep(0.9)\n    say('made [/] y')\n    " \
           "time.sleep(0.3)\nprint('done')"
    shown, code = on_terminal([sys.executable, "-c", slow], 80)
    assert code == 0 and "making [x]" in shown and "made [/] y" in shown and shown.rstrip().endswith("done")
    quick = slow.replace("0.9", "0").replace("0.3", "0")
    assert on_terminal([sys.executable, "-c", quick], 80)[0].strip() == "done"
    piped = in_pipe([sys.executable, "-c", slow])
    assert piped.stdout.strip() == b"done" and not piped.stderr
