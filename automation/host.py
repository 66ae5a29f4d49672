"""A Python language host for a CLI that has none: it runs `__main__.py` of the project's folder.

The official CLI brings its own, which is used where it is there. Started by the engine with its address; it prints
the port that it serves on, as every plugin does.
"""

import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc


class Host(LanguageServer):
    """Runs the program that a request names."""

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Run the project's program; the engine stops this process afterwards."""
        folder = Path(request.info.program_directory or request.pwd or ".")
        entry = folder / (request.info.entry_point or ".")
        if entry.is_dir():
            entry /= "__main__.py"
        sys.path.insert(0, str(folder))
        self.program = lambda: _start(entry)
        return super().Run(request, context)  # type: ignore[no-untyped-call]

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        """Run a policy pack, or a component provider, as a program of its own until the engine has done with it."""
        folder = request.info.program_directory or request.program
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-u", folder, *request.args],
            cwd=request.pwd or folder,
            env={**os.environ, **dict(pair.split("=", 1) for pair in request.env)},
            stdout=subprocess.PIPE,
        )
        context.add_callback(process.kill)
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        for line in process.stdout:
            yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def _start(entry: Path) -> None:
    runpy.run_path(str(entry), run_name="__main__")


def main() -> None:
    """Serve until the engine goes away."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(lambda: None), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # The engine decides what an interruption means, and ends this process itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(port, flush=True)
    engine = os.getppid()
    # The engine kills the shell that started this, at most: without it there is nobody left to serve.
    while os.getppid() == engine:
        server.wait_for_termination(timeout=1)
    # Not by the end of `main`: threads that still wait for the engine would be waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
