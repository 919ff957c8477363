"""Sheet → TikZ: a ``tikzpicture`` that a document takes in with ``\\input``; it needs ``\\usepackage{tikz}`` and nothing else."""

from __future__ import annotations

from . import palette
from .sheet import Sheet

SYMBOLS = {"−": "$-$", "×": r"$\times$", "·": r"$\cdot$", "→": r"$\to$", "…": r"\dots{}", "_": r"\_", "{": r"\{", "}": r"\}", "#": r"\#",
           "&": r"\&", "%": r"\%", "$": r"\$"}
ANCHORS = {-1: "west", 0: "center", 1: "east"}


def tikz(sheet: Sheet) -> str:
    """The picture at its own size, in points."""
    colours = sorted({colour for box in sheet.boxes for colour in (box.fill, box.edge) if colour} | {word.colour for word in sheet.words})
    lines = [r"% needs \usepackage{tikz}", r"\begin{tikzpicture}[x=1bp, y=-1bp, every node/.style={inner sep=0pt, font=\sffamily}]"]
    lines += [rf"\definecolor{{convt{colour}}}{{HTML}}{{{colour.upper()}}}" for colour in [*colours, palette.LINE]]
    lines.append(rf"\path[use as bounding box] (0,0) rectangle ({sheet.width:.1f},{sheet.height:.1f});")
    for box in sheet.boxes:
        options = [f"fill=convt{box.fill}"] if box.fill else []
        options += [f"draw=convt{box.edge}", f"line width={box.line:.2f}bp"] if box.edge else []
        lines.append(rf"\path[{', '.join(options)}] ({box.x:.2f},{box.y:.2f}) rectangle ++({box.width:.2f},{box.height:.2f});")
    lines += [rf"\draw[convt{palette.LINE}, dashed] ({x:.2f},{low:.2f}) -- ({x:.2f},{high:.2f});" for x, low, high in sheet.lines]
    for word in sheet.words:
        font = rf"\fontsize{{{word.size:.1f}}}{{{word.size * 1.2:.1f}}}\selectfont" + r"\bfseries" * word.bold
        text = "".join(SYMBOLS.get(letter, letter) for letter in word.text)
        lines.append(rf"\node[anchor={ANCHORS[word.align]}, text=convt{word.colour}] at ({word.x:.2f},{word.y:.2f}) {{{font} {text}}};")
    return "\n".join([*lines, r"\end{tikzpicture}", ""])
