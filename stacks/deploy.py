"""`ChatSpec` to components to outputs. Chooses by `kind`, and imports only what the stack uses."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

import pulumi

from components.credentials import Credentials
from components.seal import Seal
from components.values import DatabaseAccess, DnsZone, MailAccess, MediaAccess
from rocketchat import environment as env
from rocketchat import releases
from rocketchat.environment import Secret
from stacks import features, providers, records
from stacks.language import ChatSpec
from stacks.load import Secrets, load
from stacks.processes import processes
from stacks.runtimes import Runtime
from stacks.spec import (
    CloudFrontMediaCdn,
    ExistingAtlasDatabase,
    ExistingSesMail,
    InClusterDatabase,
    OidcLogin,
    OnHostDatabase,
    Route53Dns,
    S3Media,
    SamlLogin,
    SesMail,
    SesPart,
    SmtpMail,
    SpacesMedia,
    UriDatabase,
)

if TYPE_CHECKING:
    from components.media.store import MediaStore
    from components.operations.alarms import AlarmsArgs

RUNTIMES = {
    "doks": ("stacks.runtimes.kubernetes", "OnDoks"),
    "fargate": ("stacks.runtimes.fargate", "OnFargate"),
    "kubernetes": ("stacks.runtimes.kubernetes", "OnKubernetes"),
    "lightsail": ("stacks.runtimes.host", "OnLightsail"),
    "droplet": ("stacks.runtimes.host", "OnDroplet"),
}
"""Module and class by `runtime.kind`."""

SEAL = "data"
"""Name of the seal of where the data is."""

Outputs = dict[str, pulumi.Input[object]]


def run() -> None:
    """The whole program: load, deploy, export."""
    for name, value in deploy(*load()).items():
        pulumi.export(name, value)


def deploy(spec: ChatSpec, secrets: Secrets) -> Outputs:
    """Make everything that the stack asks for; return the stack's outputs."""
    parts = spec.parts
    made_providers = providers.make(spec, secrets)
    opts = pulumi.ResourceOptions(providers=list(made_providers.values()))
    zone = _zone(spec, made_providers)
    runtime = _runtime(spec.parts.runtime.kind)(spec, secrets, zone, opts)
    database, database_outputs = _database(spec, secrets, runtime, opts)
    media, store, media_outputs = _media(spec, zone, opts)
    Seal(
        SEAL,
        {"places": _places(spec), "release": spec.release.version, "protect": spec.defaults.protect},
        pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(hooks=step_of_release(spec))),
    )
    mail = _mail(spec, secrets, zone, made_providers, opts)
    credentials = Credentials(
        "credentials",
        {
            "names": _generated(spec),
            "protect": ["administrator"]
            if spec.defaults.protect and features.makes_administrator(parts)
            else [],
        },
        opts,
    )
    running_services = processes(parts.runtime, parts.chat, spec.release, spec.size)
    broker = runtime.broker if len(running_services) > 1 else None
    made: features.Made[pulumi.Input[str]] = features.Made(
        database_uri=Secret(database.uri),
        admin_password=Secret(credentials.value("administrator")),
        file_token=Secret(credentials.value("file-token")),
        registration_secret=(
            Secret(credentials.value("registration")) if "registration" in _generated(spec) else None
        ),
        bucket=None if media is None else (media.bucket, media.region),
        bucket_endpoint=None if media is None else media.endpoint,
        bucket_keys=_keys(media),
        smtp=None
        if mail is None
        else (
            mail.host,
            mail.port,
            None if mail.username is None else Secret(mail.username),
            None if mail.password is None else Secret(mail.password),
        ),
        secrets={name: Secret(value) for name, value in secrets.values.items()},
    )
    proxies = features.trusted_proxies(
        parts.edge, behind=runtime.proxies, proxied=parts.dns is not None and parts.dns.proxied
    )
    variables = env.merge(
        features.environments(parts, spec.release, made, proxies=proxies, broker=broker).values()
    ).render()
    permissions = store.read_write_policy if store is not None and parts.runtime.traits.role else None
    running = runtime.run(running_services, variables, permissions)
    outputs: Outputs = {
        "url": running.url,
        "release": spec.release.version,
        **_administrator(spec, credentials),
        "mongodbUri": database.uri,
        "egressAddresses": pulumi.Output.all(*runtime.egress.addresses),
        **database_outputs,
        **media_outputs,
        **_callbacks(spec),
        **running.outputs,
        **_alarms(spec, running.watched, opts),
    }
    if "registration" in _generated(spec):
        outputs["registrationUrl"] = pulumi.Output.concat(
            running.url, "/register/", credentials.value("registration")
        )
    return outputs


def _administrator(spec: ChatSpec, credentials: Credentials) -> Outputs:
    """Tell how the administrator signs in, where that is known: a database with users has administrators of its own."""
    if not features.makes_administrator(spec.parts):
        return {}
    return {
        "adminUsername": features.administrator_username(spec.parts.chat),
        "adminPassword": credentials.value("administrator"),
        "adminPasswordNote": "Read at the first start only; from then on it is changed in the chat.",
    }


def step_of_release(spec: ChatSpec) -> pulumi.ResourceHookBinding:
    """Return a hook by which the engine refuses, in previews too, a release that the deployed one cannot become."""

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

    hook = pulumi.ResourceHook("release-step", check, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])


def _places(spec: ChatSpec) -> dict[str, pulumi.Input[str]]:
    """Say where messages and uploads are, as far as nothing that is protected says so by itself."""
    database, media = spec.parts.database, spec.parts.media
    places: dict[str, pulumi.Input[str]] = {"database": database.kind, "uploads": media.kind}
    if not isinstance(database, UriDatabase):
        places["name"] = database.name
    if isinstance(database, ExistingAtlasDatabase):
        places["cluster"] = database.stack or f"{database.project}/{database.cluster}"
    return places


def _runtime(kind: str) -> Callable[[ChatSpec, Secrets, DnsZone | None, pulumi.ResourceOptions], Runtime]:
    module, name = RUNTIMES[kind]
    made: Callable[[ChatSpec, Secrets, DnsZone | None, pulumi.ResourceOptions], Runtime] = getattr(
        import_module(module), name
    )
    return made


def _zone(spec: ChatSpec, made: Mapping[str, pulumi.ProviderResource]) -> DnsZone | None:
    dns = spec.parts.dns
    if dns is None:
        return None
    if dns.zone_id is not None:
        return {"kind": dns.kind, "name": dns.zone, "id": dns.zone_id}
    if isinstance(dns, Route53Dns):
        import pulumi_aws as aws

        hosted = aws.route53.get_zone_output(
            name=dns.zone, private_zone=False, opts=pulumi.InvokeOptions(provider=made["aws"])
        )
        return {"kind": dns.kind, "name": dns.zone, "id": hosted.zone_id}
    import pulumi_cloudflare as cloudflare

    found = cloudflare.get_zone_output(
        filter=cloudflare.GetZoneFilterArgs(name=dns.zone, match="all"),
        opts=pulumi.InvokeOptions(provider=made[dns.kind]),
    )
    return {"kind": dns.kind, "name": dns.zone, "id": found.zone_id}


def _generated(spec: ChatSpec) -> list[str]:
    names = ["administrator", "file-token"]
    return [*names, "registration"] if spec.parts.accounts.registration == "secret-url" else names


def _database(
    spec: ChatSpec, secrets: Secrets, runtime: Runtime, opts: pulumi.ResourceOptions
) -> tuple[DatabaseAccess, Mapping[str, pulumi.Input[object]]]:
    part = spec.parts.database
    if isinstance(part, UriDatabase):
        from components.database.existing import existing

        return existing(secrets.values["mongodbUri"]), {}
    if isinstance(part, OnHostDatabase | InClusterDatabase):
        return runtime.own_database(), {}
    from stacks import atlas

    if isinstance(part, ExistingAtlasDatabase):
        return atlas.on_existing_cluster(part, spec, runtime, opts)
    return atlas.on_own_cluster(part, spec, runtime, opts)


def _media(
    spec: ChatSpec, zone: DnsZone | None, opts: pulumi.ResourceOptions
) -> "tuple[MediaAccess | None, MediaStore | None, Outputs]":
    part = spec.parts.media
    protect = spec.defaults.protect
    if isinstance(part, SpacesMedia):
        from components.media.spaces import SpacesStore

        spaces = SpacesStore(
            "media",
            {
                "bucket_name": part.bucket,
                "region": part.region,
                "cors_origin": f"https://{spec.parts.chat.host}",
                "noncurrent_days": part.old_version_days,
                "force_destroy": not protect,
                "protect": protect,
                "retain": protect,
            },
            opts,
        )
        return spaces.access, None, {}
    if not isinstance(part, S3Media):
        return None, None, {}
    from components.media.notes import cdn_note
    from components.media.store import MediaStore, MediaStoreArgs

    args: MediaStoreArgs = {
        "bucket_name": part.bucket,
        "cors_origin": f"https://{spec.parts.chat.host}",
        "noncurrent_days": part.old_version_days,
        "user": not spec.parts.runtime.traits.role,
        "force_destroy": not spec.defaults.protect,
        "protect": spec.defaults.protect,
        "retain": spec.defaults.protect,
    }
    note = cdn_note("none")
    if isinstance(part.cdn, CloudFrontMediaCdn) and zone is not None:
        args["cdn"] = {"host": part.cdn.host, "zone": zone}
        note = cdn_note("cloudfront", part.cdn.host)
    elif part.cdn is not None:
        note = cdn_note("host", part.cdn.host)
    store = MediaStore("media", args, opts)
    return store.access, store, {"mediaCdn": note}


def _keys(
    media: MediaAccess | None,
) -> "tuple[Secret[pulumi.Input[str]], Secret[pulumi.Input[str]]] | None":
    if media is None or media.access_key_id is None or media.secret_access_key is None:
        return None
    return Secret(media.access_key_id), Secret(media.secret_access_key)


def _mail(
    spec: ChatSpec,
    secrets: Secrets,
    zone: DnsZone | None,
    made: Mapping[str, pulumi.ProviderResource],
    opts: pulumi.ResourceOptions,
) -> MailAccess | None:
    part = spec.parts.mail
    if isinstance(part, SesMail) and zone is not None:
        from components.mail.ses import SesMail as Ses
        from components.mail.ses import SesMailArgs

        args: SesMailArgs = {
            "domain": part.domain,
            "region": part.region or spec.region or "",
            "zone": zone,
            "event_emails": list(spec.parts.monitoring.alarm_emails),
            "port": features.ses_port(spec.parts),
        }
        policy = features.dmarc_policy(part, spec.parts.chat.host)
        if policy != "leave" and not records.dmarc_of_others(spec.parts.dns, part.domain, made):
            args["dmarc_policy"] = policy
            if part.dmarc_reports is not None:
                args["dmarc_reports"] = part.dmarc_reports
        return Ses("mail", args, opts).access
    if isinstance(part, ExistingSesMail):
        return _existing_mail(spec, part, made["aws"], opts)
    if isinstance(part, SmtpMail):
        from components.mail.smtp import smtp

        domain = part.domain or features.sender_domain(part.sender)
        return smtp(part.host, part.port, domain, part.username, secrets.values.get("smtpPassword"))
    return None


def _existing_mail(
    spec: ChatSpec, part: ExistingSesMail, provider: pulumi.ProviderResource, opts: pulumi.ResourceOptions
) -> MailAccess:
    import pulumi_aws as aws

    from components.mail.sender import SesSender

    region = part.region or spec.region or ""
    found = aws.sesv2.get_email_identity_output(
        email_identity=part.domain, region=region, opts=pulumi.InvokeOptions(provider=provider)
    )

    def warned(verified: bool | None) -> None:
        if not verified:
            pulumi.log.warn(f"Amazon SES has not verified {part.domain} in {region} yet: it sends no mail")

    def configuration_set(name: str | None, arn: str) -> str:
        return f"{arn.rpartition(':')[0]}:configuration-set/{name}" if name else arn

    found.verified_for_sending_status.apply(warned)
    return SesSender(
        "mail",
        {
            "domain": part.domain,
            "region": region,
            "identity_arn": found.arn,
            "configuration_set_arn": pulumi.Output.all(found.configuration_set_name, found.arn).apply(
                lambda known: configuration_set(*known)
            ),
            "port": features.ses_port(spec.parts),
        },
        opts,
    ).access


def _alarms(spec: ChatSpec, watched: "AlarmsArgs | None", opts: pulumi.ResourceOptions) -> Outputs:
    """Watch what CloudWatch sees of the stack: the runtime, where it is in AWS, and SES's good name."""
    monitoring, mail = spec.parts.monitoring, spec.parts.mail
    elsewhere = mail.region if isinstance(mail, SesPart) and mail.region != spec.region else None
    ses = isinstance(mail, SesPart) and elsewhere is None
    from components.operations.alarms import Alarms

    if elsewhere is not None:
        # Alarms and their topic are where the metrics are.
        of_mail: AlarmsArgs = {"emails": list(monitoring.alarm_emails), "region": elsewhere, "ses": True}
        Alarms("mail-alarms", of_mail, opts)
    if spec.region is None or (watched is None and not ses and monitoring.monthly_budget_usd is None):
        return {}
    args: AlarmsArgs = {**(watched or {"emails": ()}), "emails": list(monitoring.alarm_emails), "ses": ses}
    if monitoring.monthly_budget_usd is not None:
        args["monthly_budget_usd"] = float(monitoring.monthly_budget_usd)
    return {"alarmTopic": Alarms("alarms", args, opts).topic_arn}


def _callbacks(spec: ChatSpec) -> Outputs:
    """Addresses that must be registered at the identity provider."""
    root = features.root_url(spec.parts)
    found: Outputs = {}
    for login in spec.parts.login:
        if isinstance(login, OidcLogin):
            name = f"oidcRedirectUri{login.service}" if "oidcRedirectUri" in found else "oidcRedirectUri"
            found[name] = env.oidc_callback(root, login.service)
        elif isinstance(login, SamlLogin):
            found["samlMetadata"] = env.saml_metadata(root, login.name)
            found["samlConsumer"] = env.saml_consumer(root, login.name)
    return found
