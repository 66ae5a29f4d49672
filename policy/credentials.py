"""Credentials in clear: by what they look like, by what they are called, and by being a secret of the stack elsewhere.

What tokens look like is left to detect-secrets (Yelp), of which only what has a form of its own is used; words by their
randomness are not looked for. It is loaded when a text has something that such a form begins with.
"""

import base64
import binascii
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import yaml

from policy import tokens as t
from policy.model import SECRET, UNKNOWN, Stack

if TYPE_CHECKING:
    from detect_secrets.plugins.base import RegexBasedDetector

_NAME: Final = re.compile(
    r"((PASS(WORD|WD|PHRASE|CODE)?|PWD|[_-]PW)$|SECRET(_?ACCESS)?(_?KEY)?(_?BASE)?$|TOKEN$|API_?KEY|PRIVATE_?KEY"
    r"|ACCESS_?KEY(?!_?ID)|CREDENTIALS?$|SECRET_?URL|(SIGNING|ENCRYPTION|MASTER|AUTH|ACCOUNT|SERVICE|HMAC)_?KEY$"
    r"|APN_(DEV_)?KEY|MONGO(_OPLOG)?_URL$|MAIL_URL$|LICEN[CS]E$|REG_TOKEN|WEBHOOK_?SECRET)",
    re.IGNORECASE,
)
"""Names of variables whose value is a credential."""
_VALUE: Final = re.compile(
    r"(://[^/\s:@\"']*:(?![$<*{%]|\[secret)[^/\s@\"']+@"
    r"|-----BEGIN (?:[A-Z ]+ )?PRIVATE KEY"
    r"|\bmachine\s+\S+\s+login\s+\S+\s+password\s+(?![$<{*%]|\[secret\])\S"
    r"|(?m:^[\w.*-]+:(?:\d+|\*):[\w*-]+:[a-z_*][\w-]*:(?![$<{*%]|\[secret\])(?:[^\s:\\]|\\.)+$)"
    r"|\bauthorization['\"]?\s*[:=]\s*['\"]?(?:basic|bearer|token)\s+[\w+/=.~-]{8,}"
    r"|/hooks/\w{10,}/\w{20,})",
    re.IGNORECASE,
)
"""Values that are credentials whatever their name: a password in a URI, a private key, a line of a netrc or a .pgpass,
a header, a hook's address."""
_LOGIN: Final = re.compile(r"['\"]auth['\"]\s*:\s*['\"]([\w+/]{8,}={0,2})['\"]")
"""A login in Docker's configuration: user and password with a colon, in base64."""
_HINTS: Final = re.compile(
    r"A3T|A[BCKS][ICK]A|AccountKey=|gh[oprsu]_|gl[a-z]{2,5}-|GR1348941|eyJ|-us\d|_authToken|T3BlbkFJ|pypi-AgE|SG\.|xox[aboprs]-"
    r"|hooks\.slack\.com|sq0csp|[rs]k_live_|sk-ant-|\b(?:AC|SK)[0-9a-f]{32}"
)
"""What the forms of the detectors begin with, or hold."""
_DETECTORS: Final = (
    "aws.AWSKeyDetector",
    "azure_storage_key.AzureStorageKeyDetector",
    "github_token.GitHubTokenDetector",
    "gitlab_token.GitLabTokenDetector",
    "jwt.JwtTokenDetector",
    "mailchimp.MailchimpDetector",
    "npm.NpmDetector",
    "openai.OpenAIDetector",
    "pypi_token.PypiTokenDetector",
    "sendgrid.SendGridDetector",
    "slack.SlackDetector",
    "square_oauth.SquareOAuthDetector",
    "stripe.StripeDetector",
    "twilio.TwilioKeyDetector",
)
"""Those of detect-secrets whose forms do not fit ARNs, addresses and digests."""
_REFERENCE: Final = re.compile(
    r"^\s*(\$\{?\w+[^}]*\}?|\$\(.*\)|%\w+%|\{\{.*\}\}|<[\w .-]+>|\*+|(?:file:/)?/[\w./*-]+|arn:.*|true|false|null|none"
    r"|\d*)\s*$",
    re.IGNORECASE,
)
"""No credential: a reference to a variable, a template, a path, an ARN, a switch, a number, nothing."""
_OPTION: Final = re.compile(
    r"(?:^|\s)--?[\w-]*?(?:pass(?:word|wd|phrase)?|pwd|secret(?:-?key)?|token|api-?key|credentials?|requirepass)"
    r"(?:=|\s+)(\"[^\"]*\"|'[^']*'|[^\s\"';|&]+)",
    re.IGNORECASE,
)
"""An option of a command that is given a credential."""
_CLIENTS: Final = (
    re.compile(
        r"\b(?:mongo\w*|mysql\w*|mariadb\S*|sshpass|ldapsearch)\b[^\n;|&]*?\s-[pw]\s*([^\s$'\"-][^\s'\"]*)"
    ),
    re.compile(r"\bredis-cli\b[^\n;|&]*?\s-a\s+([^\s$'\"-]\S*)"),
    re.compile(r"\b(?:curl|wget)\b[^\n;|&]*?\s(?:-u|--user)[ =]?['\"]?[^\s:'\"$]+:([^\s$'\"]+)"),
)
"""Clients that take a password by a short option."""
_ASSIGNED: Final = re.compile(
    r"(?:^|[\s,{(\[;&|])(?:export\s+|-\s+|-e\s+)?[\"']?([A-Za-z_][\w.-]*)[\"']?\s*[:=]\s*(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'#,;}\])]+)",
    re.MULTILINE,
)
_CODE: Final = re.compile(r"[$/<{(\[]|[\w.]+[(\[]|(process|os|sys|env|secrets|config)\.")
"""A reference, a path, or the call of a function: no value."""
_NAMES_ONE: Final = re.compile(
    r"^(existing|extraSecret$|imagePullSecret|.*Secret_?(Name|Ref|Id|Arn)s?$|.*(KeyRef|KeyName|_FILE)$)",
    re.IGNORECASE,
)
"""Names of what points at a credential instead of holding one."""
SHORTEST: Final = 16
"""Characters of a known secret that is looked for inside of other texts."""


def is_template(value: str) -> bool:
    """Tell whether a value is a place for another one: `$.password`, `<aws.ses.secret>`, `${...}`."""
    return value.startswith(("$", "<", "{"))


def is_credential_name(name: str) -> bool:
    """Tell whether a variable of this name holds a credential."""
    plain = name.replace("-", "_")
    return bool(_NAME.search(plain)) and not _NAMES_ONE.match(plain)


def holds_credential(name: str, value: Any) -> bool:
    """Tell whether a variable in clear holds a credential. A plan's `[secret]` in clear text is one."""
    if value == SECRET:
        return True
    if not isinstance(value, str) or _REFERENCE.match(value):
        return False
    return looks_like_one(value) or is_credential_name(name)


_WORDS: Final = re.compile(
    r"pass(wor[dt]|wd|phrase)?|secret|admin|root|hunter|changeme|change.?me|letmein|welcome|qwert|test|example|monkey"
    r"|dragon|master|login|super|sample|dummy|default|please|replace|rocket|chat|mongo|postgres|mysql|redis|rabbit"
    r"|12345|abc123|iloveyou|(?:19|20)\d\d\W*$"
)
_LONG: Final = 20
"""Characters from which a word of four letters may be one by chance."""
_SPELLED: Final = str.maketrans("0134578@$!", "oleastbasi")
"""Digits and marks that stand for letters."""


def is_guessable(text: str) -> bool:
    """Tell whether a credential is one that is soon guessed: short, or made of words that everybody uses in them.

    What is made at random holds none of these words but by chance, so those of fewer than five letters count only
    where the rest is short, too.
    """
    plain = text.lower()
    words = [found[0] for form in (plain, plain.translate(_SPELLED)) for found in _WORDS.finditer(form)]
    longest = max(map(len, words), default=0)
    return len(text) < 8 or longest >= 5 or (longest > 0 and len(text) < _LONG)


def in_text(text: str) -> bool:
    """Tell whether a text of several lines, a script or a document holds a credential."""
    return (
        SECRET in text
        or looks_like_one(text)
        or in_command(text)
        or any(_assigns(name, value) for name, value in _ASSIGNED.findall(text))
    )


def in_document(text: str) -> bool:
    """Tell whether a document in JSON, or any other text, holds a credential."""
    content = _read(text)
    return in_text(content) if isinstance(content, str) else any(True for _ in found(content))


def found(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the places in a structure at which a credential stands: variables, commands, texts, blocks of YAML."""
    if isinstance(value, Mapping):
        if "value" in value and holds_credential(str(value.get("name")), value["value"]):
            yield (*path, "value")
        for key, item in value.items():
            yield from found(item, (*path, str(key)))
    elif isinstance(value, list):
        if in_command(value):
            yield path
        for position, item in enumerate(value):
            yield from found(item, (*path, position))
    elif isinstance(value, str) and value != SECRET:
        block = _block(value) if "\n" in value else None
        name = str(path[-1]) if path else ""
        if in_text(value) or holds_credential(name, value) or any(True for _ in found(block)):
            yield path


def _block(text: str) -> Any:
    """Return what a block of YAML says; None where it is something else."""
    try:
        content = yaml.safe_load(text) if _LISTED.search(text) else None
    except yaml.YAMLError:
        return None
    return content if isinstance(content, Mapping | list) else None


_LISTED: Final = re.compile(r"^\s*(?:- )?\s*(?:value|command|args)\s*:|^\s*- -", re.MULTILINE)
"""What a block holds that names and values of single lines do not tell."""


def _assigns(name: str, quoted: str) -> bool:
    value = quoted.strip("\"'")
    if value == quoted and is_credential_name(value):
        return False  # a variable of a program, as in `{DB_PASSWORD: password}`
    return (
        bool(value)
        and not _CODE.match(value)
        and not _REFERENCE.match(value)
        and is_credential_name(name.rpartition(".")[2])
    )


def in_command(command: Any) -> bool:
    """Tell whether a command, as text or as a list of words, holds a credential."""
    if isinstance(command, Sequence) and not isinstance(command, str):
        words = [str(word) for word in command if word is not UNKNOWN]
        command = " ".join(word if re.search(r"\s", word) else shlex.quote(word) for word in words)
    if not isinstance(command, str):
        return False
    if SECRET in command or looks_like_one(command):
        return True
    given = [match.strip("\"'") for match in _OPTION.findall(command)]
    given += [value for client in _CLIENTS for value in client.findall(command)]
    if any(
        value and not _REFERENCE.match(value) and not value.startswith(("$", "-", "<")) for value in given
    ):
        return True
    return any(_assigns(name, value) for name, value in _ENVIRONMENT.findall(command))


_ENVIRONMENT: Final = re.compile(r"(?:^|[\s;&|'\"])([A-Z_][A-Z0-9_]*)=(\"[^\"]*\"|'[^']*'|[^\s;|&\"']+)")
"""A variable that a shell is given before a command."""


@lru_cache(maxsize=4096)
def looks_like_one(text: str) -> bool:
    """Tell whether a text holds something that has the form of a credential."""
    if _VALUE.search(text) or any(":" in decoded(login) for login in _LOGIN.findall(text)):
        return True
    if not _HINTS.search(text):
        return False
    return any(True for detector in _detectors() for _ in detector.analyze_string(text))


@lru_cache(maxsize=1)
def _detectors() -> "tuple[RegexBasedDetector, ...]":
    import importlib

    made = []
    for name in _DETECTORS:
        module, _, kind = name.partition(".")
        made.append(getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), kind)())
    return tuple(made)


def decoded(value: Any) -> Any:
    """Return what is coded in base64, as text; the value itself where it is something else."""
    if not isinstance(value, str) or value == SECRET:
        return value
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return value


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Give path and text of every string in a value, and UNKNOWN where one is not known."""
    if isinstance(value, str) or value is UNKNOWN:
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, (*path, str(key)))
    elif isinstance(value, Sequence):
        for position, item in enumerate(value):
            yield from leaves(item, (*path, position))


PLACES: Final = (
    (t.SECRET_VERSION, "secretString"),
    (t.ATLAS_USER, "password"),
    (t.K8S_SECRET, "stringData"),
    (t.IAM_ACCESS_KEY, "secret"),
    (t.IAM_ACCESS_KEY, "sesSmtpPasswordV4"),
    ("random:index/randomPassword:RandomPassword", "result"),
    ("digitalocean:index/spacesKey:SpacesKey", "secretKey"),
)
"""Where the secrets of a stack stand rightly."""


def known(stack: Stack) -> re.Pattern[str] | None:
    """Return what finds the secrets of a stack as far as they are known, read once; None where there are none."""
    if "secrets" not in stack.memo:
        values: set[str] = set()
        for kind, prop in PLACES:
            for subject in stack.of(kind):
                for source in (subject.properties, subject.outputs):
                    values.update(text for _, text in leaves(_read(source.get(prop))) if text is not UNKNOWN)
        found = sorted(filter(_is_secret, values))
        stack.memo["secrets"] = re.compile("|".join(map(re.escape, found))) if found else None
    held: re.Pattern[str] | None = stack.memo["secrets"]
    return held


def _read(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _is_secret(text: str) -> bool:
    """Tell whether a text in a secret is one by itself: addresses, switches and names stand in there, too."""
    if text == SECRET or _REFERENCE.match(text):
        return False
    kinds = (str.islower, str.isupper, str.isdigit)
    return bool(_VALUE.search(text)) or (
        len(text) >= SHORTEST
        and re.fullmatch(r"[\w+/=~!-]+", text) is not None
        and all(any(map(kind, text)) for kind in kinds)
    )
