"""A chat bot beside the chat: the variables of the `hubot-rocketchat` container.

Source: RocketChat/hubot-rocketchat, README. Its last commit is of November 2020 and it was reported broken with
newer servers (RocketChat/Rocket.Chat.Hubot#7): for who has scripts for it. For new bots, the vendor's Apps,
webhooks and REST with a user of role `bot` are maintained.
"""

from collections.abc import Sequence
from typing import Final

from rocketchat.variables import Environment, Secret, V, flag, require_secret

DEFAULT_IMAGE: Final = "rocketchat/hubot-rocketchat:v0.1.4"
"""What the vendor published last under a version of its own."""
DEFAULT_UID: Final = 1000
"""User of that image: the first that is made in its base, node:0.12.4 (its `Dockerfile` at the tag v0.1.4)."""
HUBOT_ARCHITECTURE: Final = "x86_64"
"""Docker Hub has no image of Hubot for another (hub.docker.com/r/rocketchat/hubot-rocketchat/tags)."""
MEMORY_MIB: Final = 256
"""Limit of a bot, which holds Node and its scripts."""
LOST_MINUTES: Final = 10
"""After so long without a connection to the chat a bot is started anew."""
SEEN: Final = "/tmp/.connected"  # noqa: S108 - in a container that has one process


def connected(ports: Sequence[int], uid: int | None) -> str:
    """Return the shell command that tells whether a connection of this user's stands to one of these far ports.

    It is anybody's where `uid` is None: for a container whose network is its own.

    The columns are those of the kernel's `/proc/net/tcp` (proc_net_tcp): far port, the state ESTABLISHED, and after
    three others the user: a log driver or a mesh has connections in the same network, too.
    """
    far = "|".join(f"{port:04X}" for port in ports)
    whose = "[0-9]+" if uid is None else uid
    return f"grep -qE ':({far}) 01 [^ ]+ [^ ]+ [^ ]+ +{whose} ' /proc/net/tcp /proc/net/tcp6"


def recently_connected(ports: Sequence[int], uid: int | None) -> str:
    """Return the shell command that fails once the bot has had no such connection for `LOST_MINUTES`.

    It counts from its own first run, so that a bot whose account is yet to be made passes at first.
    """
    return (
        f"if {connected(ports, uid)} || [ ! -e {SEEN} ]; then touch {SEEN}; fi; "
        f"find {SEEN} -mmin -{LOST_MINUTES} | grep -q ."
    )


def ends_when_lost(ports: Sequence[int]) -> str:
    """Return such a command that also ends the container, for Docker: it starts what has ended, not what is unhealthy.

    The first process is Docker's own init, which hands the signal on. The next start counts anew.
    """
    return f"{{ {recently_connected(ports, None)}; }} || {{ rm -f {SEEN}; kill 1; exit 1; }}"


NO_BOTS: Final = frozenset({"admin", "administrator", "root", "rocket.cat"})
"""Accounts that are no bot's of a stack: usual administrators, and the product's own bot, which is always there
(RocketChat/Rocket.Chat, `apps/meteor/server/startup/initialData.ts`)."""


def bot(
    url: V | str,
    username: str,
    password: Secret[V],
    *,
    name: str | None = None,
    rooms: Sequence[str] = (),
    all_public: bool = False,
    scripts: Sequence[str] = (),
) -> Environment[V | str]:
    """Return the bot's variables. It needs an account of its own.

    `url` is where it reaches the server, `rooms` are those that it joins, `all_public` makes it listen in every public
    room, `scripts` are names of npm packages.
    """
    require_secret("password", password)
    plain: dict[str, V | str] = {
        "ROCKETCHAT_URL": url,
        "ROCKETCHAT_USER": username,
        "ROCKETCHAT_AUTH": "password",
        "ROCKETCHAT_ROOM": ",".join(rooms),
        "LISTEN_ON_ALL_PUBLIC": flag(all_public),
        "RESPOND_TO_DM": "true",
        "BOT_NAME": name or username,
        "EXTERNAL_SCRIPTS": ",".join(scripts),
    }
    return Environment(plain, {"ROCKETCHAT_PASSWORD": password})


RESERVED: Final = bot("", "", Secret("")).names
"""Variables that other keys say."""


def user(image: str) -> int | None:
    """Return whom an image runs as, where that is known: of Hubot's, from whatever registry and with a digest too."""
    return DEFAULT_UID if f"/{image.partition('@')[0]}".endswith(f"/{DEFAULT_IMAGE}") else None


def architecture(image: str) -> str | None:
    """Return the only architecture that an image is made for, where that is known."""
    hubot = DEFAULT_IMAGE.partition(":")[0]
    return HUBOT_ARCHITECTURE if f"/{hubot}:" in f"/{image}" else None
