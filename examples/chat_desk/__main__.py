"""Run the desk: `python -m examples.chat_desk`. It rehearses, unless `--real` is given."""

import argparse
import contextlib
import secrets
from pathlib import Path

from automation import Backend
from examples.chat_desk.desk import Desk
from examples.chat_desk.web import LOCAL, door, server
from rehearsal.backend import rehearsal_backend


def main() -> None:
    """Serve until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m examples.chat_desk", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".cache/chat-desk"), help="where orders are kept")
    parser.add_argument(
        "--address", default="127.0.0.1", help="where it listens; put a proxy with TLS before others"
    )
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument(
        "--token-file", type=Path, help="holds what each request must know; made when it is missing"
    )
    parser.add_argument(
        "--host", action="append", default=[], help="a further name by which the desk is called"
    )
    parser.add_argument("--origin", action="append", default=[], help="origin of a page that may call it")
    parser.add_argument("--parallel", type=int, default=2, help="chats that are worked on at a time")
    parser.add_argument(
        "--given",
        metavar="KEY=ANSWER",
        action="append",
        default=[],
        help="an answer that holds for all chats",
    )
    parser.add_argument("--no-policies", action="store_true", help="leave the policy pack out")
    parser.add_argument("--real", metavar="URL", help="use real clouds, with the state at this address")
    parser.add_argument("--secrets-provider", help="with --real: what encrypts the stacks' secrets")
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    with contextlib.ExitStack() as closing:
        if options.real is None:
            backend: Backend = closing.enter_context(rehearsal_backend(folder / "rehearsal"))
        else:
            work = folder / "work"
            work.mkdir(parents=True, exist_ok=True)
            backend = Backend(options.real, options.secrets_provider, inline=True, work=work)
        desk = Desk(
            folder,
            backend,
            given=dict(one.split("=", 1) for one in options.given),
            parallel=options.parallel,
            policies=not options.no_policies,
        )
        closing.callback(desk.close)
        file: Path = options.token_file or folder / "token"
        try:
            app = door(desk, _token(file), hosts=(*LOCAL, *options.host), origins=options.origin)
        except ValueError as error:
            parser.error(f"{file}: {error}")
        clouds = "stand-in clouds" if options.real is None else "real clouds"
        print(f"http://{options.address}:{options.port} orders from {clouds}; its token: {file}", flush=True)
        server(app, options.address, options.port).run()


def _token(file: Path) -> str:
    """Return the token of a file; make one that only this user can read where there is none."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()


if __name__ == "__main__":
    main()
