"""Commands that plan stacks, and show or judge what is planned. They need no account."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from automation.writing import write
from command.shared import (
    MOST_USERS,
    All,
    Environment,
    Json,
    PlanFile,
    Rehearse,
    Stack,
    Stacks,
    Status,
    console,
    need_project,
    one_of,
    opened,
    planned,
    refuse,
    say,
    telling,
)

app = typer.Typer()


class Copier(StrEnum):
    """What copies images."""

    crane = "crane"
    skopeo = "skopeo"


@app.command()
def plan(
    stack: Stack,
    everything: All = False,
    as_json: Json = False,
    file: PlanFile = None,
) -> None:
    """Show what a stack would create, and what to do next.

    Needs no account and no Pulumi CLI.
    """
    with telling(as_json):
        rehearsed = planned(stack, file)
        if as_json:
            say(rehearsed.to_json(), "", as_json=True)
        else:
            rehearsed.show(console(), everything=everything)
            rehearsed.show_next(console())
        if not rehearsed.ok:
            raise typer.Exit(Status.FAILED)


@app.command()
def rehearse(
    stack: Stack,
    everything: All = False,
    as_json: Json = False,
    file: PlanFile = None,
    no_by_hand: Annotated[
        bool,
        typer.Option("--no-by-hand", help="Leave out the commands of a user in a checkout of their own."),
    ] = False,
) -> None:
    """Plan a stack, and run its full lifecycle.

    In Pulumi's engine, against stand-in clouds; no account is needed.
    """
    from rich.console import Console

    with telling(as_json):
        rehearsed = planned(stack, file)
        to = Console(quiet=True) if as_json else console()
        from rehearsal.report import live

        rehearsed.show(to, everything=everything)
        life = live(rehearsed, to, by_hand=not no_by_hand)
        rehearsed.show_next(to)
        if as_json:
            say({**rehearsed.to_json(), "life": None if life is None else life.to_json()}, "", as_json=True)
        if not rehearsed.ok or (life is not None and life.leaks):
            raise typer.Exit(Status.FAILED)


@app.command()
def images(
    stack: Stack,
    copy: Annotated[
        Copier | None,
        typer.Option(
            "--copy",
            metavar=one_of(Copier),
            help="Print the commands that copy them to the stack's own registry (`images`, `charts`), by this tool.",
        ),
    ] = None,
    sbom: Annotated[
        Path | None,
        typer.Option(
            "--sbom",
            metavar="FILE",
            help="Write them there instead, with the packages and plugins that deploy the stack, as a CycloneDX SBOM.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the container images and Helm charts that a stack pulls."""
    with telling(as_json):
        from rehearsal import stack as stacks
        from stacks import mirror

        if copy is not None and sbom is not None:
            refuse("--copy prints commands, and --sbom writes a file: give one of them")
        loaded = stacks.load(stack)
        spec = loaded.spec
        pulled, charts = mirror.images(spec), mirror.charts(spec)
        commands = [] if copy is None else list(mirror.commands(spec, copy.value))
        value = {
            "images": [{"published": one.published, "pulled": one.pulled} for one in pulled],
            "charts": [vars(one) for one in charts],
            "commands": commands,
        }
        if sbom is not None:
            from automation import sbom as bill

            write(sbom, bill.text(spec, loaded.name))
            # Beside the results, as the file may be /dev/stdout.
            typer.echo(f"Written: {sbom}", err=True)
            lines = []
        elif copy is None:
            lines = [
                *(one.pulled for one in pulled),
                *(f"chart {one.name} {one.version} from {one.source}" for one in charts),
            ]
        else:
            lines = commands or [
                "# The stack pulls from the makers' registries: name yours in rocketchat:images and rocketchat:charts."
            ]
        if as_json or lines:
            say(value, "\n".join(lines), as_json=as_json)


@app.command()
def policy(
    stacks: Stacks = None,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Show advisory findings and what is not known yet, too.")
    ] = False,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Judge a plan that `plan --file` wrote.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="Judge what `pulumi stack export` wrote.")
    ] = None,
    preview: Annotated[
        Path | None,
        typer.Option("--preview", metavar="FILE", help="Judge what `pulumi preview --json` wrote."),
    ] = None,
    environment: Annotated[
        Environment | None,
        typer.Option(
            "--environment", metavar=one_of(Environment), help="Instead of what the stack's profile says."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Instead of the project's policy/config.yaml."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Also write the findings there, as JSON.")
    ] = None,
    sarif: Annotated[
        Path | None,
        typer.Option("--sarif", metavar="FILE", help="Also write SARIF 2.1.0, for code scanning."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit, for CI.")
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option("--markdown", metavar="FILE", help="Also write Markdown, for a pull request."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge stacks, or other programs, by the policy pack.

    Exit status 1 where a mandatory rule is broken, or a stack cannot be judged.
    """
    from policy import report, sources
    from policy.config_file import ConfigError, config_file, load
    from policy.judge import judge
    from rehearsal import judging
    from stacks import files

    readers = ((plan, sources.of_plan), (state, sources.of_state), (preview, sources.of_preview))
    given = [(path, read) for path, read in readers if path is not None]
    with telling(as_json):
        if len(given) > 1:
            refuse("--plan, --state and --preview are several things to judge: give one of them")
        if not stacks and not given:
            need_project()
        names = list(stacks or ()) or [path.stem for path, _ in given] or files.names()
        if given and len(names) > 1:
            refuse("a file is judged as one stack: give one name")
        found, wrong = [], []
        try:
            judged_by = config or config_file()
            # Its mistakes are no stack's: they are told once, before anything is planned.
            load("", judged_by)
            for name in names:
                try:
                    resources = given[0][1](given[0][0]) if given else judging.of_stack(name)
                except sources.NotJudged as error:
                    wrong.append(str(error))
                    continue
                judged_as = load(sources.name_of(name), judged_by, profile=sources.profile_of(name))
                if environment is not None:
                    judged_as = replace(judged_as, environment=environment.value)
                found.append(judge(resources, judged_as, stack=sources.name_of(name)))
        except ConfigError as error:
            wrong.append(str(error))
        told = report.as_json(found) | ({"clean": False, "errors": wrong} if wrong else {})
        if file is not None:
            write(file, report.text(told))
        if sarif is not None:
            write(sarif, report.text(report.as_sarif(found, wrong)))
        if junit is not None:
            write(junit, report.as_junit(found, wrong))
        if markdown is not None:
            write(markdown, report.as_markdown(found, wrong))
        if as_json:
            say(told, "", as_json=True)
        else:
            for each in found:
                report.table(each, console(), everything=everything)
            for line in wrong or ([] if names else [files.NO_STACKS]):
                typer.echo(line, err=True)
        if not told["clean"]:
            raise typer.Exit(Status.FAILED)


@app.command()
def diff(
    base: Annotated[
        str, typer.Argument(metavar="BASE", help="A commit, branch or tag of git, such as origin/main.")
    ],
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Write the Markdown there instead.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what has changed in every stack since BASE.

    Resources, cost and findings, as Markdown for a pull request. Exit status 1 where something is found now that stops
    a deployment, or a stack cannot be planned.
    """
    with telling(as_json):
        need_project()
        from reports import changes, versions

        to = console(error=True)
        with to.status(f"planning {base} and what there is now") as shown:
            sides = versions.both(
                base,
                lambda folder: versions.of_all(folder, on_done=lambda name: shown.update(f"planned {name}")),
            )
        found = changes.compare(*sides)
        text = changes.markdown(found, base)
        if file is not None:
            write(file, text)
        if as_json:
            say({"base": base, "stacks": [one.to_json() for one in found]}, "", as_json=True)
        elif file is None:
            typer.echo(text, nl=False)
        if any(one.blocking or one.state.startswith("cannot") for one in found):
            raise typer.Exit(Status.FAILED)


@app.command()
def report(
    stack: Stack,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Where to write it; STACK.html when left out."),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", metavar="USERS", min=1, help="The most users of the plots of cost.")
    ] = MOST_USERS,
    deployed: Annotated[
        bool,
        typer.Option(
            "--deployed",
            help="Preview the deployed stack, with your credentials, and show what would change.",
        ),
    ] = False,
    rehearse: Rehearse = False,
    as_json: Json = False,
) -> None:
    """Write a stack on one page, with its picture.

    Summary, cost, secrets, findings, resources and next steps, as one HTML file that fetches nothing, for people who
    run no commands. Needs the extra `report`, and no account but for --deployed.
    """
    with telling(as_json):
        from reports import page

        if rehearse and not deployed:
            refuse("--rehearse says against what --deployed previews: give both, or neither")
        previewed = None
        if deployed:
            with opened(stack, rehearse, 0, as_json, policies=False, create=True) as one:
                previewed = one.preview()
        with console(error=True).status(f"planning {stack}") as shown:
            rehearsed = planned(stack, None)
            text = page.write(
                rehearsed,
                most=most,
                deployed=previewed,
                on_step=lambda step: shown.update(f"{stack}: {step}"),
            )
        to = file or Path(f"{rehearsed.loaded.name}.html")
        write(to, text)
        say(
            {"stack": rehearsed.loaded.name, "file": str(to), "ok": rehearsed.ok},
            f"Written: {to}",
            as_json=as_json,
        )
        if not rehearsed.ok:
            raise typer.Exit(Status.FAILED)
