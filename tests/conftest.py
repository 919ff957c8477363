"""Fixtures and flags for all tests."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# TensorFlow's own kernels refuse dilation on processors where it does not turn oneDNN on by itself
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
ROOT = Path(__file__).resolve().parent.parent
slow_ok = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("quick", max_examples=40, deadline=None, suppress_health_check=slow_ok)
settings.register_profile("thorough", max_examples=300, deadline=None, suppress_health_check=slow_ok)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "thorough" if os.environ.get("CI") else "quick"))


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew, and list what was written")


def pytest_configure(config):
    if config.getoption("--update-golden") and os.environ.get("CI"):
        raise pytest.UsageError("--update-golden refuses to run under CI: golden files change in commits, not in tests")


@pytest.fixture(scope="session", autouse=True)
def private_store(tmp_path_factory):
    """Kernels of the test run go to a store of its own, shared by all workers of the run."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "store"
    root.mkdir(mode=0o700, exist_ok=True)
    os.environ["CONVT_STORE"] = str(root)
    return root


@pytest.fixture(scope="session", autouse=True)
def host_shape():
    """With ``$CONVT_TEST_HOST`` a profile, kernels for the host get its tile shapes, whatever processor the tests run on."""
    if (name := os.environ.get("CONVT_TEST_HOST")) is None:
        yield
        return
    from convt._codegen import toolchain
    from convt._codegen.target import TARGETS

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(toolchain, "like_host", lambda macros: TARGETS[name])
        yield


@pytest.fixture
def golden(request):
    """Compare a text with a file in tests/golden; ``--update-golden`` writes it."""

    def compare(name, text):
        path = ROOT / "tests" / "golden" / name
        if request.config.getoption("--update-golden"):
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
                with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
                    print(f"\nwrote {path.relative_to(ROOT)}")
            return
        assert path.exists(), f"tests/golden/{name} is missing; make it with: pytest --update-golden"
        assert text == path.read_text(encoding="utf-8"), f"differs from tests/golden/{name}; if that is right: pytest --update-golden"

    return compare


@pytest.fixture
def compiler():
    if not any(shutil.which(name) for name in (os.environ.get("CC", "cc"), "gcc", "clang")):
        pytest.skip("needs a C compiler")
