"""C pieces: what several kernels of a module share, vectors with their transposition, register tiles, and tables of constants.

A piece is emitted once per module and symbol. It is C because gcc's and clang's vector types are: the same text
lowers to whatever width the machine has.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any

from .target import Target

STREAMING_BYTES = 16 * 1024 * 1024  # an output of more is stored past the caches
COPIES = 6  # of the inputs, by an estimate from above, that runs make before they share one
SHARED_BYTES = 512 * 1024 * 1024  # of such a copy at most


@dataclass(frozen=True)
class Piece:
    """C text, emitted once for each symbol; ``prototypes`` declare to Cython what it may call. The fields of a subclass are the
    variables of its template."""

    template: str
    symbol: str
    prototypes: tuple[str, ...]


@dataclass(frozen=True)
class Static(Piece):
    """C without holes: ``template`` is a file of ``codegen/runtime``."""


@dataclass(frozen=True)
class Border(Piece):
    """The zero-bordered channels-last copy of the features, and lines of outputs back: rows of ``border.c.jinja``."""

    scalar: str
    vector: str
    streaming: int
    copies: int
    shared: int


@dataclass(frozen=True)
class Blocks(Piece):
    """Sums in blocks, for the weight gradient: rows of ``blocks.c.jinja``."""

    scalar: str
    vector: str
    lanes: int


@dataclass(frozen=True)
class Constants(Piece):
    """Tables of one kernel: rows of ``constants.c.jinja``, (type, name, entries)."""

    says: str
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Table(Constants):
    """What a driver reads about one kernel: rows of ``table.c.jinja``; ``entries`` point to the others."""

    driver: str
    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Shuffle:
    """One instruction of a network: ``target`` = the lanes ``mask`` of ``a`` followed by ``b``."""

    target: str
    a: str
    b: str
    mask: str


@dataclass(frozen=True)
class Square:
    """As many rows as columns, transposed in registers: ``network`` makes of r0, r1, … the vectors named in ``columns``."""

    symbol: str  # of the type
    lanes: int
    network: tuple[Shuffle, ...]
    columns: tuple[str, ...]
    even: str  # lanes of two vectors beside each other
    odd: str


@dataclass(frozen=True)
class Vectors(Piece):
    """A vector type and the ways to move blocks of it: rows of ``vectors.c.jinja``."""

    scalar: str
    integer: str
    bytes: int
    item_size: int
    lanes: int
    squares: tuple[Square, ...]  # that blocks are moved by, the widest first: of whole vectors, of halves, … to 16 bytes


@dataclass(frozen=True)
class Tile(Piece):
    """Register tiles: 1 to ``rows`` pixels × two vectors of outputs, accumulators by name.

    Named because an array of accumulators goes to memory; one tap per loop because unrolled taps share broadcasts and
    spill (both were measured). One function for every number of pixels, so that remainders waste nothing.
    """

    vector: str
    scalar: str
    most: int
    width: int
    prefetching: int  # tiles at most that fetch the weights after theirs
    variants: tuple[tuple[int, ...], ...]  # the pixels of each function
    vectors: tuple[tuple[int, int], ...]  # (vector, its first lane)


def geometry() -> Piece:
    """The types that all drivers use."""
    return Piece("geometry.c.jinja", "geometry", ())


def runtime() -> tuple[Static, ...]:
    """What every module has beside ``call.h``: scratch memory that the process keeps, items on threads, and the choice of a family."""
    return (
        Static("pool.h", "pool", (
            "int runtime_begin() except -1", "int call_begin(Call *call) noexcept nogil", "void call_end(Call *call) noexcept nogil",
            "int counting(const Call *call) noexcept nogil", "void *scratch(Scratch *own, int slot, Py_ssize_t size) noexcept nogil",
            "void scratch_forget() noexcept nogil",
            "int usable_threads(int wanted, double nanoseconds, int force) noexcept nogil")),
        Static("items.h", "items", ("int spread(Call *call, Py_ssize_t items, Item item, void *work, Py_ssize_t room) noexcept nogil",)),
        Static("kernel.h", "kernel", (
            "int fit_channels(const Kernel *kernel, Call *call, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups) noexcept nogil",
            "int fit_lengths(const Kernel *kernel, Call *call, Py_ssize_t batch, const Py_ssize_t *m, const Py_ssize_t *n, int *axis) "
            "noexcept nogil",
            "int takes(const Kernel *kernel, const Call *call, int family) noexcept nogil",
            "int fastest(const Kernel *kernel, const Call *call) noexcept nogil",
            "Py_ssize_t packed_size(const Kernel *kernel, Call *call, int family) noexcept nogil",
            "int execute(const Kernel *kernel, Call *call, int *chosen) noexcept nogil")))


def static(name: str) -> str:
    """The text of a file of ``codegen/runtime``."""
    return (files(__package__) / "runtime" / name).read_text(encoding="utf-8")


def runtime_version() -> str:
    """Names what modules of a process may share. It is the text itself, since modules of other versions of this tool may be there too."""
    return sha256("".join(map(static, ("call.h", "pool.h"))).encode()).hexdigest()[:16]


def border(vector: Vectors) -> Border:
    """For the vectors of a processor."""
    return Border("border.c.jinja", f"border_{vector.symbol}", (), vector.scalar, vector.symbol, STREAMING_BYTES // vector.item_size,
                  COPIES, SHARED_BYTES // vector.item_size)


def blocks(vector: Vectors) -> Blocks:
    """For the vectors of a processor."""
    return Blocks("blocks.c.jinja", f"blocks_{vector.symbol}", (), vector.scalar, vector.symbol, vector.lanes)


def table(driver: str, symbol: str, entries: dict[str, Any], others: tuple[tuple[str, str, tuple[Any, ...]], ...] = (),
          says: str = "") -> Table:
    """What a family's driver reads about one kernel: its ``Plan``, after the arrays that it points to."""
    rows = tuple((kind, name, tuple(map(str, values))) for kind, name, values in others)
    return Table("table.c.jinja", symbol, (f"const void *{symbol}",), says or f"for {driver}", rows, driver,
                 tuple((key, str(value)) for key, value in entries.items()))


def run_prototypes(driver: str, packs: bool = True) -> tuple[str, ...]:
    """How the generated Cython sees a driver."""
    run = (f"int {driver}(Call *call) noexcept nogil",)
    pack = (f"int {driver}_pack(Call *call) noexcept nogil", f"Py_ssize_t {driver}_pack_size(Call *call) noexcept nogil")
    return run + pack if packs else run


def vectors(scalar: str, size: int, shape: Target) -> Vectors:
    """The widest vectors of a processor."""
    lanes = shape.vector_bytes // size
    symbol = f"{ {'float': 'f32', 'double': 'f64'}[scalar] }x{lanes}".replace(" ", "")
    squares = tuple(Square(symbol if side == lanes else f"{symbol}_of{side}", side, *_transposition(side, 16 // size), *every_other(side))
                    for side in sides(size, shape))
    return Vectors("vectors.c.jinja", symbol, (), scalar, {4: "int", 8: "long long"}[size], shape.vector_bytes, size, lanes, squares)


def every_other(lanes: int) -> tuple[str, str]:
    """Masks of the shuffles that take every other lane of two vectors, from the first and from the second on."""
    return ", ".join(map(str, range(0, 2 * lanes, 2))), ", ".join(map(str, range(1, 2 * lanes, 2)))


def sides(size: int, shape: Target) -> list[int]:
    """Lanes of the vectors that blocks are transposed by: whole ones, halves and quarters down to 16 bytes."""
    return [lanes for lanes in (shape.vector_bytes // size >> halvings for halvings in range(3)) if lanes * size >= 16]


def tile(scalar: str, size: int, shape: Target) -> Tile:
    """Two vectors of outputs by as many pixels as the accumulators leave registers for: 6 of 16, 12 of 32."""
    made = vectors(scalar, size, shape)
    most, width = 12 if shape.registers == 32 else 6, 2 * made.lanes
    symbol = f"tile_{made.symbol}_{most}x2"
    return Tile("tile.c.jinja", symbol, (), made.symbol, scalar, most, width, 8,
                tuple(tuple(range(rows)) for rows in range(1, most + 1)), ((0, 0), (1, made.lanes)))


def _transposition(lanes: int, unit: int) -> tuple[tuple[Shuffle, ...], tuple[str, ...]]:
    """(shuffles, names of the columns in order) that transpose ``lanes`` vectors r0, r1, … of as many lanes.

    Log₂(lanes) rounds. Blocks shorter than ``unit`` lanes (16 bytes) are interleaved inside each unit, which every
    instruction set does in one instruction; longer ones change places between vectors.
    """
    held = {f"r{row}": [(row, column) for column in range(lanes)] for row in range(lanes)}
    rows = list(held)
    network: list[Shuffle] = []
    block = 1
    while block < lanes:
        after = list(rows)
        for at in range(lanes):
            if at & block:
                continue
            a, b = rows[at], rows[at + block]
            pairs = held[a] + held[b]
            for half, place in ((0, at), (1, at + block)):
                if block < unit:
                    mask = [base + half * unit // 2 + lane // 2 // block * block + lane % block + (lanes if lane // block % 2 else 0)
                            for base in range(0, lanes, unit) for lane in range(unit)]
                else:
                    mask = [lane + half * block if not lane & block else lane - block + half * block + lanes for lane in range(lanes)]
                name = f"t{len(network)}"
                network.append(Shuffle(name, a, b, ", ".join(map(str, mask))))
                held[name] = [pairs[lane] for lane in mask]
                after[place] = name
        rows = after
        block *= 2
    order = {held[name][0][1]: name for name in rows}
    for column, name in order.items():
        if held[name] != [(row, column) for row in range(lanes)]:
            raise AssertionError("not a transposition")
    return tuple(network), tuple(order[column] for column in range(lanes))


def interleaving(names: list[str], prefix: str, vector: Vectors) -> tuple[list[str], list[Shuffle]]:
    """(vectors, shuffles): entry e of the result, read as one line, is entry e // s of ``names[e % s]``, for s names."""
    lanes, unit, count = vector.lanes, 16 // vector.item_size, len(names)
    network: list[Shuffle] = []

    def shuffled(a: str, b: str, mask: list[int]) -> str:
        name = f"{prefix}{len(network)}"
        network.append(Shuffle(name, a, b, ", ".join(map(str, mask))))
        return name

    # 32 bytes: first inside each half, which is one instruction, until 16 bytes lie as in the line; then halves change places
    piece = unit if vector.bytes == 32 and count > 1 else lanes

    def merge(parts: list[str]) -> list[str]:
        """The parts interleaved, each piece of the vectors by itself: every other part first, then pairwise."""
        if len(parts) == 1:
            return parts
        halves = [[at + half * piece // 2 + lane // 2 + lane % 2 * lanes for at in range(0, lanes, piece) for lane in range(piece)]
                  for half in (0, 1)]
        return [shuffled(a, b, mask) for a, b in zip(merge(parts[::2]), merge(parts[1::2]), strict=True) for mask in halves]

    if count & (count - 1) == 0:
        size = min(count, piece)
        groups = [merge(names[at:at + size]) for at in range(0, count, size)]
        line = [(group[at], half) for half in range(lanes // piece) for at in range(size) for group in groups]
        if piece == lanes:
            return [name for name, _ in line], network
        return [shuffled(a, b, [*range(half * piece, (half + 1) * piece), *range(lanes + half * piece, lanes + (half + 1) * piece)])
                for (a, half), (b, _) in zip(line[::2], line[1::2], strict=True)], network
    result = []
    for at in range(count):  # one source after the other: lanes that a source does not fill stay as they are
        wanted = [divmod(at * lanes + lane, count) for lane in range(lanes)]
        held = names[0]
        for source in range(1, count):
            first = source == 1
            held = shuffled(held, names[source], [
                lanes + entry if phase == source else entry if first and phase == 0 else lane
                for lane, (entry, phase) in enumerate(wanted)])
        result.append(held)
    return result, network
