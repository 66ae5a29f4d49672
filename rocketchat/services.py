"""The processes of one deployment: the server alone, several of them, or the server with its microservices.

Source: RocketChat/Rocket.Chat `docker-compose-ci.yml` and `ee/apps`, and the values of
RocketChat/helm-charts (which services there are, their images, routes and probes); docs.rocket.chat,
"Microservices" (one ddp-streamer for 500 users).
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

from rocketchat.releases import Release
from rocketchat.sizing import PRODUCTION, size

MONOLITH: Final = "monolith"
MICROSERVICES: Final = "microservices"
TOPOLOGIES: Final = (MONOLITH, MICROSERVICES)

MAIN: Final = "rocketchat"
"""Name of the main server's service."""
NATS: Final = "nats"
"""Name of the message broker's service."""
STREAM_HUB: Final = "stream-hub"
"""Name of the service that reads the database's changes for the others, in releases that need it."""

SERVER_COMMAND: Final = ("node", "main.js")
"""What the server's image runs by itself (RocketChat/Rocket.Chat, `apps/meteor/.docker/Dockerfile.alpine`)."""

MICROSERVICE_COMMAND: Final = ("node", "src/service.js")
"""What the images of the microservices run by themselves (RocketChat/Rocket.Chat, `ee/apps/*/Dockerfile`)."""

STARTS_SECONDS: Final = 600
"""How long a server may start before it listens. One that has ended in the midst of migrations leaves their lock, for
which the next one waits five minutes, and only then migrates (RocketChat, `apps/meteor/server/lib/migrations.ts`)."""

HTTP_PORT: Final = 3000
NATS_PORT: Final = 4222
METRICS_PORT: Final = 9458
"""Port of the microservices' own metrics (`MS_METRICS_PORT`)."""

_IMAGE_UID = 65533
_NATS_TAG = "2.12.8-alpine"
_NATS_HTTP_PORT = 8222
_USERS_PER_STREAMER = 500
_STOP_SECONDS = 45
"""Fargate Spot asks for more than 30 (docs.aws.amazon.com, "Amazon ECS clusters for Fargate")."""

_APART: Final = ("account", "authorization", "presence")
"""Microservices that take calls from the broker alone and listen on no port."""


@dataclass(frozen=True)
class Replicas:
    """How many of a service run."""

    least: int
    most: int


@dataclass(frozen=True)
class Service:
    """One process of the deployment."""

    name: str
    image: str
    """Repository without a tag, on Docker Hub."""
    tag: str
    port: int | None
    """Port that other processes or the balancer reach it on; None when it only talks to the broker."""
    replicas: Replicas
    routes: tuple[str, ...]
    """Prefixes of paths that the balancer sends here, longest match first; `/` is everything else."""
    liveness: str | None
    """HTTP path that answers 200 while the process serves."""
    readiness: str | None
    health_port: int | None
    """Port of `liveness` and `readiness`."""
    uid: int
    command: tuple[str, ...] | None
    """Arguments instead of the image's own; None leaves them."""
    stop_seconds: int
    """Time between the signal to stop and the kill."""
    cpu_units: int
    """1024 is one vCPU. With `memory_mib` a size that Fargate has."""
    memory_mib: int
    single: bool = False
    """Whether two of it must never run together, not even while a new one takes over."""
    needs_database: bool = True
    """Whether it gets `MONGO_URL` (and `TRANSPORTER`, when there is a broker)."""

    @property
    def is_main(self) -> bool:
        """Whether this is the main server, which gets the whole environment."""
        return self.name == MAIN


def licence_needs(
    release: Release, topology: str, replicas: int, custom_oauth: bool = False, role_sync: bool = False
) -> tuple[str, ...]:
    """Return each thing that is wanted and needs a licence in this release, in words. Empty: no licence is
    needed."""
    wanted = {
        "replicas": (
            replicas > 1,
            f"{replicas} replicas of the server (without a licence they do not share events)",
        ),
        "microservices": (topology == MICROSERVICES, "microservices (without a licence they shut down)"),
        "custom-oauth": (
            custom_oauth,
            "login by custom OAuth or OpenID Connect (licensed from release 9.0; 8.9 and SAML do without)",
        ),
        "role-sync": (role_sync, "taking over roles or groups from the login provider"),
    }
    return tuple(
        words for key, (asked, words) in wanted.items() if asked and key in release.licensed_features
    )


def _main(release: Release, replicas: Replicas, users: int, profile: str) -> Service:
    needed = size(users, profile)
    return Service(
        name=MAIN,
        image="rocketchat/rocket.chat",
        tag=release.version,
        port=HTTP_PORT,
        replicas=replicas,
        routes=("/",),
        liveness=release.probes.liveness,
        readiness=release.probes.readiness,
        health_port=HTTP_PORT,
        uid=release.uid,
        command=None,
        stop_seconds=60,
        cpu_units=needed.cpu_units,
        memory_mib=needed.memory_mib,
    )


def _apart(release: Release, name: str, replicas: Replicas) -> Service:
    return Service(
        name=name,
        image=f"rocketchat/{name}-service",
        tag=release.version,
        port=None,
        replicas=replicas,
        routes=(),
        # They ask the broker for its nodes (`ee/apps/*-service`), on the port of all images.
        liveness="/health",
        readiness="/health",
        health_port=HTTP_PORT,
        uid=release.uid,
        command=None,
        stop_seconds=_STOP_SECONDS,
        cpu_units=512,
        memory_mib=1024,
        single=name == STREAM_HUB,
    )


def _streamer(release: Release, users: int) -> Service:
    count = ceil(users / _USERS_PER_STREAMER)
    return Service(
        name="ddp-streamer",
        image="rocketchat/ddp-streamer-service",
        tag=release.version,
        port=HTTP_PORT,
        # When one goes, its users come back to the others all at once.
        replicas=Replicas(count, 2 * count),
        routes=("/sockjs", "/websocket"),
        liveness="/health",
        readiness="/health",
        health_port=HTTP_PORT,
        uid=release.uid,
        command=None,
        stop_seconds=60,
        cpu_units=1024,
        memory_mib=2048,
    )


def _nats() -> Service:
    return Service(
        name=NATS,
        image="nats",
        tag=_NATS_TAG,
        port=NATS_PORT,
        # Two servers that are not clustered would split the chat in two.
        replicas=Replicas(1, 1),
        routes=(),
        liveness="/healthz",
        readiness="/healthz",
        health_port=_NATS_HTTP_PORT,
        uid=_IMAGE_UID,
        command=("--port", str(NATS_PORT), "--http_port", str(_NATS_HTTP_PORT)),
        stop_seconds=_STOP_SECONDS,
        cpu_units=256,
        memory_mib=512,
        single=True,
        needs_database=False,
    )


def services(
    release: Release,
    topology: str = MONOLITH,
    users: int = 25,
    replicas: int = 1,
    *,
    most_replicas: int | None = None,
    profile: str = PRODUCTION,
) -> tuple[Service, ...]:
    """Return the processes to run, the main server first.

    `replicas` servers run at least and `most_replicas` at most (as many, when left out). The broker comes
    with microservices and with more than one server. Whether a licence allows all this is for
    `licence_needs` to say. Raises ValueError for a topology or a number of replicas that does not exist,
    TooManyUsers beyond the vendor's table.
    """
    if topology not in TOPOLOGIES:
        raise ValueError(f"there is no topology {topology!r}; allowed: {', '.join(TOPOLOGIES)}")
    count = Replicas(replicas, replicas if most_replicas is None else most_replicas)
    if not 1 <= count.least <= count.most:
        raise ValueError(f"from {count.least} to {count.most} replicas is no range; one at least must run")
    main = _main(release, count, users, profile)
    if topology == MONOLITH:
        return (main,) if count.most == 1 else (main, _nats())
    apart = [_apart(release, name, Replicas(1, 1)) for name in _APART]
    if release.needs_stream_hub:
        apart.append(_apart(release, STREAM_HUB, Replicas(1, 1)))
    return (main, _streamer(release, users), *apart, _nats())


def transporter(topology: str, nats_host: str) -> str:
    """Return the value of `TRANSPORTER` for servers that meet at the broker on this host.

    The scheme tells the server whether its services run inside it (`monolith+nats`) or apart (`nats`).
    """
    if topology not in TOPOLOGIES:
        raise ValueError(f"there is no topology {topology!r}; allowed: {', '.join(TOPOLOGIES)}")
    scheme = "nats" if topology == MICROSERVICES else "monolith+nats"
    return f"{scheme}://{nats_host}:{NATS_PORT}"
