"""Writes `schema/*.json` from the installed SDKs, and from botocore's models, for everything that has a record."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import clouds
from clouds.record import Sent
from rehearsal.standins import models, schema, sdk

_KEPT = ("type", "required", "min", "max", "pattern", "enum", "sensitive")
"""What the files keep of a shape, beside its members."""


def fresh() -> dict[str, str]:
    """Return the text that each schema file should have, by file name."""
    tokens = [*clouds.types(), *(f"pulumi:providers:{name}" for name in clouds.PACKAGES)]
    described = sdk.describe(tokens, clouds.lookups()) | _requests()
    return {f"{stem}.json": _text(content) for stem, content in described.items()}


def write() -> list[str]:
    """Write the files; return the names of those that changed."""
    schema.FOLDER.mkdir(exist_ok=True)
    wanted = fresh()
    changed = []
    for name, text in wanted.items():
        path = schema.FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    for path in schema.FOLDER.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
            changed.append(path.name)
    return sorted(changed)


def _requests() -> dict[str, dict[str, Any]]:
    """Return the models of the operations that the records name, by file stem."""
    # Needed here only: judging reads the files.
    from botocore.loaders import Loader

    wanted = defaultdict(set)
    for record in clouds.types().values():
        for call in record.requests.calls if isinstance(record.requests, Sent) else ():
            service, _, operation = call.operation.partition(".")
            wanted[service].add(operation)
    loader = Loader()
    return {
        f"requests.{service}": _service(loader.load_service_model(service, "service-2"), operations)
        for service, operations in wanted.items()
    }


def _service(model: Mapping[str, Any], operations: Iterable[str]) -> dict[str, Any]:
    inputs = {name: model["operations"][name]["input"]["shape"] for name in sorted(operations)}
    shapes: dict[str, Any] = {}
    waiting = list(inputs.values())
    while waiting:
        name = waiting.pop()
        if name in shapes:
            continue
        shape = model["shapes"][name]
        kept = {key: shape[key] for key in _KEPT if key in shape}
        if "pattern" in kept:
            models.pattern(kept["pattern"])
        if shape["type"] == "structure":
            kept["members"] = {key: member["shape"] for key, member in shape["members"].items()}
        elif shape["type"] == "list":
            kept["member"] = shape["member"]["shape"]
        elif shape["type"] == "map":
            kept |= {"key": shape["key"]["shape"], "member": shape["value"]["shape"]}
        waiting += [
            *kept.get("members", {}).values(),
            *(kept[key] for key in ("key", "member") if key in kept),
        ]
        shapes[name] = kept
    return {"operations": inputs, "shapes": shapes}


def _text(content: dict[str, Any]) -> str:
    """One line for each type and object, so that a provider's upgrade shows as a readable difference."""
    parts = []
    for part, entries in content.items():
        lines = ",\n".join(
            f"{json.dumps(key)}: {json.dumps(value)}" for key, value in sorted(entries.items())
        )
        parts.append(f"{json.dumps(part)}: {{\n{lines}\n}}" if lines else f"{json.dumps(part)}: {{}}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
