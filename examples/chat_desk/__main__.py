"""Run the desk: `python -m examples.chat_desk`. It rehearses, unless `--real` is given."""

import argparse
import contextlib
import signal
from pathlib import Path

from automation import Backend, rehearsal
from examples.chat_desk.desk import Desk
from examples.chat_desk.web import Door


def main() -> None:
    """Serve until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m examples.chat_desk", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".cache/chat-desk"), help="where orders are kept")
    parser.add_argument("--address", default="127.0.0.1", help="there is no login: put a proxy before others")
    parser.add_argument("--port", type=int, default=8080)
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
            backend = closing.enter_context(rehearsal(folder / "rehearsal"))
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
        door = closing.enter_context(Door(desk, options.address, options.port))
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        clouds = "stand-in clouds" if options.real is None else "real clouds"
        print(f"http://{door.server_address[0]!s}:{door.server_address[1]} orders from {clouds}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            door.serve_forever()


if __name__ == "__main__":
    main()
