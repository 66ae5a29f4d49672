"""What every key of a stack file is changed to, and on which stack, to see what that does.

Choices, booleans and numbers are changed by themselves; everything else has a row in `BY_HAND`. A key without a
trial is an error, so that a new one cannot be forgotten.
"""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest import mock

from stacks import files
from stacks.keys import Key, bounds, choices, keys, standing
from stacks.kinds.registry import models
from stacks.language import NAMESPACE, ChatSpec, parse
from stacks.project import ROOT

Values = dict[str, Any]


class _Absent:
    def __repr__(self) -> str:
        return "left out"


ABSENT: Final = _Absent()
"""The value of a key that is not in the file."""

_VPC = {
    "kind": "existing",
    "vpc": "vpc-0123456789abcdef0",
    "publicSubnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "taskSubnets": ["subnet-0123456789abcdef2"],
    "egressAddresses": ["203.0.113.9"],
}
_LISTENER = (
    "arn:aws:elasticloadbalancing:ap-southeast-1:123456789012:"
    "listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2"
)
_SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEfP1yBzTnY1K5C8kq0vQmR7mJ0yX3dW9uZ2aLbTnE4s ops@example.com"
_ATLAS_ID = "5f0c1d2e3b4a59687f6e5d4a"
_SHARED = {"kind": "atlas-existing", "project": _ATLAS_ID, "cluster": "lovia-sg", "name": "other_chat"}
_SERVICE = "com.amazonaws.vpce.eu-central-1.vpce-svc-0123456789abcdef0"
_SMTP = {"kind": "smtp", "host": "smtp.example.com", "port": 2525}
_SAML = {"kind": "saml", "entryPoint": "https://idp.example.com/sso", "certificate": "MAMCAQE="}
_SIGNING_SAML = {**_SAML, "ownCertificate": "MAMCAQI="}
_OIDC = {"kind": "oidc", "preset": "fusionauth", "url": "https://login.example.com", "clientId": "chat"}
_LDAP_PASSWORD = "LDAP_Authentication_Password"  # noqa: S105 - the id of a setting
_LDAP = {
    "kind": "ldap",
    "host": "ldap.example.com",
    "baseDn": "DC=example,DC=com",
    "bindDn": "chat@example.com",
    "group": {"name": "chat"},
    "sync": {"interval": "every_6_hours"},
}
_PROXY = {"url": "http://proxy.example.com:3128"}
_CHAIN: str = files.read(str(ROOT / "examples" / "stacks" / "Pulumi.cloudflare.yaml")).values[
    "rocketchat:dns"
]["originPullCertificate"]
_AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBaDCCAQ+gAwIBAgIUJHFIDwHAs+KuD4UuTvZ0dZ1pkA8wCgYIKoZIzj0EAwIw
KTEQMA4GA1UECgwHRXhhbXBsZTEVMBMGA1UEAwwMRXhhbXBsZSBSb290MCAXDTIw
MDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjApMRAwDgYDVQQKDAdFeGFtcGxl
MRUwEwYDVQQDDAxFeGFtcGxlIFJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAS5C/pxfEzNFbSK5S6YTXHB5o/rLo5l5b0h+ffL40uXYQfyP1uwZT4hSuanOst3
NSsffW7SZYeI1Wn9AtEpA4OpoxMwETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
BAMCA0cAMEQCIDIwvwVfyaGiPpjk2iDfB5d1WqqjnG3lRMec+BmxKL8gAiA9WHRC
Khcp6XKiDHDcYnwjNQEQuYaaz3WfSOQwjxYz6g==
-----END CERTIFICATE-----
"""
"""Nobody has its key."""
_ROLE = {"arn": "arn:aws:iam::123456789012:role/deployer"}
_OTHERS_ROLE = {"arn": "arn:aws:iam::456789012345:role/dns"}
_BUILT_IN: tuple[tuple[str, Values, str], ...] = (
    ("Google's login", {"kind": "google"}, "Accounts_OAuth_Google_secret"),
    ("GitHub's login", {"kind": "github"}, "Accounts_OAuth_Github_secret"),
    ("GitLab's login", {"kind": "gitlab"}, "Accounts_OAuth_Gitlab_secret"),
    (
        "Apple's login",
        {"kind": "apple", "teamId": "ABCDE12345", "keyId": "FGHIJ67890"},
        "Accounts_OAuth_Apple_secretKey",
    ),
)
FONT = "changes.woff2"
_ROLE_OF_USERS = {"name": "user", "revoke": ["mention-all"]}
LOGO = "changes.svg"
_FONT = {"family": "Baloo 2", "file": FONT}
_BOT = {"username": "jarvis", "keys": ["WEATHER_KEY"]}


@dataclass(frozen=True)
class Scene:
    """A stack file from which keys are changed, and what of it is other than it is committed."""

    stack: str
    sets: Mapping[str, Any] = field(default_factory=dict)
    """Values by dotted path without the namespace: `runtime.network`, or `aws:region`."""
    secrets: tuple[str, ...] = ()
    """Further secrets that are set."""


SCENES: Mapping[str, Scene] = {
    **{name: Scene(name) for name in files.names()},
    "local in production": Scene(
        "local",
        {
            "chat.profile": "production",
            "aws:region": "eu-central-1",
            "runtime.ingress": {"kind": "class", "name": "traefik", "issuer": "letsencrypt"},
        },
    ),
    "local at an earlier release": Scene("local", {"chat.release": "8.5.1"}),
    "services-helm with a gateway": Scene(
        "services-helm",
        {"runtime.ingress": {"kind": "gateway"}, "runtime.topology": "monolith", "runtime.instances": 1},
    ),
    "services-helm at a gateway that is there": Scene(
        "services-helm",
        {
            "runtime.ingress": {
                "kind": "gateway-existing",
                "name": "public",
                "namespace": "gateways",
                "address": "203.0.113.10",
            },
            "runtime.topology": "monolith",
            "runtime.instances": 1,
        },
    ),
    "services-helm with Spaces": Scene(
        "services-helm", {"media": {"kind": "spaces", "bucket": "media-example", "region": "sgp1"}}
    ),
    "services-helm with an existing bucket": Scene(
        "services-helm",
        {"aws:region": "eu-central-1", "media": {"kind": "s3-existing", "bucket": "media-there"}},
    ),
    "services-helm with MinIO": Scene(
        "services-helm",
        {"media": {"kind": "s3-compatible", "endpoint": "https://minio.example.com:9000", "bucket": "media"}},
        ("mediaAccessKeyId", "mediaSecretAccessKey"),
    ),
    "services-helm with Route 53": Scene(
        "services-helm", {"aws:region": "eu-central-1", "dns": {"kind": "route53", "zone": "example.com"}}
    ),
    "services-helm with a zone elsewhere": Scene(
        "services-helm",
        {
            "aws:region": "eu-central-1",
            "dns": {"kind": "route53", "zone": "example.com", "aws": {"assumeRole": _ROLE}},
        },
    ),
    "lovia-fargate behind the proxy": Scene("lovia-fargate", {"dns.proxied": True}),
    "lovia-fargate known by a certificate": Scene(
        "lovia-fargate", {"dns.proxied": True, "dns.originPullCertificate": _CHAIN}, ("originPullKey",)
    ),
    "services-helm with DNS at DigitalOcean": Scene(
        "services-helm", {"dns": {"kind": "digitalocean", "zone": "example.com"}}
    ),
    "services-helm with DNS by hand": Scene(
        "services-helm", {"dns": {"kind": "manual", "zone": "example.com"}}
    ),
    "services-helm with SAML": Scene("services-helm", {"login": [_SIGNING_SAML]}, ("samlPrivateKey",)),
    "services-helm with OIDC": Scene("services-helm", {"login": [_OIDC]}, ("oidcClientSecret",)),
    "services-helm with LDAP": Scene("services-helm", {"login": [_LDAP]}, (_LDAP_PASSWORD,)),
    **{
        f"services-helm with {title}": Scene(
            "services-helm", {"login": [{**login, "clientId": "chat"}]}, (secret,)
        )
        for title, login, secret in _BUILT_IN
    },
    "services-helm with rules": Scene(
        "services-helm",
        {
            "chat.retention": {"channelsDays": 365},
            "chat.legal": {"terms": "<p>Terms</p>"},
            "chat.federation": {"domain": "chat.example.com"},
            "chat.conferences": {"provider": "jitsi"},
            "accounts.passwords": {"minLength": 16},
        },
    ),
    "services-helm with a proxy": Scene(
        "services-helm",
        {"container": {"secretVariables": ["GIPHY_KEY"], "proxy": _PROXY}},
        ("containerVariables",),
    ),
    "soluvas-lightsail with a role": Scene("soluvas-lightsail", {"aws": {"assumeRole": _ROLE}}),
    "services-helm on OpenShift": Scene(
        "services-helm", {"runtime.clusterDns": {"namespace": "openshift-dns", "port": 5353}}
    ),
    "services-helm on its nodes": Scene(
        "services-helm",
        {"runtime.nodes": {"selector": {"pool": "chat"}, "tolerations": [{"key": "dedicated"}]}},
    ),
    "services-helm with a font": Scene("services-helm", {"appearance": {"fonts": [_FONT]}}),
    "family-host with a lock": Scene("family-host", {"backup.objectLock": {"days": 20}}),
    "services-helm with a role": Scene("services-helm", {"accounts.roles": [_ROLE_OF_USERS]}),
    "services-helm with a mirror": Scene(
        "services-helm",
        {"images": {"username": "robot"}, "charts": {"source": "https://charts.example.com"}},
        ("registryPassword",),
    ),
    "services-helm with a private mirror": Scene(
        "services-helm",
        {"charts": {"source": "https://charts.example.com", "username": "robot"}},
        ("chartsPassword",),
    ),
    "family-host with a bot": Scene(
        "family-host",
        {"bot": _BOT, "chat.administrator": {"email": "ops@family.example"}},
        ("botPassword", "botKeys"),
    ),
    "lovia-fargate with a bot": Scene("lovia-fargate", {"bot": _BOT}, ("botPassword", "botKeys")),
    "services-helm with a bot": Scene("services-helm", {"bot": _BOT}, ("botPassword", "botKeys")),
    "family-host as a trial": Scene("family-host", {"chat.profile": "trial"}),
    "family-host on Lightsail": Scene("family-host", {"runtime": {"kind": "lightsail", "sshKey": _SSH_KEY}}),
    "lovia-fargate as a trial": Scene("lovia-fargate", {"chat.profile": "trial"}),
    "lovia-fargate in an existing network": Scene(
        "lovia-fargate",
        {"runtime.network": _VPC, "runtime.balancer": {"kind": "existing", "listener": _LISTENER}},
    ),
    "lovia-doks with its own database": Scene(
        "lovia-doks", {"database": {"kind": "in-cluster", "name": "lovia_chat_doks"}}
    ),
    "lovia-doks with microservices": Scene("lovia-doks", {"runtime.topology": "microservices"}, ("license",)),
    "soluvas-lightsail with Apple's push": Scene(
        "soluvas-lightsail", secrets=("apnKey", "apnCertificate", "apnPassphrase")
    ),
    "soluvas-lightsail with another CDN": Scene(
        "soluvas-lightsail", {"media.cdn": {"kind": "external", "host": "bunny.soluvas.com"}}
    ),
    "services-fargate on a shared cluster": Scene(
        "services-fargate",
        {
            "database": {
                **_SHARED,
                "privateLink": True,
                "endpoint": {"id": _ATLAS_ID, "service": _SERVICE},
            }
        },
    ),
}
"""The committed stacks, and what none of them has."""

_SMALLEST = (
    "services-helm",
    "local",
    "family-host",
    "soluvas-lightsail",
    "lovia-doks",
    "lovia-fargate",
    "lovia-fargate-cdn",
    "services-fargate",
)
"""Committed stacks by the number of their resources: a key is tried on the first one that it can stand in."""
_EVERYWHERE = ("family-host", "soluvas-lightsail", "lovia-doks", "lovia-fargate")
"""Where keys of the chat itself are tried: they mean something else to each runtime."""


@dataclass(frozen=True)
class Trial:
    """One change of one key."""

    key: Key
    scene: str
    to: Any
    also: Mapping[str, Any] = field(default_factory=dict)
    """What must be changed with it, by dotted path."""
    more: tuple[str, ...] = ()
    """Secrets that must be given with it."""

    @property
    def of(self) -> Any:
        """The value that the key has in the scene's file; ABSENT where it is left out."""
        return given(self.scene, self.key)

    def values(self) -> Values:
        """Return the scene's values with the change."""
        return self.apply(scene_values(self.scene))

    def apply(self, values: Values) -> Values:
        """Return values with the change."""
        made = deepcopy(values)
        if not self.key.secret:
            put(made, self.key.path, self.to)
        for path, value in self.also.items():
            put(made, dotted(path), value)
        return made

    def secrets(self) -> frozenset[str]:
        """Return the full keys of the secrets that are set after the change."""
        before = scene_secrets(self.scene) | {f"{NAMESPACE}:{secret}" for secret in self.more}
        if not self.key.secret:
            return before
        return before - {self.key.alias} if self.to is ABSENT else before | {self.key.alias}

    @property
    def renewed(self) -> str:
        """The full key of a secret that is given another value; empty where none is."""
        alias = self.key.alias
        return alias if self.key.secret and alias in scene_secrets(self.scene) & self.secrets() else ""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells it from other trials: that of its row."""
        return self.key.name, self.scene, self.from_to

    @property
    def from_to(self) -> str:
        """The change in words."""
        if self.key.secret:
            before = "given" if self.key.alias in scene_secrets(self.scene) else shown(ABSENT)
            after = shown(ABSENT) if self.to is ABSENT else "given" if before != "given" else "another"
            return f"{before} → {after}"
        told = f"{shown(self.of)} → {shown(self.to)}"
        others = [
            path
            for path in self.also
            if dotted(path)[: len(self.key.path)] != self.key.path[: len(dotted(path))]
        ]
        return f"{told} (with {', '.join([*others, *self.more])})" if others or self.more else told


def shown(value: Any) -> str:
    """Return a value as tables show it: short, without line breaks."""
    if isinstance(value, Mapping):
        return (
            str(value["kind"])
            if "kind" in value
            else ", ".join(f"{key}: {shown(one)}" for key, one in value.items())
        )
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    text = " ".join(str(value).split())
    return text if len(text) <= 32 else f"{text[:14]}…{text[-14:]}"


@cache
def _scene(name: str) -> tuple[Values, frozenset[str]]:
    scene = SCENES[name]
    found = files.read(scene.stack)
    values = deepcopy(dict(found.values))
    for path, value in scene.sets.items():
        put(values, dotted(path), value)
    return values, found.secure | {f"{NAMESPACE}:{secret}" for secret in scene.secrets}


def scene_values(name: str) -> Values:
    """Return the plain values of a scene, free to be changed."""
    return deepcopy(_scene(name)[0])


def scene_secrets(name: str) -> frozenset[str]:
    """Return the full keys of the secrets of a scene."""
    return _scene(name)[1]


@contextlib.contextmanager
def fonts() -> Iterator[None]:
    """Stand around whatever reads the scenes' files: fonts and pictures are looked for beside stack files."""
    with tempfile.TemporaryDirectory() as folder:
        for name in (FONT, f"other-{FONT}"):
            (Path(folder) / name).write_bytes(b"wOF2" + name.encode())
        (Path(folder) / LOGO).write_text("<svg/>", encoding="utf-8")
        with mock.patch("stacks.beside.FOLDER", Path(folder)):
            yield


@cache
def spec_of(scene: str) -> ChatSpec:
    """Return what a scene's file says, checked."""
    values, secrets = _scene(scene)
    with fonts():
        return parse(values, secrets, source=scene)


def given(scene: str, key: Key) -> Any:
    """Return the value of a key in a scene's file; ABSENT where it is left out."""
    inside: Any = scene_values(scene)
    for step in key.path:
        if isinstance(step, int):
            inside = inside[step] if isinstance(inside, list) and inside else inside or ABSENT
            continue
        if not isinstance(inside, Mapping) or step not in inside:
            return ABSENT
        inside = inside[step]
    return ABSENT if inside == [] and not key.info else inside


def dotted(path: str) -> tuple[str | int, ...]:
    """Return the steps of a dotted path; its first one gets the namespace."""
    first, *rest = path.split(".")
    return (first if ":" in first else f"{NAMESPACE}:{first}", *rest)


def put(values: Values, path: Sequence[str | int], value: Any) -> None:
    """Write a value at a path, and make what is missing on the way."""
    inside: Any = values
    *way, last = path
    for step, following in zip(way, path[1:], strict=True):
        if isinstance(step, int):
            inside = inside[step]
            continue
        if isinstance(following, int):
            found = inside.get(step)
            inside[step] = [found] if isinstance(found, Mapping) else list(found or [])
            if following == last and value is ABSENT:
                inside[step] = []
                return
            inside[step] = inside[step] or [{}]
        inside = inside.setdefault(step, {})
    if value is ABSENT:
        inside.pop(last, None)
    else:
        inside[last] = deepcopy(value)


_To = tuple[str, Any, Mapping[str, Any], tuple[str, ...]]
_IN_EUROPE: Mapping[str, Any] = {"aws:region": "eu-central-1"}


def _to(scene: str, value: Any, secrets: tuple[str, ...] = (), **also: Any) -> _To:
    return scene, value, {path.replace("__", "."): one for path, one in also.items()}, secrets


def _on(value: Any, *scenes: str) -> list[_To]:
    return [_to(scene, value) for scene in scenes]


BY_HAND: Mapping[str, Sequence[_To] | Any] = {
    # The value alone, or a list of scene, value, and what must be changed with it.
    "aws:region": _on(
        "eu-central-1",
        "family-host",
        "soluvas-lightsail",
        "lovia-doks",
        "lovia-fargate",
        "lovia-fargate as a trial",
    ),
    "chat.host": [
        _to("family-host", "talk.family.example"),
        _to("soluvas-lightsail", "talk.soluvas.com"),
        _to("lovia-doks", "talk.lovia.life"),
        _to("lovia-fargate", "talk.lovia.life"),
    ],
    "chat.release": [
        _to("local at an earlier release", "8.9.0"),
        _to("local", "8.5.1"),
        _to("local", "8.5.1", chat__upgradeFrom="8.9.0"),
        _to("family-host", "8.5.1"),
        _to("soluvas-lightsail", "8.5.1"),
        _to("lovia-doks", "8.5.1"),
        _to("lovia-fargate", "8.5.1"),
    ],
    "chat.upgradeFrom": [_to("local", "8.5.1"), _to("local", "7.10.0")],
    "chat.users": [
        _to("family-host", 60),
        _to("family-host on Lightsail", 60),
        _to("soluvas-lightsail", 20),
        _to("lovia-doks", 20),
        _to("lovia-fargate", 500),
    ],
    "chat.profile": [
        _to("family-host", "trial"),
        _to("family-host as a trial", "production"),
        _to("lovia-fargate", "trial"),
        _to("lovia-fargate as a trial", "production"),
        _to("local", "production"),
    ],
    "chat.siteName": "Chat",
    "chat.language": "id",
    "chat.administrator": [
        _to("family-host", {"email": "me@family.example"}),
        _to("family-host with a bot", ABSENT),
    ],
    "chat.administrator.email": "me@family.example",
    "chat.administrator.username": "chief",
    "chat.administrator.name": "The Chief",
    "runtime.kind": [
        _to("lovia-fargate", {"kind": "lightsail", "sshKey": _SSH_KEY}, database__privateLink=ABSENT),
        _to("lovia-fargate", {"kind": "droplet", "sshKey": _SSH_KEY, "region": "sgp1"}),
        _to("lovia-fargate", {"kind": "doks", "cluster": "k8s-lovia-sg", "region": "sgp1"}),
        _to("family-host", {"kind": "lightsail", "sshKey": _SSH_KEY}),
        _to("family-host", {"kind": "fargate"}),
        _to("family-host as a trial", {"kind": "lightsail", "sshKey": _SSH_KEY}),
        _to("lovia-doks", {"kind": "fargate", "network": {"nat": "one"}}, database__accessList=True),
        _to("services-helm", {"kind": "doks", "cluster": "k8s-example", "region": "sgp1"}, mail__port=2525),
        _to(
            "lovia-doks with its own database",
            {
                "kind": "kubernetes",
                "context": "other",
                "ingress": {"kind": "class", "name": "traefik", "issuer": "le"},
            },
            edge={"kind": "direct"},
        ),
    ],
    "runtime(fargate).topology": [_to("services-fargate", "monolith"), _to("lovia-fargate", "microservices")],
    "runtime(fargate).cpu": [_to("lovia-fargate", 4096, runtime__memory=8192)],
    "runtime(fargate).memory": [_to("lovia-fargate", 6144)],
    "runtime(fargate).instances": [_to("services-fargate", 3)],
    "runtime(fargate).maxInstances": [_to("services-fargate", 6)],
    "runtime(fargate).logDays": 90,
    "runtime(fargate).network.kind": [
        _to("lovia-fargate", _VPC, database__privateLink=False),
        _to("lovia-fargate in an existing network", ABSENT, runtime__balancer=ABSENT),
    ],
    "runtime(fargate).network(new).cidr": "10.99.0.0/20",
    "runtime(fargate).network(new).endpoints": ["secretsmanager"],
    "runtime(fargate).network(new).avoid": ["10.99.0.0/16"],
    "runtime(fargate).network(existing).vpc": "vpc-0fedcba9876543210",
    "runtime(fargate).network(existing).publicSubnets": [
        _to("lovia-fargate in an existing network", ["subnet-0123456789abcdef7", "subnet-0123456789abcdef8"])
    ],
    "runtime(fargate).network(existing).taskSubnets": ["subnet-0123456789abcdef3"],
    "runtime(fargate).network(existing).egressAddresses": ["203.0.113.10"],
    "runtime(fargate).balancer.kind": [
        _to("lovia-fargate in an existing network", ABSENT),
        _to("lovia-fargate", {"kind": "existing", "listener": _LISTENER}),
    ],
    "runtime(fargate).balancer(new).certificate": (
        "arn:aws:acm:ap-southeast-1:123456789012:certificate/0123abcd-4567-89ef-0123-456789abcdef"
    ),
    "runtime(fargate).balancer(new).allowFrom": ["203.0.113.0/24"],
    "runtime(fargate).balancer(existing).listener": _LISTENER.replace("f2f7dc8efc522ab2", "0123456789abcdef"),
    "runtime(fargate).balancer(existing).priority": 77,
    "runtime(kubernetes).namespace": _on("talk", "services-helm", "local", "local in production"),
    "runtime(kubernetes).name": _on("talk", "services-helm", "local in production"),
    "runtime(kubernetes).services.account": 3,
    "runtime(kubernetes).services.authorization": 3,
    "runtime(kubernetes).services.ddpStreamer": 3,
    "runtime(kubernetes).services.presence": 3,
    "runtime(kubernetes).cpu": 2048,
    "runtime(kubernetes).memory": 4096,
    "runtime(fargate).egressPorts": [8443],
    "runtime(fargate).network(new).zoneNames": [_to("lovia-fargate", ["ap-southeast-1b", "ap-southeast-1c"])],
    "runtime(kubernetes).egressPorts": [8443],
    "runtime(kubernetes).context": [
        _to("services-helm", "other"),
        _to("local", "kind-other"),
    ],
    "runtime(kubernetes).ingress.kind": [
        _to(
            "services-helm with a gateway", {"kind": "class", "name": "traefik", "issuer": "letsencrypt-prod"}
        ),
        _to("local", {"kind": "gateway"}),
        _to(
            "services-helm with a gateway",
            {
                "kind": "gateway-existing",
                "name": "public",
                "namespace": "gateways",
                "address": "203.0.113.10",
            },
        ),
        _to("services-helm with a gateway", {"kind": "none"}, dns=ABSENT),
    ],
    "runtime(kubernetes).ingress(gateway).gatewayClass": "traefik",
    "runtime(kubernetes).ingress(gateway).issuer": "letsencrypt-prod",
    "runtime(kubernetes).ingress(gateway-existing).name": "other",
    "runtime(kubernetes).ingress(gateway-existing).namespace": "other",
    "runtime(kubernetes).ingress(gateway-existing).listener": "chat",
    "runtime(kubernetes).ingress(gateway-existing).address": [
        _to("services-helm at a gateway that is there", "203.0.113.11"),
        _to("services-helm at a gateway that is there", ABSENT),
    ],
    "runtime(kubernetes).ingress(class).name": "haproxy",
    "runtime(kubernetes).ingress(class).issuer": "letsencrypt",
    "runtime(kubernetes).ingress(class).tlsSecret": [
        _to("services-helm", "chat-tls", runtime__ingress__issuer=ABSENT)
    ],
    "runtime(kubernetes).ingress(class).address": [
        _to("services-helm", "203.0.113.11"),
        _to("services-helm", ABSENT),
    ],
    "runtime(kubernetes).maxInstances": [_to("services-helm", 4)],
    "runtime(doks).maxInstances": [_to("lovia-doks with microservices", 3)],
    "runtime(kubernetes).podAnnotations": [_to("services-helm", {"sidecar.istio.io/inject": "false"})],
    "runtime(doks).podAnnotations": [_to("lovia-doks", {"sidecar.istio.io/inject": "false"})],
    "runtime(kubernetes).nodes": _on(
        {"selector": {"pool": "chat"}, "tolerations": [{"key": "dedicated"}]}, "services-helm", "local"
    ),
    "runtime(kubernetes).nodes.selector": [_to("services-helm on its nodes", {"pool": "other"})],
    "runtime(kubernetes).nodes.tolerations": [_to("services-helm on its nodes", {"key": "spot"})],
    "runtime(kubernetes).nodes.tolerations.key": [_to("services-helm on its nodes", "spot")],
    "runtime(kubernetes).nodes.tolerations.value": [_to("services-helm on its nodes", "chat")],
    "runtime(kubernetes).nodes.tolerations.effect": [_to("services-helm on its nodes", "NoSchedule")],
    "runtime(kubernetes).nodes.apart": [_to("services-helm on its nodes", "zones")],
    "runtime(kubernetes).clusterDns": {"namespace": "openshift-dns", "port": 5353},
    "runtime(kubernetes).clusterDns.namespace": [_to("services-helm on OpenShift", "other-dns")],
    "runtime(kubernetes).clusterDns.port": [_to("services-helm on OpenShift", 5354)],
    "runtime(kubernetes).ingress(class).annotations": {
        "traefik.ingress.kubernetes.io/router.middlewares": "a-b@kubernetescrd"
    },
    "runtime(kubernetes).egressAddresses": ["203.0.113.21"],
    "runtime(doks).namespace": _on("talk", "lovia-doks", "lovia-doks with its own database"),
    "runtime(doks).name": "talk",
    "runtime(doks).topology": [
        _to("lovia-doks with microservices", "monolith"),
        _to("lovia-doks", "microservices"),
    ],
    "runtime(doks).instances": [_to("lovia-doks with microservices", 2)],
    "runtime(doks).services.account": [_to("lovia-doks with microservices", 3), _to("lovia-doks", 2)],
    "runtime(doks).services.authorization": [_to("lovia-doks with microservices", 3)],
    "runtime(doks).services.presence": [_to("lovia-doks with microservices", 3)],
    "runtime(doks).services.ddpStreamer": [_to("lovia-doks with microservices", 3)],
    "runtime(doks).nat": _on(False, "lovia-doks with its own database", "lovia-doks"),
    "runtime(doks).cpu": 512,
    "runtime(doks).memory": 1536,
    "runtime(doks).egressPorts": [8443],
    "runtime(droplet).egressPorts": [8443],
    "runtime(doks).cluster": _on("k8s-lovia-sg-2", "lovia-doks", "lovia-doks with its own database"),
    "runtime(doks).region": _on("fra1", "lovia-doks", "lovia-doks with its own database"),
    "runtime(doks).version": [
        _to("lovia-doks", "1.35"),
        _to("lovia-doks", "1.37.0-do.0", runtime__autoUpgrade=False),
        _to("lovia-doks", "1.35.1-do.0", runtime__autoUpgrade=False),
    ],
    "runtime(doks).nodeSize": _on("s-4vcpu-8gb", "lovia-doks", "lovia-doks with its own database"),
    "runtime(doks).maintenanceTime": "19:00",
    "runtime(doks).network": _on("10.50.0.0/20", "lovia-doks", "lovia-doks with its own database"),
    "runtime(doks).podNetwork": "10.60.0.0/16",
    "runtime(doks).serviceNetwork": "10.61.0.0/19",
    "runtime(lightsail).sshKey": [
        _to("soluvas-lightsail", _SSH_KEY),
        _to("family-host on Lightsail", _SSH_KEY[:-1]),
    ],
    "runtime(lightsail).allowFrom": ["203.0.113.0/24"],
    "runtime(lightsail).sshFrom": ["203.0.113.0/24"],
    "runtime(lightsail).diskGb": _on(32, "soluvas-lightsail", "family-host on Lightsail"),
    "runtime(lightsail).size": [
        _to("soluvas-lightsail", "large_3_0"),
        _to("family-host on Lightsail", "xlarge_3_0"),
    ],
    "runtime(lightsail).zone": _on("b", "soluvas-lightsail", "family-host on Lightsail"),
    "runtime(droplet).sshKey": _on(_SSH_KEY, "family-host", "family-host as a trial"),
    "runtime(droplet).allowFrom": ["203.0.113.0/24"],
    "runtime(droplet).sshFrom": ["203.0.113.0/24"],
    "runtime(droplet).diskGb": [
        _to("family-host", 20),
        _to("family-host", 8),
        _to("family-host as a trial", 20),
    ],
    "runtime(droplet).generation": _on(2, "family-host", "family-host as a trial"),
    "runtime(droplet).region": _on("fra1", "family-host", "family-host as a trial"),
    "runtime(droplet).size": [_to("family-host", "s-4vcpu-8gb")],
    "database.kind": [
        _to("lovia-fargate", _SHARED),
        _to("lovia-fargate", {"kind": "uri", "version": "8.0"}, ("mongodbUri",)),
        _to("lovia-fargate as a trial", {"kind": "uri", "version": "8.0"}, ("mongodbUri",)),
        _to("lovia-fargate as a trial", _SHARED),
        _to("soluvas-lightsail", {"kind": "atlas", "organization": _ATLAS_ID, "cluster": "soluvas"}),
        _to("soluvas-lightsail", {"kind": "on-host"}),
        _to("family-host", _SHARED),
        _to("local", {"kind": "uri", "version": "8.0"}, ("mongodbUri",)),
        _to("local in production", {"kind": "uri", "version": "8.0"}, ("mongodbUri",)),
        _to("services-helm", {"kind": "in-cluster"}),
        _to("lovia-fargate", {"kind": "in-cluster"}),
    ],
    "database(atlas).organization": _on(_ATLAS_ID, "lovia-fargate", "lovia-fargate as a trial"),
    "database(atlas).project": [
        _to("lovia-fargate", _ATLAS_ID, database__organization=ABSENT),
        _to("lovia-fargate as a trial", _ATLAS_ID, database__organization=ABSENT),
    ],
    "database(atlas).cluster": _on("lovia-sg-2", "lovia-fargate", "lovia-fargate as a trial"),
    "database(atlas).name": _on("other_chat", "lovia-fargate", "lovia-fargate as a trial"),
    "database(atlas).version": "8.0",
    "database(atlas).tier": "M20",
    "database(atlas).maxTier": "M60",
    "database(atlas).diskGb": 200,
    "database(atlas).region": [
        _to("lovia-fargate", "us-east-1", database__privateLink=False),
        _to("lovia-fargate", "us-east-1"),
    ],
    "database(atlas).allow": ["203.0.113.77"],
    "database(atlas-existing).stack": [
        _to("lovia-doks", "lovia-fargate", database__project=ABSENT, database__cluster=ABSENT)
    ],
    "database(atlas-existing).project": _ATLAS_ID,
    "database(atlas-existing).cluster": "lovia-sg-2",
    "database(atlas-existing).name": "other_chat",
    "database(atlas-existing).user": _on("other-chat", "soluvas-lightsail", "lovia-doks"),
    "database(atlas-existing).version": [_to("soluvas-lightsail", ABSENT), _to("soluvas-lightsail", "7.0")],
    "database(atlas-existing).privateLink": [
        _to("services-fargate on a shared cluster", False, database__endpoint=ABSENT)
    ],
    "database(atlas-existing).endpoint": [_to("services-fargate on a shared cluster", ABSENT)],
    "database(atlas-existing).endpoint.id": "5f0c1d2e3b4a59687f6e5d4f",
    "database(atlas-existing).endpoint.service": _SERVICE.replace("f0", "f1"),
    "database(uri).version": [_to("services-helm", "8.0.4"), _to("services-helm", "7.0")],
    "database(in-cluster).name": _on("other", "local", "local in production"),
    "database(in-cluster).version": [_to("local", "8.0"), _to("local", "7.0")],
    "database(in-cluster).members": _on(3, "local", "local in production"),
    "database(in-cluster).diskGb": [
        _to("local", 20),
        _to("local in production", 20),
        _to("local in production", 5),
    ],
    "database(in-cluster).memory": _on(2048, "local", "local in production"),
    "database(in-cluster).storageClass": _on("fast", "local", "local in production"),
    "database(on-host).name": _on("other", "family-host", "family-host as a trial"),
    "database(on-host).version": [_to("family-host", "8.0"), _to("family-host", "7.0")],
    "media.kind": [
        _to("lovia-fargate", {"kind": "spaces", "bucket": "media-lovia", "region": "sgp1"}),
        _to("lovia-fargate", {"kind": "gridfs"}),
        _to("lovia-fargate as a trial", {"kind": "gridfs"}),
        _to("lovia-fargate", {"kind": "host"}),
        _to("family-host", {"kind": "s3", "bucket": "media.family.example"}),
        _to("family-host", {"kind": "gridfs"}),
        _to("services-helm", {"kind": "spaces", "bucket": "media-example", "region": "sgp1"}),
        _to("services-helm with Spaces", {"kind": "gridfs"}),
        _to("local", {"kind": "s3", "bucket": "media.chat.example.com"}, **_IN_EUROPE),
        _to("soluvas-lightsail", {"kind": "s3-existing", "bucket": "media-there"}),
    ],
    "media(s3).bucket": [
        _to("soluvas-lightsail", "other.soluvas.com"),
        _to("lovia-fargate as a trial", "other.lovia.life"),
    ],
    "media(s3).cdn.kind": [
        _to("soluvas-lightsail", {"kind": "external", "host": "bunny.soluvas.com"}),
        _to("soluvas-lightsail", ABSENT),
        _to("soluvas-lightsail with another CDN", {"kind": "cloudfront", "host": "media-chat.soluvas.com"}),
    ],
    "media(s3).cdn(cloudfront).host": "files.soluvas.com",
    "media(s3).cdn(external).host": "files.soluvas.com",
    "media(spaces).bucket": "other-example",
    "media(s3-existing).bucket": "other-there",
    "media(s3-existing).kmsKey": (
        "arn:aws:kms:eu-central-1:123456789012:key/0123abcd-4567-89ef-0123-456789abcdef"
    ),
    "media(s3-compatible).endpoint": "https://files.example.com",
    "media(s3-compatible).bucket": "other",
    "media(s3-compatible).region": "fr-par",
    **{
        f"media({kind}).{key}": ["image/*"]
        for kind in models("media")
        for key in ("allowedTypes", "refusedTypes")
    },
    "dns.kind": [
        _to("services-helm", {"kind": "route53", "zone": "example.com"}, **_IN_EUROPE),
        _to("services-helm", ABSENT),
        _to("services-helm with Route 53", {"kind": "cloudflare", "zone": "example.com"}),
        _to("family-host", {"kind": "route53", "zone": "family.example"}),
    ],
    "dns(cloudflare).zone": [
        _to("family-host", "chat.family.example"),
        _to("services-helm", "chat.example.com"),
    ],
    "dns(cloudflare).zoneId": "fedcba98765432100123456789abcdef",
    "dns(cloudflare).proxied": _on(True, "lovia-fargate", "family-host"),
    "dns(cloudflare).originPullCertificate": [
        _to("lovia-fargate behind the proxy", _CHAIN, ("originPullKey",)),
        _to("lovia-fargate known by a certificate", ABSENT),
    ],
    "originPullKey": [_to("lovia-fargate known by a certificate", "another")],
    "dns(route53).zone": [_to("services-helm with Route 53", "chat.example.com")],
    "dns(route53).zoneId": "Z0123456789ABCDEFGHIJ",
    "dns(route53).aws": [_to("services-helm with Route 53", {"assumeRole": _OTHERS_ROLE})],
    "dns(route53).aws.profile": [_to("services-helm with a zone elsewhere", "corp")],
    "dns(route53).aws.assumeRole": [_to("services-helm with a zone elsewhere", _OTHERS_ROLE)],
    "dns(route53).aws.assumeRole.arn": [_to("services-helm with a zone elsewhere", _ROLE["arn"] + "2")],
    "dns(route53).aws.assumeRole.externalId": [_to("services-helm with a zone elsewhere", "lovia")],
    "dns(route53).aws.assumeRole.sessionName": [_to("services-helm with a zone elsewhere", "chat")],
    "dns(route53).aws.allowedAccounts": [_to("services-helm with a zone elsewhere", ["123456789012"])],
    "dns(manual).zone": [_to("services-helm with DNS by hand", "chat.example.com")],
    "dns(digitalocean).zone": [_to("services-helm with DNS at DigitalOcean", "chat.example.com")],
    "edge.kind": [_to("lovia-fargate", {"kind": "cloudfront"}), _to("lovia-doks", {"kind": "direct"})],
    "mail.kind": [
        _to("soluvas-lightsail", {**_SMTP, "from": "chat@example.com"}),
        _to("family-host", {"kind": "ses", "domain": "family.example", "from": "chat@family.example"}),
        _to("family-host", ABSENT),
        _to("lovia-doks", {"kind": "ses", "domain": "lovia.life", "from": "chat@lovia.life"}),
    ],
    "mail(ses).domain": [_to("soluvas-lightsail", "mail.soluvas.com", mail__from="chat@mail.soluvas.com")],
    "mail(ses).from": "Chat <talk@soluvas.com>",
    "mail(ses).region": "us-east-1",
    "mail(ses).dmarcReports": "dmarc@soluvas.com",
    "mail(ses-existing).domain": [_to("lovia-doks", "mail.lovia.life", mail__from="chat@mail.lovia.life")],
    "mail(ses-existing).from": [_to("lovia-doks", "Chat <talk@lovia.life>")],
    "mail(ses-existing).region": [_to("lovia-doks", "us-east-1")],
    "mail(smtp).host": "mail.example.com",
    "mail(smtp).port": 2525,
    "mail(smtp).username": "other",
    "mail(smtp).from": "Chat <talk@example.com>",
    "mail(smtp).domain": "example.com",
    "login.kind": [
        _to("services-helm with SAML", _OIDC, ("oidcClientSecret",)),
        _to("services-helm with OIDC", _SAML),
        _to("services-helm with LDAP", _OIDC, ("oidcClientSecret",)),
        _to("lovia-fargate", ABSENT, accounts__loginForm=True),
    ],
    "login(oidc).preset": [
        _to("services-helm with OIDC", "keycloak", login=[{**_OIDC, "preset": "keycloak", "realm": "lovia"}])
    ],
    **{f"media({kind}).maxFileMb": 500 for kind in models("media")},
    "login(oidc).name": "Sign",
    "login(oidc).url": "https://id.example.com",
    "login(oidc).clientId": "other",
    "login(oidc).realm": [
        _to("services-helm with OIDC", "lovia", login=[{**_OIDC, "preset": "keycloak", "realm": "lovia"}])
    ],
    "login(oidc).tokenPath": "/token",
    "login(oidc).identityPath": "/me",
    "login(oidc).authorizePath": "/authorize",
    "login(oidc).scope": "openid",
    "login(oidc).buttonText": "Go",
    "login(oidc).usernameField": "nick",
    "login(oidc).mergeRoles": [_to("lovia-doks", True, ("license",)), _to("lovia-doks", True)],
    "login(oidc).rolesField": [
        _to(
            "services-helm with OIDC",
            "groups",
            login=[{**_OIDC, "mergeRoles": True, "rolesField": "groups"}],
        )
    ],
    "login(oidc).tokenSentVia": "payload",
    "login(oidc).identityTokenSentVia": "payload",
    "login(oidc).accessTokenParam": "token",
    "login(oidc).loginStyle": "popup",
    "login(oidc).buttonColor": "#112233",
    "login(oidc).buttonTextColor": "#112233",
    "login(oidc).nameField": "display_name",
    "login(oidc).emailField": "upn",
    "login(oidc).avatarField": "photo",
    "login(oidc).rolesToSync": [
        _to(
            "services-helm with OIDC",
            ["admin"],
            login=[{**_OIDC, "mergeRoles": True, "rolesToSync": ["admin"]}],
        )
    ],
    "login(oidc).groupsToChannels": {"ops": "operations"},
    "login(oidc).groupsField": [
        _to(
            "services-helm with OIDC",
            "teams",
            login=[{**_OIDC, "groupsToChannels": {"ops": "operations"}, "groupsField": "teams"}],
        )
    ],
    "login(oidc).channelsAdmin": [
        _to(
            "services-helm with OIDC",
            "ops",
            login=[{**_OIDC, "groupsToChannels": {"ops": "operations"}, "channelsAdmin": "ops"}],
        )
    ],
    "login(saml).fields": {"username": "uid"},
    "login(saml).defaultRoles": ["guest"],
    "login(saml).signatureAlgorithm": "SHA256",
    "login(saml).clockDriftMs": 5000,
    "login(saml).rolesField": "groups",
    "login(saml).identifierFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "login(ldap).host": "ldap2.example.com",
    "login(ldap).port": 3269,
    "login(ldap).encryption": "tls",
    "login(ldap).caCertificate": "MAMCAQE=",
    "login(ldap).baseDn": "OU=people,DC=example,DC=com",
    "login(ldap).bindDn": [_to("services-helm with LDAP", "other@example.com")],
    "login(ldap).userFilter": "(objectCategory=person)",
    "login(ldap).searchFields": ["mail"],
    "login(ldap).uniqueFields": ["objectGUID"],
    "login(ldap).usernameField": "mailNickname",
    "login(ldap).emailField": "proxyAddress",
    "login(ldap).nameField": "displayName",
    "login(ldap).defaultDomain": "example.com",
    "login(ldap).group": [_to("services-helm with LDAP", ABSENT)],
    "login(ldap).group.name": "others",
    "login(ldap).group.objectClass": "group",
    "login(ldap).group.idAttribute": "name",
    "login(ldap).group.memberAttribute": "member",
    "login(ldap).group.memberFormat": "#{userdn}",
    "login(ldap).sync": [_to("services-helm with LDAP", ABSENT)],
    "login(google).clientId": "other",
    "login(github).clientId": "other",
    "login(gitlab).clientId": "other",
    "login(gitlab).url": "https://git.example.com",
    "login(gitlab).identityPath": "/api/v3/user",
    "login(apple).clientId": "other",
    "login(apple).teamId": "ABCDE54321",
    "login(apple).keyId": "FGHIJ09876",
    "login(saml).name": "corp",
    "login(saml).entryPoint": "https://id.example.com/sso",
    "login(saml).logout": "https://idp.example.com/out",
    "login(saml).certificate": "MAMCAQI=",
    "login(saml).ownCertificate": "MAMCAQM=",
    "login(saml).buttonText": "Go",
    "chat.retention": {"channelsDays": 365},
    **{
        f"chat.retention.{key}": [_to("services-helm with rules", 30)]
        for key in ("channelsDays", "groupsDays", "directDays")
    },
    "chat.legal": {"terms": "<p>Terms</p>"},
    **{
        f"chat.legal.{key}": [_to("services-helm with rules", "<p>Other</p>")]
        for key in ("terms", "privacy", "notice")
    },
    "chat.federation": [
        _to("services-helm", {"domain": "chat.example.com"}),
        _to("lovia-fargate", {"domain": "lovia.life"}),
    ],
    "chat.conferences": {"provider": "jitsi"},
    "chat.conferences.provider": [_to("services-helm with rules", "bigbluebutton")],
    **{
        f"chat.conferences.{key}": [_to("services-helm with rules", False)]
        for key in ("channels", "groups", "teams", "direct", "ringing")
    },
    "chat.offline": [_to("services-helm", True)],
    "chat.federation.domain": [_to("services-helm with rules", "example.com")],
    "chat.federation.allow": [_to("services-helm with rules", ["matrix.org"])],
    "chat.tags": {"CostCenter": "4711"},
    "accounts.defaultRoles": ["guest"],
    "accounts.allowedDomains": ["example.com"],
    "accounts.blockedDomains": ["example.com"],
    "accounts.sessionDays": 7,
    "monitoring.dashboard": [_to("soluvas-lightsail", True)],
    "monitoring.uptime": [_to("soluvas-lightsail", True)],
    "backup.objectLock": [_to("family-host", {"days": 20}), _to("family-host with a lock", ABSENT)],
    "backup.objectLock.days": [_to("family-host with a lock", 30)],
    "accounts.roles": [
        _to("services-helm", _ROLE_OF_USERS),
        _to("services-helm with a role", ABSENT),
    ],
    "accounts.roles.name": "guest",
    "accounts.roles.secondFactor": [_to("services-helm with a role", True)],
    "accounts.roles.grant": ["create-team"],
    "accounts.roles.revoke": ["mention-here"],
    "accounts.passwords": {"minLength": 20},
    **{
        f"accounts.passwords.{key}": [_to("services-helm with rules", value)]
        for key, value in (
            ("minLength", 20),
            ("maxLength", 64),
            ("forbidRepeating", 2),
            ("lowercase", False),
            ("uppercase", False),
            ("number", False),
            ("specialCharacter", False),
            ("history", 5),
        )
    },
    "container.variables": {"TZ": "Europe/Berlin"},
    "container.secretVariables": [_to("services-helm", ["GIPHY_KEY"], ("containerVariables",))],
    "container.proxy": _on(_PROXY, "services-helm", "lovia-fargate"),
    "container.proxy.url": [_to("services-helm with a proxy", "http://other.example.com:3128")],
    "container.proxy.direct": [_to("services-helm with a proxy", [".corp.example.com"])],
    "container.certificates": _on([_AUTHORITY], "services-helm", "lovia-fargate"),
    "container.heapMb": 1024,
    "containerVariables": [_to("services-helm with a proxy", "another")],
    "aws.profile": [_to("soluvas-lightsail", "corp")],
    "aws.assumeRole": [_to("soluvas-lightsail", _ROLE)],
    "aws.assumeRole.arn": [_to("soluvas-lightsail with a role", _ROLE["arn"] + "2")],
    "aws.assumeRole.externalId": [_to("soluvas-lightsail with a role", "lovia")],
    "aws.assumeRole.sessionName": [_to("soluvas-lightsail with a role", "chat")],
    "aws.allowedAccounts": [_to("soluvas-lightsail", ["123456789012"])],
    "accounts.loginForm": [_to("lovia-fargate", True)],
    "push.kind": [
        _to("soluvas-lightsail", {"kind": "gateway"}),
        _to("family-host", {"kind": "gateway"}),
        _to("lovia-doks", {"kind": "none"}),
        _to("services-helm", {"kind": "own"}, ("fcmServiceAccount",)),
    ],
    "backup.dumps": [_to("lovia-fargate", True)],
    "backup.restoreWindowDays": [_to("lovia-fargate", 3)],
    "backup.bucket": [
        _to("family-host", "other-chat-family-example"),
        _to("family-host", ABSENT),
        _to("family-host as a trial", "other-chat-family-example"),
        _to("lovia-fargate", "backups-lovia"),
    ],
    "backup.keepDays": [_to("family-host", 90)],
    "backup.hour": [_to("family-host", 3)],
    "backup.dailyDays": [_to("lovia-fargate", 20)],
    "backup.weeklyWeeks": [_to("lovia-fargate", 10)],
    "backup.monthlyMonths": [_to("lovia-fargate", 6)],
    "bot": [
        _to("family-host", _BOT, ("botPassword", "botKeys")),
        _to("family-host with a bot", ABSENT),
        _to("lovia-fargate", _BOT, ("botPassword", "botKeys")),
        _to("lovia-fargate with a bot", ABSENT),
        _to("services-helm", _BOT, ("botPassword", "botKeys")),
    ],
    "bot.image": "rocketchat/hubot-rocketchat:v1.0.0",
    "bot.uid": _on(1001, "family-host with a bot", "lovia-fargate with a bot", "services-helm with a bot"),
    "bot.username": "friday",
    "bot.name": "Friday",
    "bot.rooms": ["general"],
    "bot.scripts": ["hubot-help"],
    "bot.keys": ["NEWS_KEY"],
    "monitoring.alarmEmails": [
        _to("soluvas-lightsail", ["ops@soluvas.com", "me@soluvas.com"]),
        _to("lovia-fargate", ["ops@lovia.life", "me@lovia.life"]),
        _to("lovia-fargate", ABSENT),
    ],
    "monitoring.monthlyBudgetUsd": [_to("soluvas-lightsail", 80), _to("lovia-fargate", 300)],
    "cost.assume": {"messages": "20-40"},
    "cost.prices": {"mongodbatlas.M20": 0.25},
    "appearance.css": ".a { color: red }",
    "appearance.fonts": [_to("services-helm with a font", ABSENT), _to("services-helm", _FONT)],
    "appearance.fonts.family": "Open Sans",
    "appearance.fonts.file": f"other-{FONT}",
    "appearance.homeTitle": "Welcome",
    "appearance.assets": {"logo": LOGO},
    "images.registry": _on("registry.example.com/mirror", "family-host", "lovia-fargate", "services-helm"),
    "images.username": [
        _to("family-host", "robot", ("registryPassword",)),
        _to("lovia-fargate", "robot", ("registryPassword",)),
        _to("services-helm", "robot", ("registryPassword",)),
    ],
    "images.pinned": [_to("family-host", ["registry.example.com/base/caddy:2.11.7"])],
    "charts": _on({"source": "oci://registry.example.com/charts"}, "services-helm", "lovia-fargate"),
    "charts.source": [_to("services-helm with a mirror", "oci://registry.example.com/charts")],
    "charts.username": [_to("services-helm with a mirror", "robot", ("chartsPassword",))],
    "charts.version": [_to("services-helm with a mirror", "7.0.1")],
    "settings": [
        _to("family-host", {"Message_AllowEditing": False}),
        _to("lovia-fargate", {"Log_Level": "0"}),
    ],
    "license": [_to("services-helm", "another"), _to("lovia-fargate", "given"), _to("services-helm", ABSENT)],
    "registrationToken": "given",
    "mongodbUri": "another",
    "kubeconfig": "given",
    "mediaAccessKeyId": [_to("services-helm with MinIO", "another")],
    "mediaSecretAccessKey": [_to("services-helm with MinIO", "another")],
    "smtpPassword": "another",
    "oidcClientSecret": [_to("services-helm with OIDC", "another")],
    "samlPrivateKey": [_to("services-helm with SAML", "another")],
    "fcmServiceAccount": [_to("soluvas-lightsail", "another")],
    "apnKey": [_to("soluvas-lightsail with Apple's push", "another")],
    "apnCertificate": [_to("soluvas-lightsail with Apple's push", "another")],
    "apnPassphrase": [_to("soluvas-lightsail with Apple's push", "another")],
    "healthcheckUrl": [_to("family-host", "another"), _to("family-host", ABSENT)],
    "backupWebhookUrl": [_to("family-host", "another")],
    "botPassword": _on(
        "another", "family-host with a bot", "lovia-fargate with a bot", "services-helm with a bot"
    ),
    "botKeys": [_to("family-host with a bot", "another")],
    "bugsnagApiKey": "given",
    "registryPassword": [_to("services-helm with a mirror", "another")],
    "chartsPassword": [_to("services-helm with a private mirror", "another")],
    "cloudflare:apiToken": "given",
    "digitalocean:token": [_to("family-host", "given")],
    "digitalocean:spacesAccessId": [_to("services-helm with Spaces", "given")],
    "digitalocean:spacesSecretKey": [_to("services-helm with Spaces", "given")],
    "mongodbatlas:publicKey": [_to("soluvas-lightsail", "given")],
    "mongodbatlas:privateKey": [_to("soluvas-lightsail", "given")],
}


class UntriedError(Exception):
    """A key of stack files has no trial."""


@cache
def trials() -> tuple[Trial, ...]:
    """Return all trials, in the order of the keys. Raises UntriedError that names what is missing or left over."""
    missing, made = [], []
    with fonts():
        for key in keys():
            found = _trials(key)
            if not found:
                missing.append(key.name)
            made += found
    left = sorted(set(BY_HAND) - {key.name for key in keys()})
    if missing or left:
        raise UntriedError(
            "\n".join(
                [
                    *(f"{name}: say in BY_HAND what it is changed to" for name in missing),
                    *(f"{name}: BY_HAND has a row for it, but there is no such key" for name in left),
                ]
            )
        )
    return tuple(made)


def _trials(key: Key) -> list[Trial]:
    by_hand = BY_HAND.get(key.name, ABSENT)
    if isinstance(by_hand, list) and by_hand and all(isinstance(one, tuple) for one in by_hand):
        return [Trial(key, *one) for one in by_hand]
    scenes = _scenes(key)
    if by_hand is not ABSENT:
        return [Trial(key, scene, by_hand) for scene in scenes]
    found = []
    for scene in scenes:
        value = _another(key, standing(spec_of(scene).parts, key)[1])
        if value is not ABSENT:
            found.append(Trial(key, scene, value))
    return found


def _scenes(key: Key) -> list[str]:
    there = [name for name in (*_SMALLEST, *SCENES) if standing(spec_of(name).parts, key)[0]]
    if key.name.startswith("chat.") and len(key.places) == 1:
        return [name for name in _EVERYWHERE if name in there]
    return there[:1]


def _another(key: Key, value: Any) -> Any:
    """Return a value that a key does not have, where its type says which there are; else ABSENT."""
    allowed = choices(key)
    if allowed and value is None:
        return allowed[0] if bool in map(type, allowed) else ABSENT
    if allowed:
        return allowed[(allowed.index(value) + 1) % len(allowed)]
    limits = bounds(key)
    if limits is None or value is None:
        return ABSENT
    return value + 1 if value + 1 <= limits[1] else value - 1
