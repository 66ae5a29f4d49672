"""What the fields of a stack file are made of: the base of all parts, and the types of single values."""

import ast
import base64
import contextlib
import gc
import inspect
import ipaddress
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from components.database.catalogue import check_cluster_name
from components.database.uri import check_database_name
from components.names import check_bucket_name
from stacks.secret_keys import PORT, SecretKey

if TYPE_CHECKING:
    from stacks.spec import Parts

LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
IN_ADDRESS = r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]"
"""What the path of an address may have (RFC 3986, 3.3)."""
_MAILBOX = r"[A-Za-z0-9!#$%&'*+/=?^_~-]+"
"""RFC 5322's `dot-atom` in ASCII, which is all that SNS takes, without `{`, `|`, `}` and the backquote: these mean
something else in the files of a host."""


class Part(BaseModel):
    """Base of all parts: immutable, camelCase in the file, unknown keys refused."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)

    secrets: ClassVar[tuple[SecretKey, ...]] = ()
    """Secrets that it may read."""

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """Return the secrets that it reads as it stands among these parts, of which some may be None."""
        return self.secrets

    def disagrees(self, name: str, value: str) -> str | None:
        """Return why the value of the secret of a name does not go with this part; no part of the value is in it."""
        return None


def _below_fields(kind: type) -> Iterator[tuple[str, str]]:
    """Give the name of each field of a class that has a text below it, and the text."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    for field, below in pairwise(tree.body if isinstance(tree, ast.ClassDef) else ()):
        match field, below:
            case (ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text)))):
                yield name, inspect.cleandoc(text)


@cache
def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return what is written below each field of a model, by the field's name.

    Pydantic would read it as the models are made: a third of a second at each start, for what only the schema and
    `new` show.
    """
    found: dict[str, str] = {}
    # Python 3.11 counts the depth of all trees in one place: a collector that comes by and ends a failed task, whose
    # traceback is read from source too, breaks this one off with a SystemError.
    collects = gc.isenabled()
    gc.disable()
    try:
        for kind in reversed(model.__mro__):
            if issubclass(kind, Part) and kind is not Part:
                found |= _below_fields(kind)
    finally:
        if collects:
            gc.enable()
    return {name: found[name] for name in model.model_fields if name in found}


def _is_name(text: str) -> bool:
    return len(text) <= 253 and re.fullmatch(rf"{LABEL}(\.{LABEL})+", text) is not None


def _bare(text: str) -> str:
    """Return the host name that is meant by an address, a name with a port, or one of other letters."""
    bare = re.sub(r"^.*://", "", text).partition("/")[0].rpartition("@")[2].lower()
    bare = re.sub(r":[0-9]*$", "", bare).removesuffix(".")
    try:
        named = bare.encode("idna")
        # Its old rules take some letters for others (`ß` for `ss`): that would be another host.
        return named.decode("ascii") if named.decode("idna") == bare else bare
    except UnicodeError:
        return bare


def _host(text: str) -> str:
    if not _is_name(text):
        bare = _bare(text)
        if not _is_name(bare):
            raise ValueError("this is not a host name; one looks like chat.example.com")
        if text.lower() == bare:
            raise ValueError(f"write host names in lower case: {bare}")
        raise ValueError(
            f"give the bare host name in ASCII, without scheme or slash, port or dot at its end: {bare}"
        )
    if re.fullmatch("[0-9]+", text.rpartition(".")[2]):
        # What ends in a number is an address (url.spec.whatwg.org, "ends in a number checker").
        raise ValueError(
            "this is an address and no name, so no certificate fits it; give a name that leads there"
        )
    return text


def quoted(value: Any) -> Any:
    """Refuse a version that YAML has read as a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    raise ValueError(f'put a version in quotes, because YAML reads it as a number: "{value}"')


def _cidr(text: str) -> str:
    try:
        return str(ipaddress.IPv4Network(text))
    except ValueError as error:
        told = _meant(text) or "one looks like 203.0.113.0/24"
        raise ValueError(f"this is not an IPv4 network: {told}") from error


def _meant(text: str) -> str | None:
    with contextlib.suppress(ValueError):
        return f"{text} is a host in {ipaddress.IPv4Network(text, strict=False)}"
    with contextlib.suppress(ValueError):
        return f"{ipaddress.IPv6Network(text, strict=False)} is one of IPv6, and the chat has IPv4 addresses only"
    return None


def _address(text: str) -> str:
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError as error:
        raise ValueError("this is not an IPv4 address; one looks like 203.0.113.7") from error
    if address.is_unspecified or address.is_loopback or address.is_link_local or address.is_multicast:
        raise ValueError("no other machine reaches this address; one that they do looks like 203.0.113.7")
    return str(address)


def of_the_container(host: str) -> bool:
    """Return whether a host is the container itself (RFC 6761, 6.3; RFC 6890), or what its cloud tells it alone."""
    if re.fullmatch(r"(.+\.)?localhost", host.removesuffix("."), re.IGNORECASE):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_unspecified or address.is_loopback or address.is_link_local


def _url(text: str) -> str:
    form = rf"https://{LABEL}(\.{LABEL})*{PORT}?(/{IN_ADDRESS}*)?"
    if not re.fullmatch(form, text):
        meant = re.sub(
            "^https?://[^/?#]+", lambda found: f"https://{_bare(found[0])}", text, flags=re.IGNORECASE
        )
        # Its port and who logs in there are left out: nobody knows whether they were meant.
        if re.fullmatch("https?://[^/?#@:]+(/[^?#]*)?", text, re.IGNORECASE) and re.fullmatch(form, meant):
            raise ValueError(f"this is not an https address in ASCII and lower case, such as {meant}")
        raise ValueError("this is not an https address; one looks like https://login.example.com")
    if text.endswith("/"):
        raise ValueError(f"leave out the slash at the end: {text.rstrip('/')}")
    return text


def _email(text: str) -> str:
    form = rf"(?=.{{1,64}}@){_MAILBOX}(\.{_MAILBOX})*@{LABEL}(\.{LABEL})+"
    if len(text) > 254 or not re.fullmatch(form, text):
        name, _, domain = text.rpartition("@")
        if re.fullmatch(form, f"{name}@{domain.lower()}"):
            raise ValueError(f"write the domain in lower case: {name}@{domain.lower()}")
        raise ValueError("this is not an e-mail address (in ASCII); one looks like chat@example.com")
    return text


def _sender(text: str) -> str:
    match = re.fullmatch(r"(?:[^<>\r\n]* )?<([^<>]+)>", text)
    _email(match.group(1) if match else text)
    return text


def _bucket(text: str) -> str:
    check_bucket_name(text)
    return text


def _certificate(text: str) -> str:
    label = re.search(r"-----BEGIN ([A-Z0-9 ]+)-----", text)
    if label is not None and label[1] != "CERTIFICATE":
        leaked = "; replace it, because it stood here in clear" if "PRIVATE" in label[1] else ""
        raise ValueError(f"this is a {label[1].lower()}, and the certificate is wanted{leaked}")
    listed = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", text, re.DOTALL)
    for body in listed or [text]:
        if re.fullmatch(r"[A-Za-z0-9+/\s]+={0,2}\s*", body) is None:
            raise ValueError("this is not a certificate: PEM, or its base64 without the BEGIN and END lines")
        if not _is_whole(body):
            raise ValueError("this certificate is not whole: give all of it, from its first line to its last")
    return text


def _is_whole(body: str) -> bool:
    """Whether base64 is one sequence of DER, as long as it says itself (ITU-T X.690, 8.1.3)."""
    try:
        data = base64.b64decode("".join(body.split()), validate=True)
    except ValueError:
        return False
    if len(data) < 2 or data[0] != 0x30:
        return False
    length, content = data[1], data[2:]
    if length & 0x80:
        digits = length & 0x7F
        length, content = int.from_bytes(content[:digits]), content[digits:]
    return len(content) == length


def of_kind(kind: str) -> BeforeValidator:
    """Let a mapping without `kind` mean the usual one."""
    return BeforeValidator(
        lambda given: {"kind": kind, **given} if isinstance(given, dict) and "kind" not in given else given
    )


@dataclass(frozen=True)
class Form:
    """The form of a text, which editors check too; `what` says what it should be."""

    pattern: str
    what: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check what has passed the other checks."""
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say the form in the schema."""
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def _checked(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise ValueError(f"this is not {self.what}")
        return text


class Arn(str):
    """The name of something at AWS, which says where that is (IAM user guide, "Amazon Resource Names")."""

    __slots__ = ()

    @property
    def aws_partition(self) -> str:
        """Such as `aws` or `aws-us-gov`."""
        return self.split(":")[1]

    @property
    def service(self) -> str:
        """Such as `kms`."""
        return self.split(":")[2]

    @property
    def region(self) -> str:
        """Empty for what is in no region, such as a role."""
        return self.split(":")[3]

    @property
    def account(self) -> str:
        """Its twelve digits."""
        return self.split(":")[4]


HostName = Annotated[str, AfterValidator(_host)]
Version = Annotated[str, BeforeValidator(quoted)]
MongoLine = Annotated[str, BeforeValidator(quoted), Form(r"[0-9]+\.[0-9]+", "a line of MongoDB, such as 8.0")]
MongoVersion = Annotated[
    str,
    BeforeValidator(quoted),
    Form(r"[0-9]+\.[0-9]+(\.[0-9]+)?", "a version of MongoDB, such as 8.0 or 8.0.17"),
]
Cidr = Annotated[str, AfterValidator(_cidr)]
Address = Annotated[str, AfterValidator(_address)]
Url = Annotated[str, AfterValidator(_url)]
Email = Annotated[str, AfterValidator(_email)]
Sender = Annotated[str, AfterValidator(_sender)]
Certificate = Annotated[str, AfterValidator(_certificate)]
BucketName = Annotated[str, AfterValidator(_bucket)]
AtlasId = Annotated[
    str, Form(r"[0-9a-f]{24}", "an Atlas id, which has 24 hexadecimal digits, a to f in small letters")
]
AtlasName = Annotated[str, AfterValidator(check_cluster_name)]
DatabaseName = Annotated[
    str,
    Form(r"[A-Za-z].*", "a database name, which begins with a letter"),
    AfterValidator(check_database_name),
]
ClusterName = Annotated[
    str,
    Form(
        rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*",
        "the name of something in a cluster: lower-case letters, digits, hyphens and dots",
    ),
]
_FOLDER = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_SERVER = (
    r"(?:localhost|(?=[^/:]*\.)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[A-Za-z0-9-]+(?=:))"
    rf"{PORT}?"
)
"""A registry is told from a folder by a dot or a port (github.com/distribution/reference, `ParseNormalizedNamed`)."""
_TAG = r"(?!latest(?:@|$))[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}"
EXACT = rf"(?:{_SERVER}/)?{_FOLDER}(?:/{_FOLDER})*:{_TAG}(?:@{_DIGEST})?"
"""An image with an exact tag, and a digest or none."""
Registry = Annotated[
    str,
    Form(
        rf"{_SERVER}(?:/{_FOLDER})*",
        "a registry without scheme and slash at the end; one looks like registry.example.com:5000/mirror",
    ),
]
ExactImage = Annotated[
    str, Form(EXACT, "an image with an exact tag, such as registry.example.com/library/mongo:8.0.32")
]
EgressPorts = list[Annotated[int, Field(ge=1, le=65535)]]
Days = Annotated[int, Field(ge=1, le=3650)]
LogDays = Literal[30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
"""What CloudWatch Logs offers (API reference, PutRetentionPolicy) from a month on."""
