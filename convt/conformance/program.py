"""A program as an implementation: it is called with the names of two .npz files, one to read and one to write, once a case."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from convt._derive import children
from convt._derive.errors import one_line

from .case import MAPS, Case
from .outcome import Outcome, ending

SKIPPED = 77  # the exit status that refuses a case, as in automake's tests
LARGEST_FILE = 64 << 20


class Program:
    """A program, with a folder for its files."""

    def __init__(self, path: str, dtype: str, seconds: float) -> None:
        self.path, self.dtype, self.seconds = path, dtype, seconds
        self.folder = tempfile.TemporaryDirectory(prefix="convt-conformance-")

    def answer(self, case: Case) -> Outcome:
        """Its answer: the array ``y``, or the only one, of the file that it wrote."""
        given, written = (Path(self.folder.name) / name for name in ("case.npz", "answer.npz"))
        written.unlink(missing_ok=True)
        arrays: dict[str, Any] = {name: array.astype(self.dtype) for name, array in
                                  zip((*MAPS[case.map], "bias"), case.inputs(), strict=True) if array is not None}
        np.savez(given, **arrays | {name: np.array(value, np.int64) for name, value in case.arguments().items()})
        process = children.start_program([self.path, str(given), str(written)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.PIPE, errors="replace")
        try:
            _, complained = children.finish(process, seconds=self.seconds)
        except subprocess.TimeoutExpired:
            return Outcome("hung", words=f"no end in {self.seconds:g} s")
        if process.returncode == SKIPPED:
            return Outcome("refused", words=one_line(complained.strip())[-300:])
        if process.returncode:
            return Outcome("raised" if process.returncode > 0 else "crashed", words=ending(process.returncode, complained))
        try:
            return Outcome("answered", _array(written))
        except Exception as error:  # NumPy's readers raise whatever they meet
            return Outcome("raised", words=f"it ended with 0, and {written.name} is no answer: {one_line(str(error))[:200]}")

    def close(self) -> None:
        """Remove the files."""
        self.folder.cleanup()


def _array(path: Path) -> Any:
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"it has more than {LARGEST_FILE} bytes")
    with np.load(path, allow_pickle=False) as file:
        if "y" not in file.files and len(file.files) != 1:
            raise ValueError(f"it has the arrays {', '.join(file.files) or 'none'}, not one that is called y")
        array = file["y" if "y" in file.files else file.files[0]]
    if array.dtype.kind not in "biuf":
        raise ValueError(f"its type is {array.dtype}")
    return array.astype(np.float64)
