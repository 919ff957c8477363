"""Specs: which layers a team relies on, in a TOML file, and whether they still are what it says.

    text -> Spec (model.py, one pydantic model a table) -> Layer (layer.py, resolved) -> Findings and facts, level by level
    shapes.py -> proofs.py -> kernels.py -> libraries.py       what a level finds; each rests on the one before
    lock.py                                                    the facts beside the file, and their differences in words

``check.py`` is the spine. Everything is imported when a spec is met: this package itself imports nothing.
"""
