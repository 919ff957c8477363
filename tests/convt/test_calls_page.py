"""docs/calls.md is true: each of its blocks runs by itself, and README names each of its calls."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "calls.md").read_text(encoding="utf-8")
SECTIONS = {section.split("\n")[0]: section for section in PAGE.split("\n## ")[1:]}


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("title", SECTIONS)
def test_every_example_runs(title, tmp_path):
    code = "\n".join(re.findall(r"```python\n(.*?)```", SECTIONS[title], re.S))
    assert "assert" in code
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_readme_names_every_call():
    import convt

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for section in SECTIONS.values():
        for name in re.findall(r"convt\.(\w+)\(", section.split("```")[0]):
            assert name in convt.__all__ and f"`convt.{name}" in readme
