"""A deployment by the real engine of what each rule forbids, in clouds that take everything; prints what came of it.

A program of its own: an engine that refuses leaves the Automation API's event loop with work undone. First the sound
world of `policy_world` is made, then what each case changes in it, and the engine goes on after each refusal.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pulumi
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from policy_cases import CASES, MORE
from policy_world import changed, world
from pulumi import automation as auto
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from automation.pulumi_cli import find_engine
from policy.chats import CARRIERS
from policy.model import Subject
from policy.rule import ANY, Needs
from policy.rules import BY_ID, RULES
from policy.tokens import CONFIG_MAP, K8S_SECRET, LOG_GROUP, SECRET_VERSION
from rehearsal.server import debug_providers

PACK = Path(__file__).parent.parent / "policy"
PROJECT = "world"
LAST = "last"
Case = tuple[str, list[Subject]]
"""A rule, and the resources that break it."""


class Anything(provider_pb2_grpc.ResourceProviderServicer):
    """A provider of every package that makes whatever it is asked for, and remembers it."""

    def __init__(self) -> None:
        self.made: set[str] = set()

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version="999.0.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        name = request.urn.rsplit("::", 1)[-1]
        if not request.preview:
            self.made.add(name)
        return provider_pb2.CreateResponse(id=f"{name}-id", properties=request.properties)


def early() -> Iterator[Case]:
    """Give each case of a rule that can stop something before it is made, and the resources that it changes."""
    sound = world()
    for name, case in [*CASES.items(), *MORE]:
        rule = BY_ID[name]
        if rule.needs is Needs.STACK or not rule.level.blocks(production=True):
            continue
        if case is not CASES[name] and rule.needs is Needs.ONE:
            continue
        broken = [
            one
            for one in changed(case.patch)
            if (ANY in rule.types or one.type in (*rule.types, *rule.sides))
            and one != sound.get(one.name)
            and (
                one.name not in sound
                or (one.properties, one.protect) != (sound[one.name].properties, sound[one.name].protect)
            )
        ]
        if broken and not case.config:
            yield name, broken


def declare(subject: Subject, name: str, parent: pulumi.Resource) -> pulumi.CustomResource:
    """Declare a resource as a component would."""
    options = pulumi.ResourceOptions(protect=subject.protect, parent=parent)
    return pulumi.CustomResource(subject.type, name, dict(subject.properties), options)


def forbidden() -> None:
    """Declare what rules may look back at, then what breaks each rule, then what the end is known by."""
    looked_at = {kind for rule in RULES if rule.needs is Needs.EARLIER for kind in rule.types}
    looked_at |= {K8S_SECRET, CONFIG_MAP, SECRET_VERSION}
    chat = pulumi.ComponentResource("rocketchat:index:World", "chat")
    first = [
        declare(one, one.name, chat)
        for one in world().values()
        if one.type in looked_at and one.type not in CARRIERS
    ]

    def then(_: object) -> None:
        broken = [declare(one, name, chat) for name, one in named()]
        pulumi.Output.all(*[one.urn for one in broken]).apply(
            lambda _: pulumi.CustomResource(LOG_GROUP, LAST, {"retentionInDays": 365})
        )

    pulumi.Output.all(*[one.urn for one in first]).apply(then)


def named() -> Iterator[tuple[str, Subject]]:
    """Give what breaks rules, each under a name that begins with its rule's."""
    for number, (rule, broken) in enumerate(early()):
        for one in broken:
            yield f"{rule}.{number}.{one.name}", one


def open_to_strangers() -> None:
    """Declare a network and, after it, a chat in which strangers make accounts."""
    sound = world()
    setting = "OVERWRITE_SETTING_Accounts_RegistrationForm"
    containers = json.loads(sound["task"].properties["containerDefinitions"])
    for one in containers[0]["environment"]:
        if one["name"] == setting:
            one["value"] = "Public"
    task = replace(
        sound["task"], properties={**sound["task"].properties, "containerDefinitions": json.dumps(containers)}
    )
    chat = pulumi.ComponentResource("rocketchat:index:World", "chat")
    network = declare(sound["vpc"], "vpc", chat)
    network.id.apply(lambda _: declare(task, "task", chat))


def main() -> None:
    """Preview what is forbidden, deploy what is open to strangers; print what was tried, refused and made."""
    provider = Anything()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with tempfile.TemporaryDirectory() as folder:
        before, _ = run(folder, port, forbidden, "preview")
        refused, output = run(folder, port, open_to_strangers, "up")
    server.stop(grace=None)
    told = {
        "tried": sorted({rule for rule, _ in early()}),
        "before": sorted(before),
        "refused": sorted(refused),
        "made": sorted(provider.made),
        "output": output,
    }
    print(json.dumps(told))


def run(
    folder: str, port: int, program: Callable[[], None], operation: str
) -> tuple[set[tuple[str, str]], str]:
    """Return rule and resource of each refusal that came before the last resource, and what the engine said."""
    cli = find_engine()
    assert cli is not None
    refused: set[tuple[str, str]] = set()
    ended = False

    def hear(event: auto.events.EngineEvent) -> None:
        nonlocal ended
        step, told = event.resource_pre_event, event.policy_event
        ended = ended or (step is not None and step.metadata.urn.endswith(f"::{LAST}"))
        if told is not None and told.enforcement_level == "mandatory" and not ended:
            refused.add((told.policy_name, str(told.resource_urn).rsplit("::", 1)[-1].partition(".")[0]))

    stack = auto.create_stack(
        f"{operation}-production",
        project_name=PROJECT,
        program=program,
        opts=auto.LocalWorkspaceOptions(
            pulumi_home=f"{folder}/home",
            pulumi_command=auto.PulumiCommand(str(cli.path.parent.parent)),
            project_settings=auto.ProjectSettings(
                PROJECT, "python", backend=auto.ProjectBackend(f"file://{folder}")
            ),
            env_vars={
                "PULUMI_CONFIG_PASSPHRASE": "none",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DEBUG_PROVIDERS": debug_providers(port),
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            },
        ),
    )
    try:
        getattr(stack, operation)(policy_packs=[str(PACK)], on_event=hear)
    except auto.errors.CommandError as error:
        return refused, str(error)
    return refused, ""


if __name__ == "__main__":
    main()
