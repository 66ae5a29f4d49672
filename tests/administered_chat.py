"""What a chat on loopback lets its administrator do: settings, accounts, roles, webhooks, what runs.

The answers are those of the product's API description (OpenAPI, August 2026); `test_administration.py` holds them
against it where that can be had.
"""

import email
import email.policy
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chat_server import PASSWORD, Answerer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

V1 = "/api/v1"
REFUSED = {"success": False, "error": "error-action-not-allowed", "errorType": "error-action-not-allowed"}


def refused(code: str, status: int = 400) -> JSONResponse:
    return JSONResponse({"success": False, "error": code, "errorType": code}, status_code=status)


@dataclass
class Administered:
    """What the administrator sees and changes."""

    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By id: value, packageValue."""
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By user name; the password in clear."""
    integrations: list[dict[str, Any]] = field(default_factory=list)
    second_factor: bool = False
    """Whether sensitive calls ask for the password once more."""
    changed: list[str] = field(default_factory=list)
    roles: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By id; a custom role has another id than its name."""
    permissions: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the roles that have each."""
    pictures: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Media type and content, by the asset's name."""
    licensed: bool = True
    page: int = 50
    """Largest page, whatever is asked for."""

    def user(self, name: str, **more: Any) -> None:
        """Add an account."""
        made = {
            "_id": f"id-{name}",
            "username": name,
            "roles": ["user"],
            "active": True,
            "type": "user",
            "emails": [],
        }
        self.users[name] = made | {"createdAt": "2026-01-01T00:00:00.000Z", "status": "offline"} | more

    def routes(self, known: Callable[[Answerer], Answerer]) -> list[Route]:  # noqa: C901 - one branch for each route
        """Return the routes; `known` lets in who is logged in."""

        def sensitive(answer: Answerer) -> Answerer:
            async def run(request: Request) -> Response:
                given = request.headers.get("x-2fa-code")
                if self.second_factor and given != hashlib.sha256(PASSWORD.encode()).hexdigest():
                    return refused("totp-required")
                return await answer(request)

            return known(run)

        def paged(request: Request, key: str, found: list[dict[str, Any]]) -> Response:
            offset = int(request.query_params.get("offset", 0))
            count = min(self.page, int(request.query_params.get("count", 50)))
            page = found[offset : offset + count]
            told = {key: page, "count": len(page), "offset": offset, "total": len(found), "success": True}
            return JSONResponse(told)

        async def listed(request: Request) -> Response:
            return paged(request, "settings", [{"_id": key, **one} for key, one in self.settings.items()])

        async def set_(request: Request) -> Response:
            key = request.path_params["key"]
            if self.settings[key].get("blocked"):
                return refused("error-action-not-allowed")
            self.settings[key]["value"] = (await request.json())["value"]
            self.changed.append(key)
            return JSONResponse({"success": True})

        def told(user: dict[str, Any]) -> dict[str, Any]:
            return {key: value for key, value in user.items() if key != "password"}

        async def users(request: Request) -> Response:
            return paged(request, "users", [told(one) for one in self.users.values()])

        async def user(request: Request) -> Response:
            found = self.users.get(request.query_params.get("username", ""))
            if found is None:
                return refused("User not found.")
            return JSONResponse({"user": told(found), "success": True})

        async def create(request: Request) -> Response:
            given = await request.json()
            self.user(given["username"], roles=given["roles"], password=given["password"])
            self.changed.append(given["username"])
            return JSONResponse({"user": told(self.users[given["username"]]), "success": True})

        async def update(request: Request) -> Response:
            given = await request.json()
            found = next(one for one in self.users.values() if one["_id"] == given["userId"])
            found.update(given["data"])
            self.changed.append(found["username"])
            return JSONResponse({"user": told(found), "success": True})

        async def totp(request: Request) -> Response:
            given = await request.json()
            self.changed.append(f"totp of {given['userId']}")
            return JSONResponse({"success": True})

        async def integrations(request: Request) -> Response:
            found = [{**one, "success": True} for one in self.integrations]
            return paged(
                request, "integrations", [{k: v for k, v in one.items() if k != "success"} for one in found]
            )

        async def integrate(request: Request) -> Response:
            given = await request.json()
            stored = {key: given[key] for key in ("type", "name", "enabled", "username", "scriptEnabled")}
            found = next((one for one in self.integrations if one["_id"] == given.get("integrationId")), None)
            if found is None:
                found = {
                    "_id": "hook",
                    "token": "canaryhooktoken",
                    "userId": "rocket.cat",
                    "_createdAt": "2026-01-01T00:00:00.000Z",
                }
                self.integrations.append(found)
            found |= stored | {"channel": [given["channel"]]}
            self.changed.append(given["channel"])
            return JSONResponse({"integration": found, "success": True})

        async def set_asset(request: Request) -> Response:
            head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
            form = email.message_from_bytes(head + await request.body(), policy=email.policy.HTTP)
            fields = {
                part.get_param("name", header="content-disposition"): part for part in form.iter_parts()
            }
            name, kind = fields["assetName"].get_content().strip(), fields["asset"].get_content_type()
            # `setAsset` of the product: the type decides, and what it gives is the ending of the address.
            endings = {
                "image/png": "png",
                "image/svg+xml": "svg",
                "image/jpeg": "jpeg",
                "image/x-icon": "ico",
            }
            if kind not in endings:
                return refused("error-invalid-file-type")
            data = fields["asset"].get_content()
            self.pictures[name] = (kind, data if isinstance(data, bytes) else data.encode())
            told = {"url": f"assets/{name}.{endings[kind]}", "defaultUrl": "images/logo/logo.svg"}
            self.settings[f"Assets_{name}"] = {"value": told, "packageValue": {}}
            self.changed.append(name)
            return JSONResponse({"success": True})

        async def asset(request: Request) -> Response:
            kind, data = self.pictures[request.path_params["file"].partition(".")[0]]
            return Response(data, media_type=kind)

        async def roles(_: Request) -> Response:
            return JSONResponse({"roles": list(self.roles.values()), "success": True})

        async def update_role(request: Request) -> Response:
            given = await request.json()
            found = self.roles.get(given["roleId"])
            if found is None:
                return refused("error-invalid-roleId")
            if not self.licensed:
                return refused("error-action-not-allowed")
            # `updateRole` of the product: what is not given is reset.
            scope = given.get("scope") or "Users"
            if found["protected"] and (given["name"], scope) != (found["name"], found["scope"]):
                return refused("error-role-protected")
            found.update(name=given["name"], scope=scope, description=given.get("description") or "")
            found["mandatory2fa"] = given["mandatory2fa"]
            self.changed.append(f"second factor of {found['name']}")
            return JSONResponse({"role": found, "success": True})

        async def permissions(_: Request) -> Response:
            listed = [{"_id": key, "roles": roles} for key, roles in self.permissions.items()]
            return JSONResponse({"update": listed, "remove": [], "success": True})

        async def update_permissions(request: Request) -> Response:
            given = (await request.json())["permissions"]
            if not {one["_id"] for one in given} <= self.permissions.keys():
                return refused("error-invalid-permission")
            if not {role for one in given for role in one["roles"]} <= self.roles.keys():
                return refused("error-invalid-role")
            for one in given:
                self.permissions[one["_id"]] = one["roles"]
                self.changed.append(one["_id"])
            return JSONResponse({"permissions": given, "success": True})

        async def licence(_: Request) -> Response:
            told = {"license": {"activeModules": ["auditing", "scalability"]}, "success": True}
            return JSONResponse(told)

        async def instances(_: Request) -> Response:
            return JSONResponse(
                {"instances": [{"address": "10.0.0.1"}, {"address": "10.0.0.2"}], "success": True}
            )

        async def statistics(_: Request) -> Response:
            return JSONResponse({"mongoVersion": "8.0.32", "totalUsers": 42, "success": True})

        return [
            Route(f"{V1}/settings", known(listed)),
            Route(V1 + "/settings/{key}", sensitive(set_), methods=["POST"]),
            Route(f"{V1}/users.list", known(users)),
            Route(f"{V1}/users.info", known(user)),
            Route(f"{V1}/users.create", sensitive(create), methods=["POST"]),
            Route(f"{V1}/users.update", sensitive(update), methods=["POST"]),
            Route(f"{V1}/users.resetTOTP", sensitive(totp), methods=["POST"]),
            Route(f"{V1}/integrations.list", known(integrations)),
            Route(f"{V1}/integrations.create", known(integrate), methods=["POST"]),
            Route(f"{V1}/integrations.update", known(integrate), methods=["PUT"]),
            Route(f"{V1}/assets.setAsset", known(set_asset), methods=["POST"]),
            Route("/assets/{file}", asset),
            Route(f"{V1}/roles.list", known(roles)),
            Route(f"{V1}/roles.update", known(update_role), methods=["POST"]),
            Route(f"{V1}/permissions.listAll", known(permissions)),
            Route(f"{V1}/permissions.update", known(update_permissions), methods=["POST"]),
            Route(f"{V1}/licenses.info", known(licence)),
            Route(f"{V1}/instances.get", known(instances)),
            Route(f"{V1}/statistics", known(statistics)),
        ]


def as_of(wanted: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return settings of a chat that has what is wanted."""
    return {
        key: {"value": json.loads(json.dumps(value)), "packageValue": value} for key, value in wanted.items()
    }
