"""One reader of IAM documents, wherever they stand: who may do what with what, and when.

Names of actions, condition operators and condition keys do not heed case; `*` and `?` stand for characters inside of
names (IAM User Guide, "Grammar of the IAM JSON policy language"). What is not known is noted.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from policy import tokens as t
from policy.model import SECRET, UNKNOWN, Stack
from policy.rule import Probe, View

IDENTITY: Final = (t.IAM_POLICY, t.IAM_ROLE_POLICY, t.IAM_USER_POLICY, t.IAM_GROUP_POLICY, t.IAM_ROLE)
"""Types that say what somebody may do."""
RESOURCE: Final = (
    t.BUCKET,
    t.BUCKET_POLICY,
    t.KMS_KEY,
    t.KMS_KEY_POLICY,
    t.TOPIC,
    t.TOPIC_POLICY,
    t.QUEUE,
    t.QUEUE_POLICY,
    t.SECRET,
    t.SECRET_POLICY,
    t.IDENTITY_POLICY,
    t.ECR_POLICY,
    t.VAULT_POLICY,
    t.SEARCH,
    t.SEARCH_POLICY,
    t.ELASTICSEARCH,
    t.ELASTICSEARCH_POLICY,
)
"""Types that say who may use something."""
NAMES: Final = frozenset(
    (
        "policy",
        "policyDocument",
        "accessPolicy",
        "accessPolicies",
        "resourcePolicy",
        "deliveryDestinationPolicy",
    )
)
"""What types call their documents; names such as `sslPolicy` are of other things."""
APART: Final = frozenset(
    (
        *(t.TOPIC, t.TOPIC_POLICY, t.KMS_KEY, t.KMS_KEY_POLICY, t.BUCKET, t.BUCKET_POLICY, t.IDENTITY_POLICY),
        *(t.SEARCH, t.SEARCH_POLICY, t.ELASTICSEARCH, t.ELASTICSEARCH_POLICY, t.FILE_SYSTEM_POLICY),
        *(t.VPC_ENDPOINT, t.IAM_ROLE, t.REST_API, t.REST_API_POLICY),
    )
)
"""Types whose documents have rules of their own for who is let in; a public API lets in everybody by its purpose."""
_BINDING: Final = re.compile(
    r"^(string|arn)(equals|like|equalsignorecase)$|^(bool|ipaddress|numericlessthanequals|numericequals)$"
)
"""Operators by which a condition narrows what is allowed. Those that negate allow all others, `…IfExists` and
`ForAllValues:` allow requests that lack the key, `Null` asks for no value."""
_ARN: Final = re.compile(r"^arn:[^:]*:[^:]*:[^:]*:([^:]*):(.*)$", re.DOTALL)
_CANONICAL: Final = re.compile(r"^[0-9a-f]{64}$")
LOG_DELIVERY: Final = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"
"""The canonical user by which CloudFront writes logs (CloudFront guide, "Configure standard logging")."""
_KINDS: Final = re.compile(
    r"^(secret|parameter|key|alias|role|user|group|policy|table|log-group|repository|function|identity|cluster|service"
    r"|task|task-definition|configuration-set|distribution)[:/]"
)
"""What the last part of an ARN may begin with, before the name."""
SOURCES: Final = frozenset(
    (
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceowner",
        "aws:sourceorgid",
        "aws:principalorgid",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:sourcevpce",
        "aws:sourcevpc",
        "kms:calleraccount",
    )
)
"""Condition keys that say on whose behalf a request is made."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a statement: all in lower case but the values."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def narrows(self) -> bool:
        """Whether a request without the key, or with just any value, is left out."""
        operator = self.operator.removeprefix("foranyvalue:")
        return bool(_BINDING.match(operator) and self.values) and not any(loose(one) for one in self.values)


class Statement:
    """One statement. Unknown parts were noted and are left out; `sure` tells whether there were none."""

    __slots__ = ("actions", "allows", "conditions", "inverted", "principals", "resources", "sure", "view")

    def __init__(self, view: View) -> None:
        self.view = view
        self.sure = True
        self.inverted = frozenset(
            key for key in ("NotAction", "NotResource", "NotPrincipal") if view.get(key) not in (None, [], "")
        )
        self.allows = self._text("Effect") == "Allow"
        self.actions = tuple(one.lower() for key in ("Action", "NotAction") for one in self._texts(key))
        self.resources = tuple(one for key in ("Resource", "NotResource") for one in self._texts(key))
        self.principals = tuple(one for key in ("Principal", "NotPrincipal") for one in self._who(key))
        self.conditions = tuple(self._conditions())

    def _text(self, key: str) -> str:
        found = self._texts(key)
        return found[0] if found else ""

    def _texts(self, *path: str) -> list[str]:
        value = self.view.get(path)
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        if any(one is UNKNOWN or one == SECRET for one in items):
            self.sure = False
            self.view.unsure(path)
        return [_plain(one) for one in items if one is not None and one is not UNKNOWN and one != SECRET]

    def _who(self, key: str) -> list[str]:
        value = self.view.get(key)
        if not isinstance(value, Mapping):
            return self._texts(key)
        return [one for kind in value for one in self._texts(key, str(kind))]

    def _conditions(self) -> Iterator[Condition]:
        tests = self.view.get("Condition")
        if tests is UNKNOWN or tests == SECRET:
            self.sure = False
            self.view.unsure("Condition")
        for operator, asked in tests.items() if isinstance(tests, Mapping) else ():
            if not isinstance(asked, Mapping):
                self._texts("Condition", str(operator))
                continue
            for key in asked:
                values = self._texts("Condition", str(operator), str(key))
                yield Condition(str(operator).lower(), str(key).lower(), tuple(values))

    def does(self, action: str) -> bool:
        """Tell whether an action, in lower case, is meant."""
        found = any(matches(pattern, action) for pattern in self.actions)
        return found is not ("NotAction" in self.inverted)

    @property
    def anything(self) -> bool:
        """Whether all actions of all services are meant."""
        return any(set(pattern) <= set("*:") for pattern in self.actions)

    @property
    def anywhere(self) -> bool:
        """Whether the resources are not named: `*`, or an ARN whose name begins with one."""
        return any(wide(one) for one in self.resources)

    @property
    def anybody(self) -> bool:
        """Whether everybody is meant, or all but some."""
        return "NotPrincipal" in self.inverted or any(is_anybody(one) for one in self.principals)

    def bound(self, keys: frozenset[str] | None = None) -> bool:
        """Tell whether a condition on one of these keys narrows the statement; without keys, on what it is used for.

        A condition that is not known may be one.
        """
        if not self.sure and self.view.get("Condition") is UNKNOWN:
            return True
        if keys is None:
            return any(one.narrows and _on_resource(one.key) for one in self.conditions)
        return any(one.narrows and one.key in keys for one in self.conditions)

    def says_nobody(self, keys: frozenset[str]) -> bool:
        """Tell whether conditions ask on whose behalf a request is made, and take every answer."""
        return any(one.key in keys for one in self.conditions) and not self.bound(keys)

    def asked(self, key: str) -> list[Condition]:
        """Return the conditions that narrow by a key, or by one that ends so where it begins with a colon."""
        return [
            one
            for one in self.conditions
            if one.narrows and (one.key == key or (key[0] == ":" and one.key.endswith(key)))
        ]


def statements(document: View | None) -> Iterator[Statement]:
    """Give the statements of an IAM document."""
    if document is not None:
        for view in document.each("Statement"):
            yield Statement(view)


def documents(p: Probe) -> Iterator[View]:
    """Give the documents that stand in a resource: its own, or a role's inline ones."""
    if p.subject.type == t.IAM_ROLE:
        for inline in p.each("inlinePolicies"):
            found = inline.document("policy")
            if found is not None:
                yield found
    else:
        for key, value in p.subject.properties.items():
            if _is_document(p.subject.type, key, value):
                found = p.document(key)
                if found is not None:
                    yield found


def _is_document(kind: str, key: str, value: Any) -> bool:
    """Tell whether a property is an IAM document, of any type: what is not known yet is one by its name."""
    if isinstance(value, Mapping):
        return "Statement" in value
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return '"Statement"' in value
    if kind in IDENTITY or kind in RESOURCE:
        return key in {"policy", "accessPolicies"} and value is not None
    return value is UNKNOWN and key in NAMES


def allowing(p: Probe) -> Iterator[Statement]:
    """Give the statements of a resource's documents that allow something."""
    for document in documents(p):
        for statement in statements(document):
            if statement.allows:
                yield statement


def trusting(p: Probe) -> Iterator[Statement]:
    """Give the statements that let somebody take a role."""
    for statement in statements(p.document("assumeRolePolicy")):
        if statement.allows:
            yield statement


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(
        "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text), re.DOTALL
    )


def matches(pattern: str, text: str) -> bool:
    """Tell whether a name with `*` and `?` in it means this one."""
    return _pattern(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def wide(text: str) -> bool:
    """Tell whether a resource, or a value of a condition, names nothing: its name begins with a wildcard."""
    if not text.strip("*?"):
        return True
    found = _ARN.match(text)
    if found is None:
        return "*" in text and text.startswith("arn:") and text.count(":") < 5
    return _KINDS.sub("", found[2], count=1).startswith(("*", "?"))


def loose(value: str) -> bool:
    """Tell whether a condition with this value fits anybody: a wildcard for the name or the account, the internet.

    Everything of one account is not anybody's.
    """
    found = _ARN.match(value)
    if found is not None and found[1].isdigit():
        return False
    return (
        wide(value)
        or not value.strip("*?@.")
        or (found is not None and "*" in found[1])
        or ("/" in value and is_world(value))
    )


@lru_cache(maxsize=4096)
def is_world(cidr: str) -> bool:
    """Tell whether a range is the whole internet or nearly so (wider than /8, or /16 in IPv6)."""
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
    return network.prefixlen < (8 if network.version == 4 else 16)


def is_anybody(principal: str) -> bool:
    """Tell whether a principal is everybody: `*`, or an ARN with a wildcard for the account."""
    found = _ARN.match(principal)
    return not principal.strip("*") or (found is not None and ("*" in found[1] or found[1] == ""))


def account_of(principal: str) -> str | None:
    """Return the account of an AWS principal; None for services, identity providers and everybody.

    An account is also meant by its canonical user id (S3 user guide, "Finding an AWS account canonical user ID").
    """
    if principal.isdigit() or _CANONICAL.match(principal):
        return principal
    found = _ARN.match(principal)
    return found[1] if found is not None and found[1].isdigit() else None


def own_accounts(stack: Stack) -> frozenset[str]:
    """Return the accounts in which the stack makes things, as far as ARNs tell."""
    found = stack.memo.get("accounts")
    if not isinstance(found, frozenset):
        texts = (
            value
            for subject in stack.subjects
            for source in (subject.outputs, subject.properties)
            for key, value in source.items()
            if isinstance(value, str)
            and (
                (value.startswith("arn:") and key.lower().endswith("arn") and key != "principalArn")
                or key == "s3CanonicalUserId"
            )
        )
        found = frozenset(account for account in map(account_of, texts) if account is not None)
        stack.memo["accounts"] = found
    return found


def _on_resource(key: str) -> bool:
    """Tell whether a condition key is about what is used, not about who asks, when and how."""
    return not key.startswith("aws:") or key.startswith(
        ("aws:resourcetag/", "aws:requesttag/", "aws:resourceaccount", "aws:resourceorgid")
    )


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
