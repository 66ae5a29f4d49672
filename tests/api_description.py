"""The product's own description of its API (OpenAPI, August 2026), and Prism as a judge before a chat.

`Judge(folder, chat)` is a proxy before the chat: it refuses a request that the description does not allow (422), and
answers 500 in the place of an answer that is not as described. Tests that use it skip without the description, which is
not a part of this project.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import real_programs
import yaml

FOLDER: Final = Path(__file__).resolve().parent.parent.parent / "shared" / "facts" / "rocketchat-api"
OPERATIONS: Final = {
    "authentication": ("login", "logout", "me"),
    "rooms": ("groups.create", "groups.delete", "rooms.media/{rid}", "rooms.mediaConfirm/{rid}/{fileId}"),
    "messaging": ("chat.sendMessage", "chat.getMessage", "chat.delete"),
    "miscellaneous": ("smtp.check", "licenses.info"),
    "settings": (
        "settings.public",
        "cloud.registrationStatus",
        "settings",
        "settings/{_id}",
        "instances.get",
    ),
    "user-management": (
        *("users.list", "users.info", "users.create", "users.update", "users.resetTOTP"),
        *("roles.list", "roles.update", "permissions.listAll", "permissions.update"),
    ),
    "content-management": ("assets.setAsset",),
    "integrations": ("integrations.list", "integrations.create", "integrations.update"),
}
UNDESCRIBED: Final = (
    *("/", "/api/info", "/health", "/readyz", "/file-upload/{file}/{name}"),
    "/api/v1/statistics",
    "/assets/{file}",
)
"""Paths of the product that its description lacks: let through as they are."""


def description() -> dict[str, Any]:
    """Return what is described of the operations that are used, as one document."""
    if not FOLDER.is_dir():
        pytest.skip("the description of the product's API is not here")
    made: dict[str, Any] = {"openapi": "3.0.0", "info": {"title": "Rocket.Chat", "version": "1"}}
    paths: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {}
    for name, operations in OPERATIONS.items():
        # Each file has components of the same names.
        text = json.dumps(yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")), default=str)
        one = json.loads(re.sub(r"#/components/(\w+)/", rf"#/components/\1/{name}.", text))
        paths |= {f"/api/v1/{operation}": one["paths"][f"/api/v1/{operation}"] for operation in operations}
        for kind, found in one["components"].items():
            components.setdefault(kind, {}).update({f"{name}.{key}": value for key, value in found.items()})
    for path in UNDESCRIBED:
        names = re.findall(r"{(\w+)}", path)
        parameters = [
            {"name": one, "in": "path", "required": True, "schema": {"type": "string"}} for one in names
        ]
        paths[path] = {"get": {"parameters": parameters, "responses": {"default": {"description": "any"}}}}
    return made | {"paths": paths, "components": components}


class Judge(real_programs.Process):
    """Prism as a proxy before a chat, until it is killed."""

    def __init__(self, folder: Path, upstream: str) -> None:
        super().__init__(folder)
        self.upstream = upstream
        (folder / "chat.json").write_text(json.dumps(description()), encoding="utf-8")

    def command(self) -> list[object]:
        prism = real_programs.prism()
        return [prism, "proxy", "--errors", "--port", self.port, "chat.json", self.upstream]

    @property
    def url(self) -> str:
        """Address of the proxy."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it wrote, with every violation."""
        return (self.folder / "log").read_text(encoding="utf-8")
