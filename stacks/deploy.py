"""`ChatSpec` to components to outputs: the parts are made in order, each by its kind."""

import pulumi

from components.base import only_if
from components.credentials import Credentials
from components.operations.alarms import Alarms, AlarmsArgs
from components.regions import UPTIME_REGION
from components.seal import Seal
from rocketchat import environment as env
from rocketchat import releases
from stacks import features, providers
from stacks.kinds.context import Context
from stacks.kinds.runtime import Running
from stacks.language import ChatSpec
from stacks.load import Secrets, load
from stacks.processes import processes

ORDER = ("dns", "runtime", "database", "media", "mail")
"""Parts that are made before the chat runs. Making the runtime makes its network; what runs in it comes last, with the
edge before it."""
SEAL = "data"
"""Name of the seal of where the data is."""

Outputs = dict[str, pulumi.Input[object]]


def run() -> None:
    """The whole program: load, deploy, export."""
    for name, value in deploy(*load()).items():
        pulumi.export(name, value)


def reach() -> None:
    """A program that makes the stack's providers, by which its clouds are asked, and nothing else."""
    spec, secrets = load()
    providers.make(spec, secrets)
    providers.of_zone(spec)


def deploy(spec: ChatSpec, secrets: Secrets) -> Outputs:
    """Make everything that the stack asks for; return the stack's outputs."""
    context = Context(spec, secrets, providers.make(spec, secrets), providers.of_zone(spec))
    for part in ORDER:
        kind = getattr(spec.parts, part)
        if kind is not None:
            context.made[part] = kind.make(context)
    _seal(context)
    context.credentials = credentials = _credentials(context)
    running = _run(context, credentials)
    outputs: Outputs = {
        "url": running.url,
        "release": spec.release.version,
        **_administrator(spec, credentials),
        "mongodbUri": context.database.uri,
        "egressAddresses": pulumi.Output.all(*context.place.egress.addresses),
        **context.outputs,
        **running.outputs,
        **_alarms(context, running),
        "notWatched": features.unwatched(spec.parts, spec.region),
    }
    for login in spec.parts.login:
        outputs |= login.outputs(spec.parts.runtime.root_url(spec.parts.chat.host), spec.parts.login)
    if "registration" in _generated(spec):
        outputs["registrationUrl"] = pulumi.Output.concat(
            running.url, "/register/", credentials.value("registration")
        )
    return outputs


def _seal(context: Context) -> None:
    """Say where messages and uploads are, and of which release, so that a step that loses them is refused."""
    spec = context.spec
    database, media = spec.parts.database, spec.parts.media
    places = {"database": database.kind, "uploads": media.kind, **database.place()}
    Seal(
        SEAL,
        {"places": places, "release": spec.release.version, "protect": spec.defaults.protect},
        pulumi.ResourceOptions.merge(context.opts, pulumi.ResourceOptions(hooks=step_of_release(spec))),
    )


def _credentials(context: Context) -> Credentials:
    """Generate what the chat is not given."""
    spec = context.spec
    kept = spec.defaults.protect and spec.parts.database.begins_empty
    return Credentials(
        "credentials",
        {"names": _generated(spec), "protect": ["administrator"] if kept else []},
        context.opts,
    )


def _run(context: Context, credentials: Credentials) -> Running:
    """Make the environment of what was made before, and run the chat with it."""
    spec, place = context.spec, context.place
    parts = spec.parts
    services = processes(parts.runtime, parts.chat, spec.release, spec.size)
    made = features.Made(
        parts,
        spec.release,
        context.database,
        context.media,
        context.mail,
        admin_password=credentials.value("administrator"),
        file_token=credentials.value("file-token"),
        registration=credentials.value("registration") if "registration" in _generated(spec) else None,
        secrets=context.secrets.values,
        proxies=features.trusted_proxies(parts, behind=place.proxies),
        broker=place.broker if len(services) > 1 else None,
    )
    return place.run(services, env.merge(features.environments(made).values()).render())


def _administrator(spec: ChatSpec, credentials: Credentials) -> Outputs:
    """Tell how the administrator signs in, where that is known: a database with users has administrators of its own."""
    if not spec.parts.database.begins_empty:
        return {}
    return {
        "adminUsername": features.administrator_username(spec.parts.chat),
        "adminPassword": credentials.value("administrator"),
        "adminPasswordNote": "Read at the first start only; from then on it is changed in the chat.",
    }


def step_of_release(spec: ChatSpec) -> pulumi.ResourceHookBinding:
    """Return a hook that refuses a release which the deployed one cannot become."""

    def check(args: pulumi.ResourceHookArgs) -> None:
        deployed = (args.old_inputs or {}).get("release")
        if not isinstance(deployed, str) or spec.parts.chat.upgrade_from is not None:
            return
        try:
            releases.check_upgrade(deployed, spec.release.version)
        except ValueError as error:
            raise ValueError(
                f"{error}. If the data are those of another release (of a backup), say so in chat.upgradeFrom"
            ) from None

    return only_if("release-step", check)


def _generated(spec: ChatSpec) -> list[str]:
    names = ["administrator", "file-token"]
    if spec.parts.accounts.registration == "secret-url":
        names.append("registration")
    return [*names, *spec.parts.edge.generates]


def _alarms(context: Context, running: Running) -> Outputs:
    """Watch what CloudWatch sees of the stack: the runtime, where it is in AWS, and how mail fares."""
    spec = context.spec
    monitoring, mail = spec.parts.monitoring, spec.parts.mail
    region = None if mail is None else mail.metrics_region(spec.region)
    if region is not None and region != spec.region:
        # Alarms and their topic are where the metrics are.
        of_mail: AlarmsArgs = {"emails": list(monitoring.alarm_emails), "region": region, "ses": True}
        Alarms("mail-alarms", of_mail, context.opts)
    asked_by = features.asks_from_outside(spec.parts, spec.region) if monitoring.uptime else ""
    if asked_by == "DigitalOcean":
        from components.operations.outside import OutsideCheck

        OutsideCheck(
            "uptime", {"host": spec.parts.chat.host, "emails": list(monitoring.alarm_emails)}, context.opts
        )
    outside = asked_by == "Route 53"
    if outside and spec.region != UPTIME_REGION:
        of_address: AlarmsArgs = {"emails": list(monitoring.alarm_emails), "region": UPTIME_REGION}
        Alarms("uptime-alarms", {**of_address, "host": spec.parts.chat.host}, context.opts)
        outside = False
    ses = region is not None and region == spec.region
    watched, budget = running.watched, monitoring.monthly_budget_usd
    if spec.region is None or (watched is None and not ses and not outside and budget is None):
        return {}
    args: AlarmsArgs = {**(watched or {"emails": ()}), "emails": list(monitoring.alarm_emails), "ses": ses}
    if monitoring.dashboard:
        args["dashboard"] = spec.parts.chat.host.replace(".", "-")
    if outside:
        args["host"] = spec.parts.chat.host
    if budget is not None:
        args["monthly_budget_usd"] = float(budget)
    return {"alarmTopic": Alarms("alarms", args, context.opts).topic_arn}
