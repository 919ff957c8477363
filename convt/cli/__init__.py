"""The command line: one file a command, loaded when it is used.

Exit codes: 0 all is well; 1 a proof, check or comparison failed; 2 bad usage or bad input; 3 something needed is not
installed; 130 interrupted by Ctrl-C, 143 terminated.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from functools import partial
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from convt._derive.errors import ArgumentError, ChildFailed, ToolMissing

from . import streams

REMEMBERED = 20000
"""Results of each function that SymPy keeps, here and in children. With its own 1,000, two hundred configurations took a fifth to
a quarter longer to prove."""
COMMANDS = {
    "demo": "a photo upsampled by a kernel that was derived, proved, generated, compiled and checked before your eyes",
    "derive": "the derivation of a configuration, as text, LaTeX, PDF, HTML or JSON",
    "prove": "one line a theorem: verdict, scope, judges, time",
    "claims": "common statements about transposed convolutions: true, conditional or false, with counterexamples",
    "dialects": "how PyTorch, ONNX, TensorFlow, Keras, JAX, … say a configuration, and who cannot; or what arguments mean",
    "solve": "which crops and output paddings give a wanted length, and what each dialect writes",
    "compare": "two ways of writing a transposed convolution: the same map? lengths, values, the smallest difference",
    "conformance": "our cases against anyone's implementation: what fails, and which convention it mistakes",
    "build": "emit, compile and check a kernel; source and certificate stay readable",
    "check": "are the layers of a spec file still what it says? lengths, theorems, kernels, libraries, lock",
    "sweep": "all configurations of a grid or a file: derived, proved, built, checked; here, or on a Dask cluster",
    "import": "a spec file from a model: every convolution of an ONNX or LiteRT file, or of a PyTorch module",
    "schema": "JSON Schema of spec files, for editors",
    "bench": "our kernels and the peers that are installed, checked and timed side by side",
    "draw": "pictures, still or moving: matrix, scatter, gather, overlap counts, phases",
    "store": "the kernels that were built: list, verify, prune",
    "sync": "write or compare the kernels that are checked in under generated/",
    "doctor": "what is installed, what is missing, what still works without it",
}
EPILOG = """\b
Exit codes: 0 all is well; 1 a proof, check or comparison failed;
2 bad usage or bad input; 3 something needed is not installed; 130 interrupted.

\b
Examples:
  convt prove 2d_k4s2p1
  convt derive 1d_k3s2p1op1 --format html -o k3.html
  convt build 2d_k4s2p1 -o kernels
Completion for bash: eval "$(_CONVT_COMPLETE=bash_source convt)"
"""


class Interrupted(Exception):
    """Ctrl-C while a command ran."""


class Unread(Exception):
    """Nobody reads the output any more (``convt … | head``): no failure of ours, though click would exit 1."""


class Commands(click.Group):
    """Imports a command's file only when that command runs: ``convt --help`` loads none of them."""

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **more)
        except BrokenPipeError:  # of --help and --version
            raise Unread from None

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        file = f"{name}_" if iskeyword(name) else name
        command: click.Command = import_module(f"convt.cli.{file}").command
        return command

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        for word in arguments:
            if "\0" in word:  # no shell can say it, and no file or program can bear it
                raise ArgumentError("argument", word, "has a zero byte")
        return super().parse_args(context, arguments)

    def resolve_command(self, context: click.Context, arguments: list[str]) -> Any:
        if arguments and arguments[0] not in COMMANDS and not arguments[0].startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(arguments[0], COMMANDS, 1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            context.fail(f"no command '{arguments[0]}'{hint}")
        return super().resolve_command(context, arguments)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except KeyboardInterrupt:  # click would print an empty line of its own
            raise Interrupted from None
        except BrokenPipeError:
            raise Unread from None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="convt")
def main_group() -> None:
    """Derive, prove, generate and check kernels for strided, dilated and transposed convolutions."""


def main() -> None:
    """Run the command line; every expected failure is one line on standard error and an exit code."""
    from convt._codegen.errors import CompilerMissing, Failure

    streams.prepare()
    os.environ.setdefault("SYMPY_CACHE_SIZE", str(REMEMBERED))
    signal.signal(signal.SIGTERM, _terminated)
    interrupts: list[int] = []
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as behind nohup
        signal.signal(signal.SIGINT, partial(_interrupted, interrupts))
    try:
        try:
            main_group(standalone_mode=False)
        finally:
            streams.finish()
        if interrupts:  # lost on its way, as in a destructor
            raise KeyboardInterrupt
    except (Interrupted, KeyboardInterrupt, click.exceptions.Abort):
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # once more ends the process at once, without a word
        _fail("interrupted", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ArgumentError as error:
        _fail(error, 2)
    except (ChildFailed, CompilerMissing, ModuleNotFoundError, ToolMissing) as error:
        _fail(error, 3)
    except Failure as error:
        _fail(error, 1)
    except (BrokenPipeError, Unread):
        sys.exit(0)
    except OSError as error:
        _fail(error, 2)


def _fail(error: Exception | str, code: int) -> None:
    with suppress(OSError):  # standard error is full or closed: the exit code says it
        click.echo(f"convt: {error}", err=True)
    sys.exit(code)


def _interrupted(seen: list[int], number: int, frame: object) -> None:
    seen.append(number)
    raise KeyboardInterrupt


def _terminated(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _fail("terminated", 143)
