"""What can go wrong between a problem and a kernel. All of it leaves the store as it was."""

from __future__ import annotations


class Failure(RuntimeError):
    """Base: a kernel could not be made, proved or checked."""


class BuildError(Failure):
    """A compiler refused generated code: a bug here, or an unusual compiler. The message holds its last lines."""


class ProofFailed(Failure):
    """A theorem that a kernel rests on did not reach its scope."""


class CheckFailed(Failure):
    """A compiled kernel did not do what its problem says. It is not published."""


class TemplateMismatch(Failure):
    """A template and its plan do not speak of the same things: a bug in this package."""


class PieceMismatch(Failure):
    """Two kernels of a module want different pieces of C under one name: a bug in this package."""


class CompilerMissing(Failure):
    """No C compiler, no Python headers, or no Cython: everything but building still works."""


class StoreFailed(Failure):
    """The kernel store cannot be read or written now: a full disk, no descriptors left, a kernel that was removed."""
