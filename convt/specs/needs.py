"""The packages of the extra ``specs``, and of models: a clear word where one is missing."""

from __future__ import annotations

from importlib.util import find_spec

from convt._derive.errors import ToolMissing

PACKAGES = {"pydantic": "pydantic", "tree_sitter": "tree-sitter", "tree_sitter_toml": "tree-sitter-toml", "junitparser": "junitparser",
            "tomlkit": "tomlkit", "onnx": "onnx", "torch": "torch", "keras": "keras", "ai_edge_litert": "ai-edge-litert"}
EXTRAS = {"onnx": "onnx", "torch": "torch", "keras": "dialects", "ai_edge_litert": "litert"}  # of packages that are not in the extra specs


def demand(*modules: str) -> None:
    """Raises ``ToolMissing`` where a module is not installed."""
    for module in modules:
        if find_spec(module) is None:
            extra = EXTRAS.get(module, "specs")
            raise ToolMissing(f"spec files need {PACKAGES[module]}, which is not installed: pip install 'convt[{extra}]'")
