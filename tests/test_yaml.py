"""Stack files are read as the engine reads them, or refused."""

import contextlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine_marks import needs_engine
from hypothesis import given
from hypothesis import strategies as st

from automation.pulumi_cli import find_engine
from stacks import files, scalars
from stacks.language import checked_file
from stacks.problems import InvalidStack, Problem
from stacks.project import PRODUCT

FACTS = json.loads((Path(__file__).parent / "data" / "yaml_of_the_engine.json").read_text(encoding="utf-8"))
"""What Pulumi 3.259.0 (gopkg.in/yaml.v3 3.0.1) makes of values in a mapping, and of whole files; null: an error."""
VALUES: list[tuple[str, Any]] = [(text, found and found["v"]) for text, found in FACTS["values"] if found]
REFUSED_BY_THE_ENGINE = [text for text, found in FACTS["values"] if found is None]
DIFFERENT = (
    *[
        "yes",
        "no",
        "on",
        "off",
        "Yes",
        "NO",
        "On",
        "08",
        "0o17",
        "0O17",
        "0X1f",
        "0B1",
        "1e3",
        "1E3",
        "1.5e3",
        "1.0",
        "1.",
        "-0.0",
        "+.5",
        "1:30",
        "12:30:45",
    ],
    *[
        "2026-11-28",
        "2026-1-2",
        "2026-11-28T10:00:00Z",
        "99999999999999999999",
        "18446744073709551616",
        ".inf",
        ".nan",
    ],
    *('"\\ud83d\\ude80"', '"\\nx\\ny"', '"\\tx\\ny"', "{a:}", "{no: 1}", "{1: x}", "{<<: {a: 1}}"),
)
"""What both read without an error, and not alike."""


def written(folder: Path, content: str) -> Path:
    path = folder / "Pulumi.some.yaml"
    path.write_bytes(content.encode())
    return path


def understood(folder: Path, content: str) -> files.StackFile:
    found = files.read(str(written(folder, content)))
    if found.problems:
        raise InvalidStack(found.shown, found.problems)
    return found


def read(folder: Path, value: str) -> Any:
    content = f"config:\n  rocketchat:a:\n    v: {value}\n"
    return understood(folder, content).values["rocketchat:a"]["v"]


def refused(folder: Path, content: str) -> list[Problem]:
    with pytest.raises(InvalidStack) as caught:
        understood(folder, content)
    return list(caught.value.problems)


@pytest.mark.parametrize(("text", "engine"), VALUES, ids=[text for text, _ in VALUES])
def test_a_value_is_read_as_the_engine_reads_it_or_refused_with_its_line(
    tmp_path: Path, text: str, engine: Any
) -> None:
    try:
        found = read(tmp_path, text)
    except InvalidStack as error:
        assert {problem.line for problem in error.problems} == {3}
        assert all(problem.remedy for problem in error.problems)
    else:
        assert json.dumps(found) == json.dumps(engine)


@pytest.mark.parametrize("text", [*REFUSED_BY_THE_ENGINE, *DIFFERENT])
def test_a_value_that_the_engine_refuses_or_reads_otherwise_is_refused_with_its_line(
    tmp_path: Path, text: str
) -> None:
    [problem, *_] = refused(tmp_path, f"config:\n  rocketchat:a:\n    v: {text}\n")
    assert problem.line in {3, 4}


@pytest.mark.parametrize(
    "text",
    ["true", "False", "null", "0", "-1", "017", "0x1F", "1_000", "0.5", "8.9.0", "no-reply", '"no"', "🚀"],
)
def test_a_value_that_both_read_alike_is_accepted(tmp_path: Path, text: str) -> None:
    assert json.dumps(read(tmp_path, text)) == json.dumps(dict(VALUES).get(text, text.strip('"')))


@pytest.mark.parametrize(("content", "engine"), FACTS["documents"])
def test_a_file_is_read_as_the_engine_reads_it_or_refused(tmp_path: Path, content: str, engine: Any) -> None:
    try:
        found = understood(tmp_path, content)
    except InvalidStack:
        return
    secure = dict.fromkeys(found.secure, "[secure]")
    assert {**found.values, **secure} == engine


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        ("config:\n  rocketchat:a: no\n", "quotes"),
        ("config:\n  rocketchat:a: {x: no}\n", "quotes"),
        ("config:\n  rocketchat:a: {on: x}\n", "quotes"),
        ("config:\n  rocketchat:a: {<<: {x: 1}}\n", "write the keys out"),
        ("config:\n  rocketchat:a: !!bool abc\n", "leave it out"),
        ('config:\n  rocketchat:a: "\\U00110000"\n', "character itself"),
        ('config:\n  rocketchat:a: "\\ud83d\\ude80"\n', "character itself"),
        ("config:\n  rocketchat:a: {x:}\n", "key: value"),
        ("config:\n  rocketchat:a: {x:, y: 1}\n", "key: value"),
        ("config:\n  rocketchat:license: {secure: 5}\n", "pulumi config set --secret rocketchat:license"),
    ],
)
def test_what_must_be_written_otherwise_says_how(tmp_path: Path, content: str, remedy: str) -> None:
    [problem] = refused(tmp_path, content)
    assert problem.line == 2
    assert remedy in (problem.remedy or "")


@given(st.text(st.sampled_from("0123456789+-._:eExobTZ~yYnN"), min_size=1, max_size=8))
def test_a_plain_scalar_is_text_only_where_neither_reads_more_into_it(text: str) -> None:
    found = scalars.read(text)
    if isinstance(found, str):
        assert found == text
        assert scalars.of_engine(text) == scalars.of_pyyaml(text) == text


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], dict[str, Any]]:
    """Give what lets the engine read a file: it returns each value as a program gets it."""
    found = find_engine()
    assert found is not None
    folder = tmp_path_factory.mktemp("engine")
    (folder / "state").mkdir()
    (folder / "Pulumi.yaml").write_bytes((PRODUCT / "Pulumi.yaml").read_bytes())
    variables = {
        **os.environ,
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "any",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - the engine
            [found.path, *arguments, "--stack", "some", "--non-interactive"],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def ask(content: bytes) -> dict[str, Any]:
        (folder / "stacks" / "Pulumi.some.yaml").write_bytes(content)
        told = json.loads(run("config", "--json"))
        return {
            key: "[secure]"
            if one["secret"]
            else json.loads(one["value"])
            if "objectValue" in one
            else one["value"]
            for key, one in told.items()
        }

    (folder / "stacks").mkdir()
    run("stack", "init")
    return ask


@needs_engine
def test_the_engine_reads_each_committed_file_as_it_is_read_here(
    engine: Callable[[bytes], dict[str, Any]],
) -> None:
    for stack in files.names():
        found = files.read(stack)
        plain = {
            key: one if isinstance(one, dict | list) else files.as_config({key: one})[key]
            for key, one in found.values.items()
        }
        assert engine(found.path.read_bytes()) == {**plain, **dict.fromkeys(found.secure, "[secure]")}


@needs_engine
def test_the_facts_are_what_this_engine_says(engine: Callable[[bytes], dict[str, Any]]) -> None:
    lines = [f"    v{at}: {text}" for at, (text, _) in enumerate(VALUES)]
    asked = engine("\n".join(["config:", "  rocketchat:a:", *lines, ""]).encode())
    assert asked["rocketchat:a"] == {f"v{at}": value for at, (_, value) in enumerate(VALUES)}


# --------------------------------------------------------------------------------------------- Pulumi ESC


def test_secrets_of_an_environment_are_not_called_missing(tmp_path: Path) -> None:
    text = files.path_of("lovia-fargate").read_text(encoding="utf-8")
    without = text[: text.index("  # Encrypted for nobody")]
    path = tmp_path / "Pulumi.esc.yaml"
    path.write_text(without, encoding="utf-8")
    with pytest.raises(InvalidStack):
        checked_file(files.read(str(path)))
    for form in ("environment: [lovia/chat]", "environment:\n  imports:\n    - lovia/chat"):
        path.write_text(f"{without}{form}\n", encoding="utf-8")
        found = files.read(str(path))
        assert found.environments == ("lovia/chat",)
        assert checked_file(found)[1] == {"rocketchat:oidcClientSecret"}
    # The licence may be there, too: what needs one is not refused for want of it.
    licensed = without.replace("{kind: fargate, spot: true}", "{kind: fargate, spot: true, instances: 2}")
    path.write_text(f"{licensed}environment: [lovia/chat]\n", encoding="utf-8")
    assert checked_file(files.read(str(path)))[1] == {"rocketchat:oidcClientSecret", "rocketchat:license"}
    cut = without.replace("  rocketchat:runtime: {kind: fargate, spot: true}\n", "")
    path.write_text(f"{cut}environment: [lovia/chat]\n", encoding="utf-8")
    with pytest.raises(InvalidStack) as caught:
        checked_file(files.read(str(path)))
    assert "lovia/chat" in caught.value.problems[0].message


CONFIG = """\
config:
  aws:region: eu-central-1
  rocketchat:chat:
    host: chat.example.com
    users: 20
{here}
  rocketchat:dns: {{kind: cloudflare, zone: example.org}}
  rocketchat:database: {{kind: atlas-existing, project: 5f0c1d2e3b4a59687f6e5d4c, cluster: one, name: chat}}
"""
RUNTIME = "  rocketchat:runtime: {kind: fargate, colour: red}\n"
OF_A_RUNTIME = [("rocketchat:chat.host", 4), ("rocketchat:runtime.colour", 6)]
"""What is wrong beside a mistake of syntax: the name does not lie in the zone, and the runtime has no such key."""


@pytest.mark.parametrize(
    ("wrong", "place", "line", "told", "remedy"),
    [
        ("  rocketchat:mail: {kind: smtp, host: a.b", "rocketchat:mail", 7, "opened in line 7", "close it"),
        ("  rocketchat:mail: {kind: smtp,\n    host: [a.b}", "rocketchat:mail.host", 8, "opened in line 8", "close it"),
        ('  rocketchat:mail: {host: "a.b}', "rocketchat:mail", 7, "is not closed", "close it"),
        ("  rocketchat:mail: 'a", "rocketchat:mail", 7, "quote of line 7 is not closed", "close it"),
        ("  rocketchat:mail:\n\tkind: smtp\n\thost: a.b", "rocketchat:mail.kind", 8, "a tab", "write blanks"),
        ("  rocketchat:mail:\t{kind: smtp}", "rocketchat:mail", 7, "a tab", "write blanks"),
        ("  rocketchat:mail: kind: smtp", "rocketchat:mail", 7, "a second colon", "in quotes"),
        ("  rocketchat:mail\n    kind: smtp", "rocketchat:mail", 7, "no colon follows", "`key: value`"),
        ("   rocketchat:mail: {kind: smtp}", "rocketchat:mail", 7, "indented otherwise", "like them"),
        (" rocketchat:mail: {kind: smtp}", "rocketchat:mail", 7, "indented otherwise", "like them"),
        ("  rocketchat:appearance: {homeTitle: @home}", "rocketchat:appearance", 7, "begins with @", "in quotes"),
        ("  rocketchat:appearance: {homeTitle: `home`}", "rocketchat:appearance", 7, "begins with `", "in quotes"),
        ("  rocketchat:appearance:\n    homeTitle: *home", "rocketchat:appearance.homeTitle", 8, "& or *", "quotes"),
        ("  rocketchat:appearance: {css: '.a'b}", "rocketchat:appearance", 7, "not closed, or a comma", "commas"),
        ('  rocketchat:appearance: {css: "\\d"}', "rocketchat:appearance", 7, "a backslash", "single quotes"),
        ('  rocketchat:appearance: {css: "\\U00110000"}', "rocketchat:appearance", 7, "an escape", "itself"),
        ("  rocketchat:appearance:\n    css: |.a\n      b", "rocketchat:appearance.css", 8, "| or >", "next line"),
        ("  - a", "file", 7, "an entry of a list", "below its key"),
        ("<<<<<<< HEAD\n=======\n>>>>>>> other", "file", 7, "lines 7, 8, 9", "one side"),
        ("  # a\x07b", "file", 7, "control character (U+0007)", "take it out"),
        ("  rocketchat:license:\n    secure: v1:a: b", "rocketchat:license.secure", 8, "a second colon", "quotes"),
    ],
)  # fmt: skip
def test_what_is_no_yaml_is_told_with_its_place_and_the_rest_is_judged(
    wrong: str, place: str, line: int, told: str, remedy: str, tmp_path: Path
) -> None:
    path = tmp_path / "Pulumi.broken.yaml"
    path.write_text(CONFIG.format(here=RUNTIME + wrong), encoding="utf-8")
    with pytest.raises(InvalidStack) as caught:
        checked_file(files.read(str(path)))
    [syntax] = [one for one in caught.value.problems if "not YAML" in one.message]
    assert (syntax.path, syntax.line) == (place, line)
    assert told in syntax.message
    assert remedy in (syntax.remedy or "")
    others = [(one.path, one.line) for one in caught.value.problems if one is not syntax]
    assert others == OF_A_RUNTIME


SAML = """\
  rocketchat:login:
    kind: saml
    entryPoint: https://id.example.com/sso
    certificate: MAMCAQE=
    identifierFormat: urn:oasis:names:tc:SAML:2.0:nameid-format:transient
  rocketchat:license:
    secure: v1:a: b
"""


def test_a_secret_that_is_no_yaml_is_there_for_what_needs_it(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.broken.yaml"
    path.write_text(CONFIG.format(here=RUNTIME + SAML), encoding="utf-8")
    with pytest.raises(InvalidStack) as caught:
        checked_file(files.read(str(path)))
    found = [(one.path, one.line) for one in caught.value.problems]
    assert found == [*OF_A_RUNTIME, ("rocketchat:license.secure", 13)]


def test_what_stands_behind_a_merge_key_is_not_missing_too(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.merged.yaml"
    wrong = "  rocketchat:runtime: {<<: {kind: fargate}}"
    path.write_text(CONFIG.format(here=wrong), encoding="utf-8")
    with pytest.raises(InvalidStack) as caught:
        checked_file(files.read(str(path)))
    told = [one.message for one in caught.value.problems if one.path.startswith("rocketchat:runtime")]
    assert told == ["a merge key (<<) cannot be used here"]


def test_several_mistakes_of_syntax_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.broken.yaml"
    wrong = "  rocketchat:runtime: {kind: fargate\n  rocketchat:mail: kind: smtp\n  rocketchat:push: [gateway"
    path.write_text(CONFIG.format(here=wrong), encoding="utf-8")
    with pytest.raises(InvalidStack) as caught:
        checked_file(files.read(str(path)))
    assert [(one.path, one.line) for one in caught.value.problems] == [
        ("rocketchat:chat.host", 4),
        ("rocketchat:runtime", 6),
        ("rocketchat:mail", 7),
        ("rocketchat:push", 8),
    ]


def test_what_one_of_two_configs_has_is_not_called_missing(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.twice.yaml"
    path.write_text(
        CONFIG.format(here=RUNTIME) + "config:\n  rocketchat:push: {kind: none}\n", encoding="utf-8"
    )
    with pytest.raises(InvalidStack) as caught:
        checked_file(files.read(str(path)))
    assert [(one.path, one.line) for one in caught.value.problems] == [*OF_A_RUNTIME, ("config", 10)]


@given(st.text(alphabet=" \n\t{}[]:,-'\"|&*!%@#abc", max_size=60))
def test_no_text_ends_otherwise_than_in_mistakes_with_lines(text: str) -> None:
    file = files.StackFile("any", Path("Pulumi.any.yaml"), {}, frozenset(), {})
    with contextlib.suppress(InvalidStack):
        files.of_text(file, CONFIG.format(here=text))
