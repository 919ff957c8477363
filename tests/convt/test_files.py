"""What is written is a regular file, whole, with the mode it had; what is removed is our own."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from convt._derive.errors import ArgumentError
from convt.cli import main_group
from convt.files import write


def special(path, kind):
    """Put something at the path that is no regular file."""
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    elif kind == "folder":
        path.mkdir()
    elif kind == "link in a circle":
        path.symlink_to(path)
    elif kind == "link to a device":
        path.symlink_to(os.devnull)
    else:
        path.symlink_to("fifo")
        os.mkfifo(path.parent / "fifo")


def seen(path):
    """What a file is. When it was last read is left out: following a link is reading it."""
    found = os.lstat(path)
    return found.st_mode, found.st_ino, found.st_dev, found.st_nlink, found.st_uid, found.st_gid, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@pytest.mark.parametrize("kind", ["FIFO", "socket", "folder", "link in a circle", "link to a device", "link to a FIFO"])
def test_only_regular_files_are_written(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    path = Path("x")
    special(path, kind)
    before = seen(path)
    with pytest.raises(ArgumentError, match="-o=") as error:
        write(path, "text")
    assert "\n" not in str(error.value) and seen(path) == before
    assert {item.name for item in tmp_path.iterdir()} <= {"x", "fifo"}


def test_devices_stay():
    before = os.stat(os.devnull)
    with pytest.raises(ArgumentError, match="no regular file"):
        write(os.devnull, "text")
    assert (os.stat(os.devnull).st_ino, os.stat(os.devnull).st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("name", ["no/such/file", "x" * 300, "a\0b"])
def test_names_that_cannot_be_files_are_one_error(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError) as error:
        write(name, "text")
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_new_files_get_the_mode_of_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write(tmp_path / "new", "text")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_files_keep_their_mode_and_links_stay(tmp_path, mode):
    file, link = tmp_path / "file", tmp_path / "folder" / "link"
    file.write_text("before")
    file.chmod(mode)
    link.parent.mkdir()
    link.symlink_to("../file")
    write(link, "after")
    assert link.is_symlink() and file.read_text() == "after" and file.stat().st_mode & 0o777 == mode
    assert [item.name for item in link.parent.iterdir()] == ["link"]


def test_a_link_to_nothing_makes_what_it_names(tmp_path):
    (tmp_path / "link").symlink_to("file")
    write(tmp_path / "link", b"text")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "file").read_bytes() == b"text"


def test_an_interrupted_write_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("before")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "file", "after")
    assert (tmp_path / "file").read_text() == "before" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("arguments", [("dialects", "1d_k3", "--format", "json"), ("derive", "1d_k3", "--format", "json"), ("draw", "1d_k3"), ("claims", "1", "--engine", "reference")])
def test_every_command_with_an_output_refuses_a_fifo(tmp_path, arguments):
    path = tmp_path / "x.svg"
    os.mkfifo(path)
    result = CliRunner().invoke(main_group, [*arguments, "-o", str(path)])
    if "-o" in result.output and result.exit_code == 2:
        pytest.skip("this command has no -o")
    assert isinstance(result.exception, ArgumentError) and "no regular file" in str(result.exception)
    assert path.is_fifo()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A synced folder, with short texts for the catalogue."""
    texts = {f"k{number}.pyx": f"# cython: x\n# k{number}\n# made by   convt build 1d_k{number}\n" for number in (1, 2)}
    monkeypatch.setattr("convt.catalogue.texts", lambda: texts)
    assert CliRunner().invoke(main_group, ["sync", "--directory", str(tmp_path)]).exit_code == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == texts
    return tmp_path


def sync(folder, *arguments):
    return CliRunner().invoke(main_group, ["sync", *arguments, "--directory", str(folder)])


def test_sync_removes_what_it_wrote_and_nothing_else(folder):
    ours = "# cython: x\n# old\n# made by   convt build 1d_k9\n"
    others = {"mine.pyx": "print('mine')\n", "empty.pyx": "", "latin.pyx": "# \xe9\n", "far.pyx": "#\n" * 3000 + ours, "notes.txt": "x"}
    (folder / "old.pyx").write_text(ours)
    for name, text in others.items():
        (folder / name).write_bytes(text.encode("latin-1"))
    (folder / "folder.pyx").mkdir()
    (folder / "loop.pyx").symlink_to("loop.pyx")
    assert sync(folder, "--check").exit_code == 1 and "old.pyx" in sync(folder, "--check").output
    result = sync(folder)
    assert result.exit_code == 0 and "left alone, not written by convt sync" in result.output
    names = {path.name for path in folder.iterdir()}
    assert names == {"k1.pyx", "k2.pyx", "folder.pyx", "loop.pyx", *others}
    assert sync(folder, "--check").exit_code == 0


def test_sync_does_not_overwrite_what_it_did_not_write(folder):
    (folder / "k1.pyx").write_text("print('mine')\n")
    for arguments in ((), ("--check",)):
        result = sync(folder, *arguments)
        assert isinstance(result.exception, ArgumentError) and "k1.pyx there was not written by convt sync" in str(result.exception)
    assert (folder / "k1.pyx").read_text() == "print('mine')\n"


def test_what_is_checked_in_bears_the_header_that_sync_knows():
    from convt.cli.sync import HEADER, OURS

    for path in (Path(__file__).parents[2] / "generated").glob("*.pyx"):
        assert OURS.search(path.read_text(encoding="utf-8")[:HEADER])


def test_a_closed_pipe_is_no_error(tmp_path):
    done = subprocess.run(f"{sys.executable} -m convt dialects 1d_k3 | true", shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Traceback" not in done.stderr
