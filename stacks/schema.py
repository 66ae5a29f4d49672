"""`stack.schema.json`, for editors and other tools: made from spec.py. Run as a program, it writes the file."""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from rocketchat.settings import CLIENT_SECRET, own_secrets
from stacks.fields import Part, descriptions
from stacks.language import NAMESPACE
from stacks.secrets import PROVIDER_KEYS, SECRETS
from stacks.spec import Parts

PATH = Path(__file__).with_name("stack.schema.json")

_SECURE = {
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}


class _Described(GenerateJsonSchema):
    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        made = super().model_schema(schema)
        model = schema["cls"]
        for name, text in descriptions(model).items() if issubclass(model, Part) else ():
            made["properties"][model.model_fields[name].alias]["description"] = text
        return made


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a whole stack file."""
    parts = Parts.model_json_schema(
        by_alias=True, ref_template="#/$defs/{model}", schema_generator=_Described
    )
    keys: dict[str, Any] = {f"{NAMESPACE}:{name}": made for name, made in parts["properties"].items()}
    keys |= {
        f"{NAMESPACE}:{key.name}": {
            "description": f"{key.description} Set with `pulumi config set --secret`.",
            **_SECURE,
        }
        for key in SECRETS.values()
    }
    keys |= {key: _SECURE if secret else {"type": "string"} for key, secret in PROVIDER_KEYS.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of Rocket.Chat on Pulumi",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "required": [f"{NAMESPACE}:{name}" for name in parts["required"]],
                "properties": keys,
                "patternProperties": {
                    f"^{NAMESPACE}:({'|'.join([*sorted(own_secrets()), CLIENT_SECRET])})$": _SECURE,
                    rf"^(?!({NAMESPACE}|aws|cloudflare|mongodbatlas):)[^:]+:": True,
                },
                "additionalProperties": False,
            },
            "encryptionsalt": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "secretsprovider": {"type": "string"},
            "environment": True,
        },
        "additionalProperties": False,
        "$defs": parts["$defs"],
    }


def text() -> str:
    """Return the schema as it stands in the file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
