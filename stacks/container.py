"""What surrounds the server's process: further variables, a corporate proxy, its authorities, the size of its heap."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from rocketchat import safety, sizing, surroundings
from rocketchat.environment import Secret
from rocketchat.locales import unknown_zone
from rocketchat.settings import ENVIRONMENT_PREFIX, find
from stacks import authorities
from stacks.authorities import Authorities
from stacks.fields import LABEL, Form, Part
from stacks.judging import Finding, Note, Warning_, rule
from stacks.problems import Problem
from stacks.secret_keys import PORT, SecretKey, json_texts, lacking

if TYPE_CHECKING:
    from stacks.kinds.kind import Variables
    from stacks.spec import Parts

_HIDDEN = re.compile(r"(?i)(password|passwd|secret|token|api_?key|private_?key|credential)")
SECRET = "containerVariables"  # noqa: S105 - its key


def _variable(name: str) -> str:
    if name.startswith(ENVIRONMENT_PREFIX):
        raise ValueError(f"say it in `settings`: {name.removeprefix(ENVIRONMENT_PREFIX)}")
    if find(name) is not None:
        raise ValueError("as a variable a setting counts at the first start only; say it in `settings`")
    if name in surroundings.RESERVED:
        raise ValueError(
            "the program sets this variable itself, another key says it (mail, chat.administrator), or the server "
            "would not start with it"
        )
    if name in safety.VARIABLES_OF_TESTS:
        raise ValueError(f"{safety.VARIABLES_OF_TESTS[name]}; the policy pack refuses it")
    return name


VariableName = Annotated[
    str, Form(r"[A-Za-z_][A-Za-z0-9_]{0,127}", "the name of a variable"), AfterValidator(_variable)
]
Exception_ = Annotated[
    str,
    Form(
        rf"\.?{LABEL}(\.{LABEL})*|[0-9.]+",
        "a host, the end of one or an address; ones look like .example.com and 10.1.2.3. The server compares names and "
        "whole addresses, and knows no networks",
    ),
]


class Proxy(Part):
    """A proxy by which the server reaches the web: push, link previews, webhooks, logins, the marketplace.

    Clouds are reached without it: their addresses, and those of the database, of mail and of the bucket.
    """

    url: Annotated[
        str,
        Form(
            rf"http://{LABEL}(\.{LABEL})*{PORT}?",
            "the address of a proxy, without a user; one looks like http://proxy.example.com:3128",
        ),
    ]
    """Its address. Where it wants a user, list HTTP_PROXY and HTTPS_PROXY in `secretVariables` instead."""
    direct: list[Exception_] = []
    """Further hosts, ends of hosts (`.example.com`) and addresses that are reached without it."""


class Container(Part):
    """What surrounds the server's process."""

    secrets: ClassVar[tuple[SecretKey, ...]] = (
        SecretKey(
            SECRET,
            "Further secret variables of the server: a JSON object of text.",
            required=True,
            problem=json_texts,
        ),
    )

    variables: Mapping[VariableName, str] = {}
    """Further variables of the server, such as `{TZ: Europe/Berlin}`. Settings are said in `settings`."""
    secret_variables: list[VariableName] = []
    """Names of further secret variables; their values are in the secret `containerVariables`, a JSON object."""
    proxy: Proxy | None = None
    """A proxy by which the server reaches the web; none when left out."""
    certificates: list[Authorities] = []
    """Authorities of one's own that the server trusts beside the public ones: certificates (PEM), or files of them
    (`corp-ca.pem`) in the folder of the stack files. They count for mail, sign-on, webhooks and the database."""
    heap_mb: int | None = Field(default=None, ge=256, le=65536)
    """Largest heap of Node in MiB. Three quarters of the server's memory where the file says that (`runtime.memory`, or
    a host's `runtime.size`); else Node's own default."""

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """The secret, where names are listed."""
        return self.secrets if self.secret_variables else ()

    def disagrees(self, name: str, value: str) -> str | None:
        """It names the variables."""
        return lacking(value, self.secret_variables, "container.secretVariables") if name == SECRET else None

    def authorities(self) -> list[authorities.Authority]:
        """Return what is in `certificates`, each once."""
        found = [one for given in self.certificates for one in authorities.read(given)]
        return list({one.pem: one for one in found}.values())

    def environment(self, memory: int | None, given: object, folder: str) -> "Iterator[Variables]":
        """Yield the variables, and the files that they name.

        `memory` is the server's in MiB where the file says it, `given` the secret's value, `folder` where files are.
        """
        if self.variables:
            yield surroundings.plain(self.variables)
        if self.secret_variables and given is not None:
            yield surroundings.secret({name: Secret(_member(given, name)) for name in self.secret_variables})
        if self.proxy is not None:
            yield surroundings.proxy(self.proxy.url, self.proxy.direct)
        if self.certificates:
            yield surroundings.authorities("".join(one.pem for one in self.authorities()), folder)
        named = surroundings.NODE_OPTIONS in (*self.variables, *self.secret_variables)
        heap = self.heap_mb or (None if memory is None or named else surroundings.heap_of(memory))
        if heap is not None:
            yield surroundings.heap(heap)


def _member(given: object, name: str) -> Any:
    import pulumi

    if isinstance(given, pulumi.Output):
        return given.apply(lambda text: json.loads(text)[name])
    return name  # a placeholder: the rules look at names alone


def too_large(container: Container, memory: int) -> Iterator[Problem]:
    """Find a heap that is larger than the memory of the server in MiB."""
    named = surroundings.heap_named(container.variables.get(surroundings.NODE_OPTIONS, ""))
    for key, heap in (("heapMb", container.heap_mb), (f"variables.{surroundings.NODE_OPTIONS}", named)):
        if heap is not None and heap > memory:
            yield Problem(
                f"rocketchat:container.{key}",
                f"the heap would have {heap} MiB, and the server {memory}",
                remedy=f"write at most {surroundings.heap_of(memory)}, or leave it out",
            )


@rule("The server's surroundings are right")
def _surroundings(container: Container, parts: "Parts", size: sizing.Size) -> Iterator[Finding]:
    if container.proxy is not None:
        yield Warning_(
            f"mail, LDAP and the database do not go through {container.proxy.url}: they must be reached directly"
        )
    if safety.debugs(container.variables.get(surroundings.NODE_OPTIONS, "")):
        yield Problem(
            "rocketchat:container.variables.NODE_OPTIONS",
            f"{safety.DEBUGGED}; the policy pack refuses it",
            remedy="leave `--inspect` out",
        )
    clear = [name for name in container.variables if _HIDDEN.search(name)]
    if clear:
        yield Warning_(
            f"{', '.join(clear)} of container.variables stands in clear, in the stack file and where containers are: "
            "list what is secret in container.secretVariables"
        )
    trusted = container.authorities()
    for one in trusted:
        if one.ends < datetime.now(UTC) + authorities.SOON:
            yield Warning_(f"the certificate of {one.name} in container.certificates ends on {one.day}")
    if trusted and parts.runtime.topology == "microservices" and not parts.runtime.microservices_trust:
        [path] = surroundings.authorities("".join(one.pem for one in trusted), parts.runtime.files_in).files
        yield Warning_(
            "the vendor's chart lets the server alone trust container.certificates, and gives its microservices the "
            "file only: where the database has a certificate of these authorities, end the URI of the secret "
            f"mongodbUri with `tlsCAFile={path}`, and change that with the certificates"
        )
    if not parts.runtime.has_disk:  # a host is as large as its size
        yield from too_large(container, parts.runtime.server_memory(parts) or size.memory_mib)
    unknown = unknown_zone(container.variables.get("TZ"))
    if unknown is not None:
        yield Warning_(f"container.variables.TZ: {unknown}")
    yield Note(
        f"{len(container.variables) + len(container.secret_variables)} further variables"
        + "".join(f"; trusts {one.name}, until {one.day}" for one in trusted)
    )
