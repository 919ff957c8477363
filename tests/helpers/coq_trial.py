"""Many statements tried in one file: which of them their tactics prove, where a failure is an answer and no error."""

import re
import subprocess

from convt._derive.coq import files

SECONDS = 10  # for one statement


def tried(folder, wanted):
    """Whether each statement is proved; nothing is kept of it."""
    (folder / "Library.v").write_text(files.library().text, encoding="utf-8")
    lines = ["From Convt Require Import Library.", "Section Statements.", "Variable K : values.", "Add Ring values_ring : (laws K)."]
    for number, one in enumerate(wanted):
        lines += [f"Goal {one.statement}.", f"  tryif (timeout {SECONDS} (solve [{one.proof}])) then idtac \"proved {number} .\" else idtac.", "Abort."]
    (folder / "Trial.v").write_text("\n".join([*lines, 'Goal True. idtac "to the end". Abort.', "End Statements."]), encoding="utf-8")
    for name in ("Library", "Trial"):
        done = subprocess.run(["coqc", "-q", "-Q", ".", "Convt", f"{name}.v"], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-800:]
    assert "to the end" in done.stdout
    found = set(map(int, re.findall(r"proved (\d+) \.", done.stdout)))
    return [number in found for number in range(len(wanted))]
