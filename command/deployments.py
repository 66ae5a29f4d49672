"""Commands that deploy stacks and look after what is deployed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from automation.writing import write
from command.shared import (
    Json,
    NoPolicies,
    Rehearse,
    Stack,
    Status,
    Wait,
    Yes,
    asking,
    by_urn,
    confirm,
    opened,
    say,
    telling,
    told,
)
from stacks.engine import name_of

app = typer.Typer()


@app.command()
def doctor(stack: Stack, as_json: Json = False) -> None:
    """Check quotas, names and credentials before a deployment.

    Asks the vendors, with your own credentials. Changes nothing; what cannot be
    asked is "not known". Exit status 1 where something stands in the way.
    """
    with telling(as_json):
        from automation.doctor import needs
        from automation.doctor.amazon import Aws
        from automation.doctor.credentials import of_stack
        from automation.doctor.run import doctor as run
        from automation.web import NotChecked
        from rehearsal import stack as planning
        from stacks.files import path_of

        loaded = planning.load(stack)
        spec, name = loaded.spec, loaded.name
        visit = needs.Visit(
            name,
            spec,
            needs.of_plan(planning.plan(loaded).resources),
            loaded.unset,
            of_stack(name, spec.parts, loaded.secret_keys, loaded.elsewhere or path_of(name)),
            Aws(spec.region, spec.parts.aws) if spec.region else None,
        )
        try:
            state = needs.deployed(name)
        except NotChecked as error:
            visit.state_unknown = str(error)
        else:
            if state is not None:
                visit.deployed, visit.account = needs.of_state(state), state.account
        report = run(visit, lambda outcome: None if as_json else typer.echo(str(outcome)))
        if as_json:
            say(report.to_json(), "", as_json=True)
        if not report.ok:
            raise typer.Exit(Status.FAILED)


@app.command()
def preview(
    stack: Stack,
    rehearse: Rehearse = False,
    no_policies: NoPolicies = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Show what `up` would change."""
    with (
        telling(as_json),
        opened(stack, rehearse, wait, as_json, policies=not no_policies, create=True) as one,
    ):
        told(one.preview(), as_json=as_json)


@app.command()
def up(
    stack: Stack,
    rehearse: Rehearse = False,
    no_policies: NoPolicies = False,
    yes: Yes = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Deploy, after a preview."""
    with (
        telling(as_json),
        opened(stack, rehearse, wait, as_json, policies=not no_policies, create=True) as one,
    ):
        if not yes and not rehearse:
            with asking("--yes", as_json=as_json):
                wanted = one.preview()
                told(wanted, as_json=False)
                if not wanted.changed:
                    return
                confirm(f"Deploy {one.name}?", as_json=as_json)
            told(one.up(preview=False), as_json=False)
            return
        told(one.up(), as_json=as_json)


@app.command()
def rotate(
    stack: Stack,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="Name of a generated secret; they are listed when it is left out."
        ),
    ] = None,
    rehearse: Rehearse = False,
    yes: Yes = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Replace a generated password or access key.

    The new one is deployed to what uses it. Without NAME it lists those there are.
    """
    from automation.rotation import kind_of

    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        if name is None:
            kinds = {found.name: kind_of(found.name) for found in one.generated()}
            names = [name for name, kind in kinds.items() if kind.offered]
            kept = {name: kind.effect for name, kind in kinds.items() if not kind.offered}
            lines = [
                *(f"{name}: {kinds[name].effect}" for name in names),
                *(f"{name} cannot be rotated: {why}; {kinds[name].instead}" for name, why in kept.items()),
            ]
            say(
                {"stack": one.name, "generated": names, "kept": kept},
                "\n".join(lines) or "There are none: the stack is not deployed.",
                as_json=as_json,
            )
            return
        if not yes and not rehearse:
            one.rotated(name)
            confirm(f"Replace {name} of {one.name}?", as_json=as_json)
        told(one.rotate(name), as_json=as_json)


@app.command()
def refresh(
    stack: Stack, rehearse: Rehearse = False, yes: Yes = False, wait: Wait = 0, as_json: Json = False
) -> None:
    """Update the state from what the clouds have."""
    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        if not yes and not rehearse:
            confirm(f"Change the state of {one.name} to what the clouds have?", as_json=as_json)
        told(one.refresh(), as_json=as_json)


@app.command()
def drift(stack: Stack, rehearse: Rehearse = False, wait: Wait = 0, as_json: Json = False) -> None:
    """Show what was changed in the clouds outside Pulumi.

    Exit status 1 where something was.
    """
    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        result = one.drift()
        told(result, as_json=as_json)
        if result.changed:
            raise typer.Exit(Status.FAILED)


@app.command()
def recover(
    stack: Stack,
    adopt: Annotated[
        list[str] | None,
        typer.Option(metavar="URN=ID", help="Adopt the resource that has this ID in the cloud."),
    ] = None,
    discard: Annotated[
        list[str] | None, typer.Option(metavar="URN", help="Nothing of this resource is in the cloud.")
    ] = None,
    force_unlock: Annotated[
        bool, typer.Option("--force-unlock", help="Clear a lock of another machine, too.")
    ] = False,
    rehearse: Rehearse = False,
    as_json: Json = False,
) -> None:
    """Recover a stack whose deployment was interrupted.

    Exit status 1 where something is left to decide.
    """
    with telling(as_json), opened(stack, rehearse, 0, as_json) as one:
        result = one.recover(adopt=by_urn("--adopt", adopt), discard=discard or [], force_unlock=force_unlock)
        lines = [f"Cleared the lock of {lock}" for lock in result.unlocked]
        lines += [f"Adopted {name_of(urn)}: {own_id}" for urn, own_id in result.adopted]
        lines += [
            f"To be deleted by the next up, as it cannot be used: {name_of(urn)} {own_id}"
            for urn, own_id in result.doomed
        ]
        lines += [f"Nothing left behind of {name_of(urn)}" for urn in result.cleared]
        for urn, ids in result.undecided:
            lines.append(f"To decide: {urn}" + (f"; it may be {', '.join(ids)}" if ids else ""))
            lines.append(f"  {result.because[urn]}")
            lines.append(
                "  look for it in the cloud; then --adopt 'URN=ID', or, when it is not there, --discard 'URN'"
            )
        say(result.to_json(), "\n".join(lines) or "Nothing was interrupted.", as_json=as_json)
        if not result.done:
            raise typer.Exit(Status.FAILED)


@app.command()
def adopt(
    stack: Stack,
    given: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="URN=ID", help="The resource has this ID in the cloud."),
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="URN", help="Create this resource, even if one is there.")
    ] = None,
    import_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write what is found as Pulumi's import file, and take nothing over."
        ),
    ] = None,
    rehearse: Rehearse = False,
    yes: Yes = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Take over what is in the clouds already.

    Only what the stack would create. The stack owns it from then on, and `destroy` deletes it. Exit status 1 where
    something that may be there was left alone.
    """
    with telling(as_json), opened(stack, rehearse, wait, as_json, create=True) as one:
        known = by_urn("--id", given)

        def agree(found: Mapping[str, str]) -> bool:
            if import_file is not None:
                return False
            if not yes and not rehearse:
                listed = [f"  {name_of(urn)}: {own_id}" for urn, own_id in found.items()]
                question = f"Take these over into {one.name}, which then owns them?"
                confirm("\n".join(["Found:", *listed, question]), as_json=as_json)
            return True

        result = one.adopt(given=known, skip=skip or [], agree=agree)
        if import_file is not None:
            write(import_file, json.dumps(result.imports, indent=2) + "\n")
        lines = [f"Adopted {name_of(urn)}: {own_id}" for urn, own_id in result.taken.items()]
        for urn, why in result.left.items():
            lines += [f"Left alone: {urn}", f"  {why}"]
        for why in dict.fromkeys(result.unsought.values()):
            unsought = [urn for urn, because in result.unsought.items() if because == why]
            lines.append(f"Not looked for, and created unless --id 'URN=ID' names it ({why}):")
            lines += [f"  {urn}" for urn in unsought]
        say(
            result.to_json(),
            "\n".join(lines) or "Nothing that this stack would make is there.",
            as_json=as_json,
        )
        if result.plan is not None and not as_json:
            told(result.plan, as_json=False)
        if result.left:
            raise typer.Exit(Status.FAILED)


@app.command()
def destroy(
    stack: Stack,
    confirm_name: Annotated[
        str | None, typer.Option("--confirm", metavar="NAME", help="The stack's name, once more.")
    ] = None,
    unprotect: Annotated[
        bool, typer.Option("--unprotect", help="Release what is protected first: data is lost.")
    ] = False,
    rehearse: Rehearse = False,
    yes: Yes = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Delete all that a stack has made."""
    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        if confirm_name is None and not yes:
            with asking(f"--confirm {one.name}", as_json=as_json):
                confirm_name = str(typer.prompt(f"Type {one.name} to destroy it", err=True))
        told(
            one.destroy(confirm=one.name if confirm_name is None else confirm_name, unprotect=unprotect),
            as_json=as_json,
        )


@app.command()
def outputs(
    stack: Stack,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Print secret outputs in clear.")
    ] = False,
    rehearse: Rehearse = False,
    as_json: Json = False,
) -> None:
    """Print the stack's outputs."""
    from automation.values import shown

    with telling(as_json), opened(stack, rehearse, 0, as_json) as one:
        found = shown(one.outputs(), reveal=show_secrets)
        lines = [
            f"{key}  {value if isinstance(value, str) else json.dumps(value)}" for key, value in found.items()
        ]
        say(found, "\n".join(lines) or "There are none: the stack is not deployed.", as_json=as_json)


@app.command()
def engine(as_json: Json = False) -> None:
    """Find the Pulumi CLI, or provide one.

    By the official installer, else built from its Go module, below the project's folder. Exit status 3 where neither
    can be had.
    """
    from automation.errors import NoEngineError
    from automation.pulumi_cli import provide_engine

    with telling(as_json):
        cli = provide_engine(lambda line: typer.echo(line, err=as_json))
        if cli is None:
            raise NoEngineError(
                "No Pulumi CLI can be had here. Plans work without one",
                remedy="to deploy, install it: https://www.pulumi.com/docs/install",
            )
        if as_json:
            say({"path": str(cli.path), "version": cli.version}, "", as_json=True)
