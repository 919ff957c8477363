"""Documents and notations of what is derived: text, LaTeX, PDF, HTML, pictures and plain data.

Rendering knows the mathematics, not the other way round: what shows itself (``shown``) is looked up here, and imported when it is.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

FORMS = {  # class -> form -> the function that makes it
    "Derivation": {"text": "text.report", "html": "html.fragment", "page": "html.page", "latex": "latex.body", "document": "latex.document",
                   "pdf": "pdf.document", "data": "data.as_data"},
    "Proof": {"text": "text.proof", "html": "html.proof_fragment", "latex": "latex.proof"},
    "Comparison": {"text": "dialects.comparison"},
}


def show(thing: object, form: str) -> Any:
    """A thing in a form; a theorem is proved for it."""
    name = type(thing).__name__
    if name == "Theorem":
        thing, name = import_module("..proof", __name__).prove(thing), "Proof"
    module, function = FORMS[name][form].split(".")
    return getattr(import_module(f"{__name__}.{module}"), function)(thing)
