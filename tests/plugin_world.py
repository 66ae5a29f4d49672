"""The example in YAML, run by the plain Pulumi CLI against the stand-in clouds."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from automation.engine import has_language_host, host
from automation.pulumi_cli import find_engine, find_yaml_host
from rehearsal.backend import rehearsal_backend
from rehearsal.cloud import StandinCloud
from rehearsal.server import Provider
from stacks.project import PRODUCT

EXAMPLE = PRODUCT / "examples" / "components-yaml"
STACK = "dev"
CONFIG = {"project": "5f0c1d2e3b4a59687f6e5d4c", "cluster": "chat", "host": "chat.example.com"}
SCHEMA = {
    "name": "aws",
    "version": "7.0.0",
    "provider": {
        "inputProperties": {
            "region": {"type": "string"},
            "defaultTags": {"$ref": "#/types/aws:index/ProviderDefaultTags:ProviderDefaultTags"},
        }
    },
    "types": {
        "aws:index/ProviderDefaultTags:ProviderDefaultTags": {
            "type": "object",
            "properties": {"tags": {"type": "object", "additionalProperties": {"type": "string"}}},
        }
    },
}
"""As much of the provider's schema as the example uses: YAML is checked against it."""


class Aws(Provider):
    """The stand-in of AWS, with a schema."""

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.GetSchemaResponse(schema=json.dumps(SCHEMA))


@dataclass(frozen=True)
class World:
    """A project in a folder of its own, and the clouds that it is deployed to."""

    folder: Path
    cloud: StandinCloud
    environment: dict[str, str]

    def run(self, *command: str, fails: bool = False) -> str:
        """Run `pulumi` in the project's folder; return all that it said."""
        done = subprocess.run(  # noqa: S603
            ["pulumi", *command, "--non-interactive"],  # noqa: S607 - found on the PATH made here
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, said
        return said

    def changes(self, *command: str) -> list[tuple[str, str]]:
        """Run `pulumi up` or `destroy`; return each change as (what, name)."""
        said = self.run(*command, "--yes", "--skip-preview", "--json")
        found = []
        for line in said.splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                one = json.loads(line).get("resourcePreEvent", {}).get("metadata")
                if one and one["op"] not in ("same", "read"):
                    found.append((one["op"], one["urn"].rpartition("::")[2]))
        return sorted(found)

    def state(self) -> dict[str, dict[str, Any]]:
        """Return the resources of the state, by name."""
        resources = json.loads(self.run("stack", "export"))["deployment"]["resources"]
        return {one["urn"].rpartition("::")[2]: one for one in resources}

    def things(self) -> dict[str, Any]:
        """Return the inputs of what the clouds have, by name."""
        return {thing.name: thing.inputs for thing in self.cloud.things()}

    def write(self, text: str) -> None:
        """Put another program in the project's place."""
        (self.folder / "Pulumi.yaml").write_text(text, encoding="utf-8")


def without() -> str:
    """Return why the example cannot be run here; nothing where it can."""
    cli = find_engine()
    if cli is None:
        return "no Pulumi CLI (make engine)"
    return "" if find_yaml_host(cli) is not None else "no host of programs in YAML (make engine)"


@contextlib.contextmanager
def world() -> Iterator[World]:
    """Copy the example beside the components, and let its clouds be stand-ins."""
    cli = find_engine()
    assert cli is not None
    yaml_host = find_yaml_host(cli)
    assert yaml_host is not None
    with rehearsal_backend() as backend:
        assert backend.home is not None
        checkout = backend.work.parent / "checkout"
        folder = checkout / "examples" / EXAMPLE.name
        shutil.copytree(EXAMPLE, folder)
        (checkout / "components").symlink_to(PRODUCT / "components")
        (checkout / ".venv").symlink_to(sys.prefix)
        server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Aws(backend.cloud), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        variables = backend.variables()
        others = [one for one in variables["PULUMI_DEBUG_PROVIDERS"].split(",") if not one.startswith("aws:")]
        own = [] if has_language_host(cli) else [str(host())]
        path = [str(cli.path.parent), str(yaml_host.parent), *own, os.environ.get("PATH", os.defpath)]
        environment = {
            **os.environ,
            **variables,
            "PULUMI_HOME": str(backend.home),
            "PULUMI_DEBUG_PROVIDERS": ",".join([*others, f"aws:{port}"]),
            "PATH": os.pathsep.join(path),
        }
        made = World(folder, backend.cloud, environment)
        made.run("stack", "init", STACK)
        for key, value in CONFIG.items():
            made.run("config", "set", key, value)
        try:
            yield made
        finally:
            server.stop(grace=None).wait()
