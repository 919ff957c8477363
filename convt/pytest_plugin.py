"""Pytest collects every ``*.convt.toml``: a test a layer. Nothing of this tool is imported until there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

LEVELS = ("shapes", "proofs", "kernels", "libraries")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--convt-level``, and ``convt_level`` in the configuration."""
    words = "how deep *.convt.toml files are checked: " + ", ".join(LEVELS)
    parser.getgroup("convt").addoption("--convt-level", choices=LEVELS, help=words)
    parser.addini("convt_level", words, default="libraries")


def pytest_collect_file(file_path: Any, parent: pytest.Collector) -> pytest.Collector | None:
    """A spec file as a collector of its layers."""
    return SpecFile.from_parent(parent, path=file_path) if file_path.name.endswith(".convt.toml") else None


class FallsShort(Exception):
    """A layer is not what its spec says: the message is all that is shown."""


class SpecFile(pytest.File):
    """One spec file. Its layers are checked together: those that were selected, or one by one where other processes share them."""

    results: dict[str, Any]

    def collect(self) -> Iterator[pytest.Item]:
        """A test a layer. Raises ``CollectError`` with every mistake of the file."""
        from convt.specs.needs import demand

        try:
            demand("pydantic", "tree_sitter", "tree_sitter_toml")
            from convt.specs.reading import read

            layers = read([self.path])
        except (ValueError, RuntimeError) as error:  # BadSpec, ToolMissing
            raise self.CollectError(str(error)) from None
        self.results = {}
        for layer in layers:
            yield LayerItem.from_parent(self, name=layer.name, layer=layer)

    def result(self, item: LayerItem) -> Any:
        """What was found about a layer."""
        from convt.specs import check

        if item.name not in self.results:
            shared = hasattr(self.config, "workerinput")
            wanted = [item] if shared else [other for other in self.session.items if isinstance(other, LayerItem) and other.parent is self]
            level = self.config.getoption("--convt-level") or self.config.getini("convt_level")
            if level not in LEVELS:
                raise pytest.UsageError(f"convt_level={level}: must be one of {', '.join(LEVELS)}")
            results = check.check([other.layer for other in wanted], level)
            check.against_locks(results, level, some=True)
            self.results |= {result.layer.name: result for result in results}
        return self.results[item.name]


class LayerItem(pytest.Item):
    """One layer."""

    def __init__(self, *, layer: Any, **more: Any) -> None:
        super().__init__(**more)
        self.layer = layer

    def runtest(self) -> None:
        """Raises ``FallsShort`` with the reasons; skipped where nothing could be checked."""
        from convt.specs import report

        file: Any = self.parent
        result = file.result(self)
        if not result.holds:
            raise FallsShort("\n".join(report.failures([result])))
        for finding in result.of("missing"):
            self.add_report_section("call", "convt", str(finding))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """The reasons without a traceback; errors of the tool itself with one."""
        return str(excinfo.value) if isinstance(excinfo.value, FallsShort) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int, str]:
        """Where the layer stands."""
        return self.path, self.layer.line - 1, f"{self.path.name}: {self.name}"
