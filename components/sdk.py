"""Import of the provider SDKs one file at a time.

`import pulumi_cloudflare` builds every class of the provider: 1.4 to 3 s and 160 MB for the one class that a
stack uses (docs/performance.md). With `install()` the packages' own `__init__` does not run: an attribute
such as `aws.s3.Bucket` loads `pulumi_aws/s3/bucket.py` when it is first used. What is skipped is the
packages' registration for the deserialising of resource references, which no component of ours passes.
"""

import contextlib
import importlib
import importlib.machinery
import importlib.util
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGES = frozenset(
    {
        "pulumi_aws",
        "pulumi_cloudflare",
        "pulumi_digitalocean",
        "pulumi_kubernetes",
        "pulumi_mongodbatlas",
        "pulumi_random",
    }
)

_SHARED = ("_inputs", "_enums", "outputs")


class _Loader(importlib.machinery.SourceFileLoader):
    """Makes a package of an SDK without running its `__init__`."""

    def exec_module(self, module: ModuleType) -> None:
        folder = Path(self.path).parent

        def resolve(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            value = _find(module.__name__, folder, name)
            setattr(module, name, value)
            return value

        module.__getattr__ = resolve  # type: ignore[method-assign]


class _Finder:
    """Finds the packages of the SDKs (not their files, which import as ever)."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in PACKAGES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.submodule_search_locations is None or spec.origin is None:
            return spec
        spec.loader = _Loader(fullname, spec.origin)
        return spec


def install() -> None:
    """Make the SDKs that are not imported yet import one file at a time. Idempotent."""
    if not any(finder is _Finder for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder)


_MASKED = threading.RLock()


@contextlib.contextmanager
def own_settings(package: str) -> Iterator[None]:
    """Let a provider that is made meanwhile take its inputs from the program alone.

    The SDKs fill what is left out from this machine's environment (`PULUMI_K8S_DELETE_UNREACHABLE`,
    `DIGITALOCEAN_API_URL`), and what one machine has then stands in the state, for all of them. The providers read most
    of these variables by themselves, for the command that they were set for.
    """
    utilities = importlib.import_module(f"{package}._utilities")
    with _MASKED:
        asking = {name: getattr(utilities, name) for name in ("get_env", "get_env_bool")}
        try:
            for name in asking:
                setattr(utilities, name, lambda *_: None)
            yield
        finally:
            for name, function in asking.items():
                setattr(utilities, name, function)


def _find(package: str, folder: Path, name: str) -> Any:
    if (folder / name).is_dir() or (folder / f"{name}.py").is_file():
        module = importlib.import_module(f"{package}.{name}")
        # Kubernetes' files have the names of their classes.
        return getattr(module, name, module)
    for stem in _stems(name):
        if (folder / f"{stem}.py").is_file():
            module = importlib.import_module(f"{package}.{stem}")
            if hasattr(module, name):
                return getattr(module, name)
    for stem in _SHARED:
        if (folder / f"{stem}.py").is_file():
            module = importlib.import_module(f"{package}.{stem}")
            if hasattr(module, name):
                return getattr(module, name)
    for file in sorted(folder.glob("*.py")):
        exported = re.search(
            r"^__all__ = \[(.*?)\]", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        if exported and f"'{name}'" in exported.group(1):
            return getattr(importlib.import_module(f"{package}.{file.stem}"), name)
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


def _stems(name: str) -> list[str]:
    """Names of files that may define `name`: `VpcEndpointArgs` is in vpc_endpoint.py (Kubernetes: Secret.py)."""
    base = name.removesuffix("ArgsDict").removesuffix("Args").removesuffix("_output")
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", base).lower()
    return list(dict.fromkeys((snake, base)))
