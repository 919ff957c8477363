"""Sheet → SVG, for files and for pages: plain shapes and words, no script, no font of its own."""

from __future__ import annotations

from html import escape

from . import palette
from .sheet import Sheet

ANCHORS = {-1: "start", 0: "middle", 1: "end"}


def svg(sheet: Sheet, label: str = "") -> str:
    """The picture at its own size in points, on white; ``label`` says to screen readers what it is."""
    size = f"{sheet.width:.1f} {sheet.height:.1f}"
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{sheet.width:.1f}pt" height="{sheet.height:.1f}pt" '
             f'role="img" aria-label="{escape(label)}" font-family="DejaVu Sans, Verdana, sans-serif" text-anchor="middle">',
             f'<rect width="{sheet.width:.1f}" height="{sheet.height:.1f}" fill="#ffffff"/>']
    for box in sheet.boxes:
        edge = f' stroke="#{box.edge}" stroke-width="{box.line:.2f}"' if box.edge else ""
        lines.append(f'<rect x="{box.x:.2f}" y="{box.y:.2f}" width="{box.width:.2f}" height="{box.height:.2f}" '
                     f'fill="{f"#{box.fill}" if box.fill else "none"}"{edge}/>')
    lines += [f'<path d="M{x:.2f} {low:.2f}V{high:.2f}" stroke="#{palette.LINE}" stroke-dasharray="4 2"/>' for x, low, high in sheet.lines]
    for word in sheet.words:
        style = f' text-anchor="{ANCHORS[word.align]}"' if word.align else ""
        style += ' font-weight="bold"' if word.bold else ""
        style += f' fill="#{word.colour}"' if word.colour != palette.INK else ""
        baseline = word.y + 0.36 * word.size
        lines.append(f'<text x="{word.x:.2f}" y="{baseline:.2f}" font-size="{word.size:.1f}"{style}>{escape(word.text)}</text>')
    return "\n".join([*lines, "</svg>", ""])
