"""Stand-ins for the clouds: what each resource type and data lookup gives back, without any cloud.

One record (`clouds/`), two doors: the plan (`rehearsal.plan`, in process) and the provider server that the real engine
talks to (`rehearsal.server`). What has no record is an error, never a silent echo.
"""

import contextlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from clouds import PACKAGES, find, find_lookup, lookups, types
from clouds.ask import (
    ACCOUNT,
    OF_A_PLAN,
    UNKNOWN,
    Ask,
    Cloud,
    NotKnownYetError,
    Tokens,
    World,
    empty_world,
    has_unknown,
    tags_all,
)
from clouds.record import Compare, Refuses, Replaced, Resource
from rehearsal.errors import RehearsalError
from rehearsal.standins import requests, schema

_CLOUDFLARE_TOKEN = re.compile(r"[A-Za-z0-9_-]{40}")


class UnknownToCloudError(RehearsalError):
    """A type, input or lookup that the stand-ins do not know, or that the real provider would refuse."""


def is_provider(token: str) -> bool:
    """Whether a type is a provider (`pulumi:providers:aws`)."""
    return token.startswith("pulumi:providers:")


def _refuses(token: str) -> Refuses | None:
    record = find(token)
    return record.refuses if record is not None and isinstance(record.refuses, Refuses) else None


def _replaced(token: str) -> Replaced | None:
    record = find(token)
    return record.replaced if record is not None and isinstance(record.replaced, Replaced) else None


@dataclass(frozen=True)
class Made:
    """What the cloud gave back for one resource."""

    id: str
    """Empty in a preview of its making."""
    outputs: Mapping[str, Any]
    secrets: frozenset[str]
    """Paths in `outputs` that are secret whatever the inputs were."""


def checked(
    token: str, name: str, urn: str, inputs: Mapping[str, Any], cloud: Cloud, generation: int = 0
) -> Ask:
    """Return the resource with its inputs as the provider uses them: checked, and named where it has no name.

    Raises UnknownToCloudError with all that is wrong.
    """
    record, shape = find(token), schema.resource(token)
    if is_provider(token):
        found = _provider_mistakes(token, shape, inputs)
        if found:
            raise UnknownToCloudError(_told(token, name, found))
        return Ask(token, name, urn, inputs, cloud, generation)
    if record is None:
        known = schema.nearest(token, types())
        raise UnknownToCloudError(
            f"{name}: the stand-ins do not know the resource type {token}{known}; "
            f"add its record to clouds/{token.partition(':')[0]}"
        )
    if shape is None:
        raise UnknownToCloudError(
            f"{name}: the stand-ins do not know the inputs of {token}: run python -m rehearsal schema"
        )
    ask = Ask(token, name, urn, inputs, cloud, generation)
    found = schema.mistakes(shape, inputs)
    if not found:
        found, ask = _named(record, ask)
    if not found and (refuses := _refuses(token)) is not None and refuses.inputs is not None:
        try:
            found = refuses.inputs(ask)
        except NotKnownYetError:
            found = []
    if not found:
        found = requests.refusals(ask)
    if found:
        raise UnknownToCloudError(_told(token, name, found))
    return ask


def _told(token: str, name: str, found: Iterable[str]) -> str:
    return "\n".join(f"{name} ({token}): {mistake}" for mistake in found)


def _named(record: Resource, ask: Ask) -> tuple[list[str], Ask]:
    rule = record.answers.autoname
    if rule is None:
        return [], ask
    own = ask.inputs.get(rule.property)
    if own is None:
        begins = ask.inputs.get("bucketPrefix" if rule.property == "bucket" else "namePrefix")
        own = (
            f"{begins}{ask.hex(7, 'name')}" if isinstance(begins, str) else f"{ask.name}-{ask.hex(7, 'name')}"
        )
        own = rule.prefix + (own.lower() if rule.lower else own)
    if isinstance(own, str) and len(own) > rule.limit:
        return [
            f"the {rule.property} {own!r} has {len(own)} characters; {rule.limit} are allowed"
            + ("" if ask.inputs.get(rule.property) else ", of which 8 are added to the resource's own name")
        ], ask
    return [], replace(ask, inputs={**ask.inputs, rule.property: own})


def _provider_mistakes(token: str, shape: schema.Shape | None, inputs: Mapping[str, Any]) -> list[str]:
    package = token.rpartition(":")[2]
    if package not in PACKAGES or shape is None:
        return [f"the stand-ins do not know the provider {package}{schema.nearest(package, PACKAGES)}"]
    found = [
        f"unknown property {key}{schema.nearest(key, shape.inputs)}"
        for key in inputs
        if key not in shape.inputs and key not in {"version", "__internal"}
    ]
    allowed = _listed(inputs, "allowedAccountIds")
    if allowed and _account(inputs) not in allowed:
        # terraform-provider-aws, conns.AWSClient: verifyAccountID.
        found.append(f"AWS account ID not allowed: {_account(inputs)}")
    apitoken = inputs.get("apiToken")
    if package == "cloudflare" and isinstance(apitoken, str) and not _CLOUDFLARE_TOKEN.search(apitoken):
        found.append("apiToken is malformed: it must have 40 letters, digits, hyphens and underscores")
    return found


def _listed(inputs: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list of a provider's inputs; nested ones come as JSON, as the SDKs send them."""
    given = inputs.get(key)
    read = json.loads(given) if isinstance(given, str) and given else given
    return read if isinstance(read, list) else []


def _account(inputs: Mapping[str, Any]) -> str:
    """Return the account of a provider of AWS: that of the role that it takes on last, else the one it may be in."""
    roles = [str(one.get("roleArn") or "") for one in _listed(inputs, "assumeRoles")]
    allowed = [str(one) for one in _listed(inputs, "allowedAccountIds")]
    if roles:
        return roles[-1].split(":")[4]
    return ACCOUNT if not allowed or ACCOUNT in allowed else allowed[0]


def cloud_of(inputs: Mapping[str, Any], region: str | None = None) -> Cloud:
    """Return what a provider's inputs set; nested ones come as JSON, as the SDKs send them."""
    tags = inputs.get("defaultTags")
    if isinstance(tags, str) and tags:
        tags = json.loads(tags)
    wanted = (tags.get("tags") or {}) if isinstance(tags, Mapping) else {}
    # Objects of two clusters are as far apart as those of two regions.
    given_region = inputs.get("region") or inputs.get("clusterIdentifier")
    where = given_region if isinstance(given_region, str) and given_region else region
    plain_tags = {key: value for key, value in wanted.items() if isinstance(value, str)}
    kubeconfig = inputs.get("kubeconfig")
    made = Cloud(
        account=_account(inputs),
        default_tags=plain_tags,
        kubeconfig=kubeconfig if isinstance(kubeconfig, str) else "",
    )
    return replace(made, region=where) if where else made


def lacking(ask: Ask) -> None:
    """Raise UnknownToCloudError for something new that the cloud has not."""
    refuses = _refuses(ask.token)
    found = refuses.lacks(ask) if refuses is not None and refuses.lacks is not None else []
    if found:
        raise UnknownToCloudError(_told(ask.token, ask.name, found))


def busy(token: str, name: str, outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
    """Raise UnknownToCloudError where the thing, as it is now, does not take this change."""
    refuses = _refuses(token)
    found = refuses.busy(outputs, inputs) if refuses is not None and refuses.busy is not None else []
    if found:
        raise UnknownToCloudError(_told(token, name, found))


def taken_back(token: str, inputs: Mapping[str, Any], *, new: bool) -> str:
    """Return what is said of a thing that is taken back when it does not become ready; empty where it stays."""
    record = find(token)
    take_back = record.answers.taken_back if record is not None else None
    return "" if take_back is None else take_back(inputs, new)


def make(ask: Ask, *, preview: bool = False, own_id: str = "") -> Made:
    """Make (or, with `own_id`, update) the resource: its id and every output that the type declares."""
    if is_provider(ask.token):
        return Made(own_id or ask.uuid("provider"), dict(ask.inputs), frozenset())
    record, shape = find(ask.token), schema.resource(ask.token)
    assert record is not None and shape is not None, "checked() comes first"  # noqa: PT018, S101
    answers = record.answers
    if not own_id and not preview:
        own_id = answers.own_id(ask)
    ask = replace(ask, own_id=own_id)
    first = not own_id
    outputs: dict[str, Any] = {}
    for key in shape.outputs:
        computed = key in answers.computed
        if key == "tagsAll" and ask.token.startswith("aws:"):
            outputs[key] = tags_all(ask)
            continue
        if key == "region" and ask.token.startswith("aws:") and "region" in shape.inputs:
            outputs[key] = ask.region
            continue
        if not computed:
            outputs[key] = ask.inputs.get(key)
            continue
        if first and key not in ask.inputs:
            outputs[key] = UNKNOWN
            continue
        try:
            outputs[key] = answers.output(key, ask)
        except NotKnownYetError:
            outputs[key] = UNKNOWN
    return Made(own_id, outputs, shape.secret & outputs.keys())


def existing(token: str, name: str, urn: str, own_id: str, state: Mapping[str, Any], cloud: Cloud) -> Made:
    """Return a resource made elsewhere, as `Resource.get` reads it. What cannot be known of it is absent."""
    record, shape = find(token), schema.resource(token)
    if record is None or shape is None:
        raise UnknownToCloudError(
            f"{name}: the stand-ins do not know the resource type {token}{schema.nearest(token, types())}"
        )
    ask = Ask(token, name, urn, {"name": own_id, **state}, cloud, own_id=own_id)
    outputs = {key: state.get(key) for key in shape.outputs}
    for key in record.answers.computed:
        if outputs[key] is None:
            with contextlib.suppress(TypeError, AttributeError, NotKnownYetError):
                outputs[key] = record.answers.output(key, ask)
    return Made(own_id, outputs, shape.secret & outputs.keys())


def renewed(ask: Ask, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs of what exists as a read of it finds them now."""
    record = find(ask.token)
    if record is None:
        return dict(outputs)
    return {**outputs, **{key: record.answers.output(key, ask) for key in record.answers.renewed}}


def look_up(
    token: str, args: Mapping[str, Any], cloud: Cloud, world: World = empty_world, tokens: Tokens = OF_A_PLAN
) -> dict[str, Any]:
    """Answer a data lookup. Raises UnknownToCloudError for one that is not known, or for wrong arguments."""
    lookup, shape = find_lookup(token), schema.lookup(token)
    if lookup is None or shape is None:
        raise UnknownToCloudError(
            f"the stand-ins do not know the lookup {token}{schema.nearest(token, lookups())}; "
            f"add its record to clouds/{token.partition(':')[0]}"
        )
    found = schema.mistakes(shape, args)
    if found:
        raise UnknownToCloudError("\n".join(f"{token}: {mistake}" for mistake in found))
    if has_unknown(args):
        return dict.fromkeys(shape.outputs, UNKNOWN)
    ask = Ask(token, token, "", args, cloud, world=world, tokens=tokens)
    try:
        answer = {key: args.get(key) for key in shape.outputs}
        answer |= lookup.answers(ask)
    except LookupError as error:
        raise UnknownToCloudError(f"{token}: {error}") from None
    if token.startswith("aws:") and "region" in shape.outputs:
        answer["region"] = ask.region
    return answer


def replacing(token: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the paths of the changed inputs that make a new resource."""
    rule = _replaced(token)
    if rule is None:
        return []
    found = {path for path in rule.by if _differ(before, after, path.split("."))}
    if rule.when is not None:
        found.update(_compared(rule.when, before, after))
    return sorted(found)


def filled_in(
    token: str, state: Mapping[str, Any], inputs: Mapping[str, Any], ignored: Collection[str]
) -> list[str]:
    """Return the sets that differ by what the cloud has filled in; for the provider that is a new resource."""
    rule = _replaced(token)
    return [
        path
        for path, members in (rule.filled if rule is not None else {}).items()
        if path not in ignored
        and not _holds(state.get(path), inputs.get(path), members)
        and not has_unknown(inputs.get(path))
    ]


def _holds(state: Any, inputs: Any, members: frozenset[str]) -> bool:
    """Whether what the state has of these members is also given."""

    def given(values: Any) -> list[str]:
        return sorted(repr([(key, one.get(key) or None) for key in sorted(members)]) for one in values or [])

    return given(state) == given(inputs)


def unchangeable(token: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return why the real provider refuses to make the one of the other; nothing where it does it."""
    refuses = _refuses(token)
    return [] if refuses is None or refuses.stays is None else list(_compared(refuses.stays, before, after))


def tagged_once(token: str) -> bool:
    """Whether a type takes tags only when it is made."""
    rule = _replaced(token)
    return rule is not None and "tags" in rule.by


def moved(token: str, state: Mapping[str, Any], inputs: Mapping[str, Any], cloud: Cloud) -> bool:
    """Whether the provider's region, which the AWS provider writes into everything regional, is another one now."""
    shape = schema.resource(token)
    return (
        token.startswith("aws:")
        and shape is not None
        and "region" in shape.inputs
        and inputs.get("region") is None
        and state.get("region") not in (None, UNKNOWN, cloud.region)
    )


def _differ(before: Any, after: Any, path: Sequence[str]) -> bool:
    if after is UNKNOWN:
        return True
    if isinstance(before, list) or isinstance(after, list):
        if not path:
            return bool(before != after)
        pairs: Any = zip_longest(before or [], after or [], fillvalue={})
        return any(_differ(old, new, path) for old, new in pairs)
    if not path:
        return bool(before != after)
    old, new = (value.get(path[0]) if isinstance(value, Mapping) else None for value in (before, after))
    return _differ(old, new, path[1:])


def _compared(compare: Compare, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    known = {key: value for key, value in after.items() if not has_unknown(value)}
    return compare(before, known)
