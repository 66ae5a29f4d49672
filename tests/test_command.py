"""The command as people meet it: help, version, completion, and a project in a folder of one's own."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer
from engine_marks import needs_engine

from automation import project
from automation.pulumi_cli import find_engine
from command import cli
from command.shared import Status
from rehearsal.stack import plan
from rocketchat import __version__
from stacks import files, schema
from stacks.project import PACKAGES, PRODUCT, find, hiding, stack_files

KUBERNETES = ["chat.host=chat.acme.example", "runtime.kind=kubernetes", "runtime.context=kind-chat", "--yes"]


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert cli.main([*arguments]) == 0
    return capsys.readouterr().out.splitlines()


def commands(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    told = lines(capsys, "-h")
    return dict(line.split(maxsplit=1) for line in told[told.index("Commands:") + 1 :])


def test_help_shows_each_command_in_one_whole_line(capsys: pytest.CaptureFixture[str]) -> None:
    found = commands(capsys)
    assert {"init", "new", "list", "check", "plan", "policy", "rehearse", "up", "destroy"} <= found.keys()
    assert not [name for name, said in found.items() if said.endswith("...")]
    for name in found:
        assert lines(capsys, name, "-h") == lines(capsys, name, "--help")


def test_an_option_is_called_the_same_in_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    short: dict[str, set[str]] = {}
    for name in commands(capsys):
        for line in lines(capsys, name, "-h"):
            if found := re.match(r"  (-\w), (--[\w-]+)", line):
                short.setdefault(found[1], set()).add(found[2])
            # A switch has one form: what it turns on or leaves out.
            assert not re.match(r" +(-\w, )?--[\w-]+ / --", line), line
    assert short["-y"] == {"--yes"}
    assert not {letter: names for letter, names in short.items() if len(names) > 1}


def test_the_version_is_that_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, "--version") == [f"rocketchat {__version__}"]


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ("container: {variables: {DB_PASSWORD: hunter2hunter2}}", "container.variables.DB_PASSWORD"),
        ("container: {variables: {CACHE: 'redis://:pw12345678@host'}}", "container.variables.CACHE"),
        ("settings: {Layout_Home_Body: 'ghp_0123456789abcdefghijABCDEFGHIJ012345'}", "settings.Layout_Home_Body"),
        ("cost: {nothing: 1}\n  rocketchat:container: {variables: {A_TOKEN: abcdefgh}}", "container.variables.A_TOKEN"),
    ],
)  # fmt: skip
def test_a_credential_in_clear_is_told_by_check_with_its_key(
    part: str, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = files.path_of("local").read_text().rstrip("\n") + f"\n  rocketchat:{part}\n"
    (tmp_path / "Pulumi.clear.yaml").write_text(written)
    assert cli.main(["check", str(tmp_path / "Pulumi.clear.yaml")]) == Status.FAILED
    told = capsys.readouterr().err
    line = len(written.splitlines())
    assert f"rocketchat:{key} (line {line}): a credential stands in clear" in told


def test_several_stack_files_are_checked_at_once_and_each_mistake_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(files.find("local"), tmp_path)
    (tmp_path / "Pulumi.broken.yaml").write_text(
        "config: {rocketchat:chat: {users: many}}\n", encoding="utf-8"
    )
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    for named in ([], ["local", "broken"]):
        assert cli.main(["check", *named]) == Status.FAILED
        told = capsys.readouterr()
        assert "Pulumi.local.yaml is valid" in told.out
        assert "whole number" in told.err
    assert cli.main(["check", "--json"]) == Status.FAILED
    told_json = json.loads(capsys.readouterr().out)
    assert [(one["stack"], one["ok"]) for one in told_json["stacks"]] == [("broken", False), ("local", True)]
    assert told_json["error"] == "configuration"
    assert cli.main(["check", "local", "--json"]) == Status.SUCCESS
    [local] = json.loads(capsys.readouterr().out)["stacks"]
    assert local["checks"]


@pytest.mark.parametrize(
    "given",
    [
        ["check", "local", "--nothing", "--json"],
        ["plan", "local", "--json", "--nothing"],
        ["sizes", "--profile", "none", "--json"],
        ["settings", "diff", "local", "--json"],
        ["nothing", "--json"],
    ],
)
def test_wrong_use_is_told_as_json_where_that_is_asked_for(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(given) == Status.MISUSED
    told = capsys.readouterr()
    assert json.loads(told.out)["error"] == "usage"
    assert json.loads(told.out)["cause"]
    assert told.err == ""


def test_the_list_has_every_stack_and_says_which_are_not_valid(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(files.find("local"), tmp_path)
    (tmp_path / "Pulumi.broken.yaml").write_text(
        "config: {rocketchat:chat: {users: many}}\n", encoding="utf-8"
    )
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    broken, local = lines(capsys, "list")
    assert re.fullmatch(r"broken +not valid: \S*rocketchat check broken", broken)
    assert local.split() == ["local", "chat.localhost", "kubernetes", "5", "users", "trial", "8.9.0"]
    told = json.loads("\n".join(lines(capsys, "list", "--json")))["stacks"]
    assert [(one["stack"], one["ok"]) for one in told] == [("broken", False), ("local", True)]


PAGES = [PRODUCT / "README.md", *sorted((PRODUCT / "docs").glob("*.md")), PRODUCT / "CONTRIBUTING.md"]


def test_every_command_and_option_in_the_documentation_exists(capsys: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^(?: {4})?(\S.*)$", text, re.MULTILINE)
    told = {line for one in code for line in re.findall(r"^(?:\.venv/bin/)?rocketchat (.+)", one)}
    found = commands(capsys)
    for line in told:
        words = line.partition("#")[0].split()
        name = words[0].strip(",.")
        assert name in found or name.startswith("-") or name in {"COMMAND", "…"}, line
        inside = [word for word in words[1:2] if name in {"settings", "admin"} and word.isalpha()]
        known = "\n".join(lines(capsys, *([name, *inside] if name in found else []), "--help"))
        for option in re.findall(r"(?<!\S)--[a-z-]+", line):
            assert re.search(rf"{option}\b", known), line
    page = (PRODUCT / "docs" / "automation.md").read_text(encoding="utf-8")
    assert not [name for name in found if not re.search(rf"`{name}\b", page)]


# ------------------------------------------------------------------------------------------------ completion

SHELLS = {
    "bash": 'source "$1"; COMP_WORDS=(rocketchat {words}); COMP_CWORD={at}; _rocketchat_completion rocketchat; '
    'printf "%s\\n" "${{COMPREPLY[@]}}"',
    # zsh's own completion runs in its line editor only: what it would ask is asked.
    "zsh": 'autoload -U compinit && compinit -D; source "$1"; (( $+functions[_rocketchat_completion] )) && '
    '_TYPER_COMPLETE_ARGS="rocketchat {words}" _ROCKETCHAT_COMPLETE=complete_zsh rocketchat',
    "fish": 'source $argv[1]; complete --do-complete "rocketchat {words}"',
}


@pytest.fixture(scope="module")
def on_path(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The command on PATH, as the installed project has it."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "rocketchat"
    script.write_text(
        f"#!{sys.executable}\nimport sys\nfrom command.cli import main\nsys.exit(main())\n",
        encoding="utf-8",
    )
    script.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(PRODUCT),
        "HOME": str(folder),
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("words", "wanted"),
    [("re", {"rehearse", "refresh", "recover"}), ("plan lovia-d", {"lovia-doks"}), ("up --wa", {"--wait"})],
)
def test_the_shell_completes_commands_stacks_and_options(
    shell: str, words: str, wanted: set[str], on_path: dict[str, str], tmp_path: Path
) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")

    def run(*command: str) -> str:
        return subprocess.run(  # noqa: S603
            command, cwd=PRODUCT, env=on_path, capture_output=True, text=True, check=True, timeout=60
        ).stdout

    script = tmp_path / "completion"
    script.write_text(run("rocketchat", "--show-completion", shell), encoding="utf-8")
    assert "python" not in script.read_text(encoding="utf-8")
    asked = SHELLS[shell].format(words=words, at=len(words.split()))
    told = run(program, "-c", asked, *([] if shell == "fish" else [shell]), str(script))
    assert set(re.findall(r"[\w-]+", told)) >= wanted
    assert not re.search(r"\bdestroy\b", told)


# ------------------------------------------------------------------------------------- a folder of one's own


def started(folder: Path, *arguments: str, program: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, as a process of its own."""
    return subprocess.run(  # noqa: S603
        [*([program] if program else [sys.executable, "-m", "command"]), *arguments],
        cwd=folder,
        env={**os.environ, **({} if program else {"PYTHONPATH": str(PRODUCT)})},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("acme") / "chat"
    assert cli.main(["init", str(folder), *KUBERNETES]) == 0
    return folder


@pytest.mark.slow
def test_a_project_of_one_s_own_holds_what_pulumi_and_ci_need(own: Path) -> None:
    settings = (own / "Pulumi.yaml").read_text(encoding="utf-8")
    assert "\nname: rocketchat\n" in settings
    assert [stack_files(own), find(own / "policy")] == [own / "stacks", own]
    code = [line for line in (own / "__main__.py").read_text(encoding="utf-8").splitlines() if line]
    assert len(code) == 3
    assert (own / "stacks" / "stack.schema.json").read_text(encoding="utf-8") == schema.text()
    names = {str(path.relative_to(own)) for path in own.rglob("*") if path.is_file()}
    assert names >= {"requirements.txt", "stacks/Pulumi.chat.yaml", "policy/config.yaml", ".gitignore"}
    workflow = (own / ".github" / "workflows" / "rocketchat.yaml").read_text(encoding="utf-8")
    ours = (PRODUCT / ".github" / "workflows" / "ci.yaml").read_text(encoding="utf-8")
    for action in re.findall(r"uses: (.+)", workflow):
        assert action in ours


@pytest.mark.slow
def test_the_first_stack_is_called_like_its_folder_and_a_local_program_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["init", str(tmp_path / "acme"), *KUBERNETES]) == 0
    assert (tmp_path / "acme" / "stacks" / "Pulumi.acme.yaml").is_file()
    assert "names a folder of this machine" in capsys.readouterr().err
    wanted = (tmp_path / "acme" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [project.local(line) for line in wanted] == [False, False, True]
    assert "names a folder of this machine" in wanted[1]


@pytest.mark.slow
def test_a_project_is_made_for_other_programs_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["init", str(tmp_path / "acme"), *KUBERNETES, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["stack"] == "acme"
    assert {*map(Path, told["project"]["files"]), Path(told["file"])} <= {*(tmp_path / "acme").rglob("*")}
    assert told["project"]["setUp"][0] == f"cd {tmp_path / 'acme'}"
    assert cli.main(["init", str(tmp_path / "other"), "chat.host=nothing", "--json"]) == 2
    refused = json.loads(capsys.readouterr().out)
    assert refused["error"] == "usage"
    assert "project" not in refused


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (["--yes"], 2),
        (["chat.host=nothing", "--yes"], 2),
        (["chat.host", "--yes"], 2),
        (["chat.host"], 2),
        (["--stack", "a b", *KUBERNETES], 2),
        (["chat.nothing=1", *KUBERNETES], 2),
    ],
)
def test_answers_are_looked_at_before_a_project_is_written(
    given: list[str], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["init", str(tmp_path / "acme"), *given]) == status
    assert "Written" not in capsys.readouterr().err
    assert not (tmp_path / "acme").exists()


def test_help_names_what_is_given_and_shows_no_type_of_python(capsys: pytest.CaptureFixture[str]) -> None:
    def every(group: typer.core.TyperGroup, *path: str) -> Iterator[tuple[str, ...]]:
        for name, one in group.commands.items():
            yield (*path, name)
            if isinstance(one, typer.core.TyperGroup):
                yield from every(one, *path, name)

    top = typer.main.get_command(cli.app)
    assert isinstance(top, typer.core.TyperGroup)
    named = {
        f"{' '.join(path)} {typed}"
        for path in every(top)
        for line in lines(capsys, *path, "--help")
        for typed in re.findall(r"<\w[^>]*>|\w\.\.\.\}|\{\w+\.\.\.", line)
    }
    assert not named
    for path in every(top):
        usage, *rest = lines(capsys, *path, "--help")
        for given in re.findall(r"^  (?:-\w, )?--[\w-]+ (\S+)", "\n".join(rest), re.MULTILINE):
            assert given == "/" or re.fullmatch(r"[A-Z]+(=[A-Z]+)?|[a-z]+(\|[a-z]+)+", given), (usage, given)


def test_every_command_whose_result_is_read_prints_json() -> None:
    def without(group: typer.core.TyperGroup, path: str = "") -> Iterator[str]:
        for name, one in group.commands.items():
            if isinstance(one, typer.core.TyperGroup):
                yield from without(one, f"{path}{name} ")
            elif not any("--json" in option.opts for option in one.params):
                yield f"{path}{name}"

    top = typer.main.get_command(cli.app)
    assert isinstance(top, typer.core.TyperGroup)
    # What it prints is JSON in any case.
    assert list(without(top)) == ["schema"]


@pytest.mark.slow
def test_a_plan_needs_no_locale_that_has_utf_8() -> None:
    ascii_only = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "command", "plan", "local"],
        cwd=PRODUCT,
        env={**os.environ, **ascii_only},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stdout.decode("ascii").split()[0]) == (0, "local")


@pytest.mark.slow
def test_the_commands_work_on_the_stacks_of_the_folder_they_are_run_in(own: Path) -> None:
    assert started(own, "list").stdout.split()[:2] == ["chat", "chat.acme.example"]
    # From below it, too.
    assert started(own / "policy", "check", "chat").stdout.startswith("stacks/Pulumi.chat.yaml is valid")
    planned = json.loads(started(own, "plan", "chat", "--json").stdout)
    assert planned["ok"]
    ours = plan(str(own / "stacks" / "Pulumi.chat.yaml"))
    assert [one["urn"] for one in planned["resources"]] == [one.urn for one in ours.resources]
    unknown = started(own, "check", "local")
    assert unknown.returncode == 1
    assert "chat" in unknown.stderr


@pytest.mark.slow
def test_the_project_s_own_configuration_of_the_policy_pack_counts(own: Path, tmp_path: Path) -> None:
    folder = tmp_path / "strict"
    shutil.copytree(own, folder)
    assert started(folder, "policy").returncode == 0
    (folder / "policy" / "config.yaml").write_text(
        "default: {registries: [ecr.acme.example/]}\n", encoding="utf-8"
    )
    refused = started(folder, "policy", "--json")
    assert refused.returncode == 1
    assert not json.loads(refused.stdout)["clean"]
    told = started(folder, "plan", "chat")
    assert told.returncode == 1
    after = told.stdout.partition("Next, ")[2]
    assert after.startswith("before it can be deployed\n   1.  helm-chat-registry, ")
    assert "pulumi login" not in after


def test_nothing_that_is_there_is_written_over(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    assert cli.main(["init", str(own), *KUBERNETES]) == 2
    assert "exists already" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["components/__init__.py", "policy.py"])
def test_a_module_that_would_be_imported_in_the_place_of_the_program_s_is_refused(
    own: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "hiding"
    shutil.copytree(own, folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).touch()
    assert hiding(folder) == [name]
    refused = started(folder, "list")
    assert refused.returncode == 2
    assert f"{name} in {folder.resolve()}" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", [["list"], ["plan", "family-host"], ["new", "chat", "--yes"]])
@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"name: [", "Pulumi.yaml: it is not YAML"),
        (b"name: caf\xe9", "Pulumi.yaml: it is not UTF-8 text"),
        (b"", "Pulumi.yaml: it has no `name:`"),
        (b"name: 5", "Pulumi.yaml: it has no `name:`"),
        (b"name: rocketchat\nstackConfigDir: [a]", "its `stackConfigDir` is no text"),
    ],
    ids=["no YAML", "no text", "empty", "a number", "a list"],
)
def test_a_project_that_cannot_be_read_is_told_and_no_other_stands_in_for_it(
    tmp_path: Path, written: bytes, said: str, command: list[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_bytes(written)
    told = started(tmp_path, *command)
    assert told.returncode == 2
    assert said in told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["Pulumi.yaml"]


@pytest.mark.slow
def test_nothing_is_made_in_the_project_of_another_program(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: nodejs\n", encoding="utf-8")
    (tmp_path / "inside").mkdir()
    told = started(tmp_path / "inside", "new", "chat", "--yes")
    assert (told.returncode, "in the project shop" in told.stderr) == (2, True)
    assert "init DIR" in told.stderr


@pytest.mark.slow
def test_in_a_folder_that_is_gone_nothing_is_a_traceback(tmp_path: Path) -> None:
    rest = f"rmdir {tmp_path} && PYTHONPATH={PRODUCT} exec {sys.executable} -m command list"
    told = started(tmp_path, "-c", rest, program="/bin/sh")
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("command", [["list"], ["new", "chat"], ["policy"]])
def test_outside_of_a_project_the_way_to_make_one_is_told(tmp_path: Path, command: list[str]) -> None:
    # Installed, there is no checkout that would be the project.
    program = "from pathlib import Path; import sys; from stacks import project; project.ROOT = Path.cwd(); "
    told = subprocess.run(  # noqa: S603
        [
            sys.executable,
            "-c",
            program + "from command import cli; sys.exit(cli.main(sys.argv[1:]))",
            *command,
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PRODUCT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 2
    assert "init DIR" in told.stderr
    assert not list(tmp_path.iterdir())


# --------------------------------------------------------------------------------------------------- installed


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the project installed by pip, and what it needs lent by this one."""
    if find_spec("pip") is None or find_spec("hatchling") is None:
        pytest.skip("pip or hatchling is not installed here")
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)  # noqa: S603
    program = folder / "env" / "bin" / "python"
    packages = Path(
        subprocess.run(  # noqa: S603
            [program, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    # A copy, because building writes into the source's folder.
    source = folder / "source"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "tests", "build")
    shutil.copytree(PRODUCT, source, ignore=ignored)
    subprocess.run(  # noqa: S603
        [
            program,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            "--no-build-isolation",
            source,
        ],
        check=True,
    )
    return folder


@pytest.mark.slow
def test_pip_installs_the_program_s_packages_and_no_others(installed: Path) -> None:
    (packages,) = (installed / "env" / "lib").glob("python*/site-packages")
    names = {
        path.name for path in packages.iterdir() if not path.name.startswith(("lent", "rocketchat_pulumi-"))
    }
    assert names == set(PACKAGES)
    (metadata,) = packages.glob("rocketchat_pulumi-*.dist-info")
    assert metadata.name == f"rocketchat_pulumi-{__version__}.dist-info"
    shipped = {path.relative_to(packages) for path in packages.rglob("*") if path.is_file()}
    wanted = {
        path.relative_to(PRODUCT)
        for name in PACKAGES
        for path in (PRODUCT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert not wanted - shipped
    assert os.access(packages / "policy" / "launcher" / "pulumi-analyzer-policy-python", os.X_OK)


@pytest.mark.slow
def test_the_installed_program_makes_a_project_and_plans_it(installed: Path) -> None:
    program = str(installed / "env" / "bin" / "rocketchat")
    folder = installed / "chat"
    made = started(installed, "init", str(folder), *KUBERNETES, program=program)
    assert made.returncode == 0, made.stderr
    wanted = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()[-1]
    assert wanted == f"rocketchat-pulumi @ {(installed / 'source').as_uri()}"
    planned = started(folder, "plan", "chat", program=program)
    assert planned.stdout.startswith("chat  valid: "), planned.stderr
    assert started(folder, "policy", program=program).returncode == 0
    # What it writes stays in the project.
    assert {path.name for path in installed.iterdir()} == {"env", "source", "chat"}


BY_HAND = """
from rehearsal.backend import rehearsal_backend
from rehearsal.stack import load
from rehearsal.user_commands import live

with rehearsal_backend() as backend:
    print("\\n".join(live(load("lived"), backend).texts))
"""


@needs_engine
def test_plain_pulumi_deploys_a_project_of_one_s_own_under_its_own_policy_pack(installed: Path) -> None:
    folder = installed / "lived"
    made = started(
        installed, "init", str(folder), *KUBERNETES, program=str(installed / "env" / "bin" / "rocketchat")
    )
    assert made.returncode == 0, made.stderr
    engine = find_engine()
    assert engine is not None
    lived = subprocess.run(  # noqa: S603
        [installed / "env" / "bin" / "python", "-I", "-c", BY_HAND],
        cwd=folder,
        env={**os.environ, "PATH": f"{engine.path.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert lived.returncode == 0, lived.stderr
    assert "pulumi up --yes --policy-pack policy" in lived.stdout


def test_a_requirement_names_the_commit_that_was_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def installed_from(told: str | None) -> str:
        class Found:
            def read_text(self, _: str) -> str | None:
                return told

        monkeypatch.setattr("automation.project.metadata.distribution", lambda _: Found())
        return project.requirement()

    assert installed_from(None) == f"rocketchat-pulumi=={__version__}"
    told = {
        "url": "https://git.example/chat.git",
        "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": "0f" * 20},
    }
    assert installed_from(json.dumps(told)) == (
        f"rocketchat-pulumi @ git+https://git.example/chat.git@{'0f' * 20}"
    )
