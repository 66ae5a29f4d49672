"""A chat bot beside the chat: the variables of the `hubot-rocketchat` container.

Source: RocketChat/hubot-rocketchat, README. Its last commit is of November 2020 and it was reported broken with
newer servers (RocketChat/Rocket.Chat.Hubot#7): for who has scripts for it. For new bots, the vendor's Apps,
webhooks and REST with a user of role `bot` are maintained.
"""

from collections.abc import Sequence
from typing import Final

from rocketchat.services import HTTP_PORT, MAIN
from rocketchat.variables import Environment, Secret, V, flag, require_secret

DEFAULT_IMAGE: Final = "rocketchat/hubot-rocketchat:v0.1.4"
"""What the vendor published last under a version of its own."""


def bot(
    username: str,
    password: Secret[V],
    *,
    name: str | None = None,
    rooms: Sequence[str] = (),
    all_public: bool = False,
    scripts: Sequence[str] = (),
) -> Environment[V | str]:
    """Return the bot's variables. It talks to the server inside the host, and needs an account of its own.

    `rooms` are those that it joins, `all_public` makes it listen in every public room, `scripts` are names of
    npm packages.
    """
    require_secret("password", password)
    plain: dict[str, V | str] = {
        "ROCKETCHAT_URL": f"http://{MAIN}:{HTTP_PORT}",
        "ROCKETCHAT_USER": username,
        "ROCKETCHAT_AUTH": "password",
        "ROCKETCHAT_ROOM": ",".join(rooms),
        "LISTEN_ON_ALL_PUBLIC": flag(all_public),
        "RESPOND_TO_DM": "true",
        "BOT_NAME": name or username,
        "EXTERNAL_SCRIPTS": ",".join(scripts),
    }
    return Environment(plain, {"ROCKETCHAT_PASSWORD": password})
