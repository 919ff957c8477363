"""The README is true: its commands and examples run, its table is the measured one."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line.split("   #")[0].strip() for block in re.findall(r"```sh\n(.*?)```", README, re.S)
            for line in block.split("\n") if line.startswith("convt ") and not line.startswith("convt conformance ")]  # those: test_conformance_command.py
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.S)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_the_python_example_runs():
    assert len(EXAMPLES) == 1 and len(EXAMPLES[0].strip().split("\n")) <= 14
    subprocess.run([sys.executable, "-c", EXAMPLES[0]], check=True)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(command, tmp_path):
    done = subprocess.run([sys.executable, "-m", *shlex.split(command)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in re.findall(r"-o (\S+)", command):
        assert (tmp_path / name).exists()


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_the_ten_lines_about_specs_run(tmp_path):
    section = re.search(r"## Specs\n.*?```bash\n(.*?)```", README, re.S)[1]
    assert section.count("\n") == 10
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(["bash", "-e", "-c", section], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("all hold") == 2 and (tmp_path / "up3.convt.toml.lock").exists()


def test_there_are_ten_lines_of_commands():
    assert 8 <= len(COMMANDS) <= 10


def test_the_make_targets_exist_and_ci_calls_them():
    makefile, ci = (ROOT / "Makefile").read_text(), (ROOT / ".ci" / "run").read_text()
    for target in re.findall(r"^make (\S+)", README, re.M):
        assert re.search(rf"^{target}:", makefile, re.M)
    assert "make check" in ci and "make test" in ci


def test_links_and_pictures_exist():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_table_of_times_is_the_measured_one():
    table = re.search(r"<!-- times -->\n(.*?)<!-- end of times -->", README, re.S)[1].strip()
    assert table and table in (ROOT / "docs" / "times.md").read_text(encoding="utf-8")


def test_names_in_the_grammar_section_parse():
    from convt._derive import ConvSpec

    names = re.search(r"example = (.*)", README)[1].split(", ")
    assert [str(ConvSpec.parse(name)) for name in names] == names


def test_the_documents_speak_of_the_project_only():
    words = re.compile(r"/(work|root|home)/")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    for name in listed:
        if name.endswith((".md", ".toml", ".pyx", ".tex", ".yml")):
            assert not words.search((ROOT / name).read_text(encoding="utf-8")), name
