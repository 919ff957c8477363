"""Colours of pictures as six hexadecimal digits: names of cells, and ramps for numbers."""

from __future__ import annotations

PLAIN = {"feature": "7fb3d5", "zero": "ffffff", "border": "dbe4ec", "cut": "c9c9c9", "plain": "ffffff", "more": "f6c9c5"}
MARK, EDGE, LINE, INK, PALE = "d9480f", "999999", "d62728", "000000", "ffffff"
RAMPS = {  # equally spaced, interpolated between: ColorBrewer's YlGnBu, and viridis
    "amount": ("f4fbc1", "c7e9b4", "7fcdbb", "41b6c4", "1d91c0", "225ea8", "253494"),
    "tap": ("471063", "404387", "29788e", "22a784", "79d151", "e4e419"),
}


def ramp(name: str, part: float) -> str:
    """The colour at a part (0 to 1) of a ramp."""
    stops = RAMPS[name]
    place = min(max(part, 0.0), 1.0) * (len(stops) - 1)
    at = min(int(place), len(stops) - 2)
    return mixed(stops[at + 1], stops[at], place - at)


def mixed(colour: str, other: str, part: float) -> str:
    """``part`` of the first colour and the rest of the other."""
    pairs = zip(bytes.fromhex(colour), bytes.fromhex(other), strict=True)
    return bytes(round(part * a + (1 - part) * b) for a, b in pairs).hex()


def dark(colour: str) -> bool:
    """Whether text on it should be white (luminance of ITU-R BT.601)."""
    red, green, blue = bytes.fromhex(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 125
