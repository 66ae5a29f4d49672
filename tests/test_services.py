"""The processes of a deployment, and what of it needs a licence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketchat import services, sizing
from rocketchat.releases import RECOMMENDED, find, lines
from rocketchat.services import MICROSERVICES, MONOLITH, Replicas, Service, licence_needs

VERSIONS = tuple(f"{line}.0" for line in lines())


def names(made: tuple[Service, ...]) -> set[str]:
    return {service.name for service in made}


def named(made: tuple[Service, ...], name: str) -> Service:
    return next(service for service in made if service.name == name)


def test_one_server_runs_alone() -> None:
    (main,) = services.services(RECOMMENDED, MONOLITH, 200)
    assert main.is_main
    assert (main.image, main.tag, main.port) == ("rocketchat/rocket.chat", "8.9.0", 3000)
    assert main.routes == ("/",)
    assert (main.liveness, main.readiness, main.health_port) == ("/health", "/readyz", 3000)
    assert (main.cpu_units, main.memory_mib) == (2048, 4096)


def test_several_servers_meet_at_a_broker() -> None:
    made = services.services(RECOMMENDED, MONOLITH, 200, 3)
    assert names(made) == {"rocketchat", "nats"}
    assert named(made, "rocketchat").replicas == Replicas(3, 3)


def test_a_server_that_may_grow_has_its_broker_from_the_start() -> None:
    made = services.services(RECOMMENDED, MONOLITH, 200, 1, most_replicas=4)
    assert names(made) == {"rocketchat", "nats"}
    assert named(made, "rocketchat").replicas == Replicas(1, 4)


@pytest.mark.parametrize("version", VERSIONS)
def test_microservices_have_the_stream_hub_once_and_only_where_the_release_needs_it(version: str) -> None:
    release = find(version)
    made = services.services(release, MICROSERVICES, 1200)
    expected = {"rocketchat", "ddp-streamer", "account", "authorization", "presence", "nats"}
    if release.needs_stream_hub:
        expected.add("stream-hub")
        assert named(made, "stream-hub").replicas == Replicas(1, 1)
    assert names(made) == expected
    assert len(made) == len(expected)
    assert made[0].is_main


@pytest.mark.parametrize(("users", "count"), [(1, 1), (500, 1), (501, 2), (1200, 3), (5000, 10)])
def test_there_is_one_ddp_streamer_for_500_users(users: int, count: int) -> None:
    streamer = named(services.services(RECOMMENDED, MICROSERVICES, users), "ddp-streamer")
    assert streamer.replicas == Replicas(count, 2 * count)


def test_web_sockets_go_to_the_ddp_streamer_and_all_else_to_the_main_server() -> None:
    made = services.services(RECOMMENDED, MICROSERVICES)
    routes = {route: service.name for service in made for route in service.routes}
    assert routes == {"/": "rocketchat", "/sockjs": "ddp-streamer", "/websocket": "ddp-streamer"}


def test_the_account_service_has_the_image_that_exists() -> None:
    made = services.services(RECOMMENDED, MICROSERVICES)
    assert {service.image for service in made} == {
        "rocketchat/rocket.chat",
        "rocketchat/account-service",
        "rocketchat/authorization-service",
        "rocketchat/ddp-streamer-service",
        "rocketchat/presence-service",
        "nats",
    }


@given(
    st.sampled_from(VERSIONS),
    st.sampled_from(services.TOPOLOGIES),
    st.integers(1, 5000),
    st.integers(1, 6),
    st.sampled_from(sizing.PROFILES),
)
def test_every_service_is_pinned_fits_fargate_and_does_not_run_as_root(
    version: str, topology: str, users: int, replicas: int, profile: str
) -> None:
    made = services.services(find(version), topology, users, replicas, profile=profile)
    for service in made:
        assert sizing.fits_fargate(service.cpu_units, service.memory_mib), service
        assert service.uid > 0
        # Fargate Spot asks for more than 30.
        assert 30 < service.stop_seconds <= 120
        assert service.single == (service.name in ("nats", "stream-hub"))
        assert service.tag not in ("latest", "develop")
        assert service.tag.count(".") == 2
        assert (service.health_port is None) == (service.liveness is None)
        assert service.port is not None or not service.routes
        assert service.needs_database == (service.name != "nats")
        if service.image.startswith("rocketchat/"):
            assert service.tag == version


def test_the_broker_is_never_more_than_one_because_it_is_not_clustered() -> None:
    for topology in services.TOPOLOGIES:
        broker = named(services.services(RECOMMENDED, topology, 5000, 6), "nats")
        assert broker.replicas == Replicas(1, 1)
        assert broker.command is not None
        assert "8222" in broker.command


@pytest.mark.parametrize(("least", "most"), [(0, None), (3, 2), (-1, 5)])
def test_a_range_of_replicas_that_makes_no_sense_is_refused(least: int, most: int | None) -> None:
    with pytest.raises(ValueError, match="no range"):
        services.services(RECOMMENDED, MONOLITH, 25, least, most_replicas=most)


def test_an_unknown_topology_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="monolith, microservices"):
        services.services(RECOMMENDED, "swarm")
    with pytest.raises(ValueError, match="monolith, microservices"):
        services.transporter("swarm", "nats")


def test_the_transporter_s_scheme_tells_the_topology() -> None:
    assert services.transporter(MONOLITH, "nats.chat") == "monolith+nats://nats.chat:4222"
    assert services.transporter(MICROSERVICES, "nats.chat") == "nats://nats.chat:4222"


@pytest.mark.parametrize("version", VERSIONS)
def test_one_server_needs_no_licence_in_any_release(version: str) -> None:
    assert licence_needs(find(version), MONOLITH, 1) == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_replicas_microservices_and_role_sync_need_one_in_every_release_each_by_name(version: str) -> None:
    needs = licence_needs(find(version), MICROSERVICES, 2, role_sync=True)
    assert [need.split(" (")[0] for need in needs] == [
        "2 replicas of the server",
        "microservices",
        "taking over roles or groups from the login provider",
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_custom_oauth_needs_one_from_9_on_only(version: str) -> None:
    needs = licence_needs(find(version), MONOLITH, 1, custom_oauth=True)
    assert bool(needs) == version.startswith("9.")
