"""What all components share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pulumi

DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
"""As clouds name them, in the order in which Atlas counts."""


def one_of(what: str, value: str, allowed: Sequence[str]) -> str:
    """Return `value` if it is among `allowed`; else raise ValueError that names what and the choices."""
    if value not in allowed:
        raise ValueError(f"{what} is {value!r}; it must be one of {', '.join(allowed)}")
    return value


def not_secret(value: pulumi.Input[str], refusal: str) -> pulumi.Output[str]:
    """Return `value`, and fail the deployment with `refusal` when Pulumi holds it secret: it goes where it is read."""
    output = pulumi.Output.from_input(value)
    # Text is none, and needs no task that finds that out.
    if isinstance(value, str):
        return output

    async def checked() -> Any:  # an output, which from_input unwraps
        if await output.is_secret():
            raise pulumi.RunError(refusal)
        return output

    return pulumi.Output.from_input(checked())


def after(value: pulumi.Output[str], resources: Iterable[pulumi.Resource]) -> pulumi.Output[str]:
    """Return `value`, which whoever takes it gets only when these resources stand.

    For what a cloud demands and no input shows: a subnet is of no use before its routes.
    """
    # URNs, because they are known in a preview, where ids are not.
    return pulumi.Output.all(value, *[resource.urn for resource in resources]).apply(
        lambda all_: str(all_[0])
    )


def only_if(name: str, check: Callable[[pulumi.ResourceHookArgs], None]) -> pulumi.ResourceHookBinding:
    """Return a hook by which the engine asks, in previews too, whether what is deployed can become what is wanted.

    For updates that a cloud would refuse half-way: the program itself cannot know what is deployed. `check` raises
    ValueError with what to do instead. `name` is one that no other hook of the program has.
    """
    hook = pulumi.ResourceHook(name, check, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])


_PREFIX = "rocketchat:index:"
"""How the types of components begin."""


class Component(pulumi.ComponentResource):
    """Base of the components: token `rocketchat:index:<kind>`, and children that stay inside it."""

    # Whether programs in other languages get it; not what others make, or what is of use to a whole stack only.
    # Without an annotation: those are outputs.
    offered = True

    def __init__(
        self, kind: str, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(f"{_PREFIX}{kind}", name, dict(args), opts)

    def register(self, *, but_not: Sequence[str] = (), **more: pulumi.Input[Any]) -> None:
        """Register the outputs that the class declares, and `more`, which a deployment waits for.

        What is registered stands in the state; `but_not` are those that need not.
        """
        declared = {key: getattr(self, key) for key in type(self).__annotations__ if key not in but_not}
        self.register_outputs({**declared, **more})

    def child(
        self,
        *,
        protect: bool | None = None,
        retain_on_delete: bool | None = None,
        depends_on: Iterable[pulumi.Resource] | None = None,
        ignore_changes: Sequence[str] | None = None,
        replace_on_changes: Sequence[str] | None = None,
        delete_before_replace: bool | None = None,
        custom_timeouts: pulumi.CustomTimeouts | None = None,
        additional_secret_outputs: Sequence[str] | None = None,
        deleted_with: pulumi.Resource | None = None,
        hooks: pulumi.ResourceHookBinding | None = None,
        replace_with: Iterable[pulumi.Resource] | None = None,
        replacement_trigger: str | None = None,
    ) -> pulumi.ResourceOptions:
        """Options of a child: this component is its parent, and the caller's own options are not copied."""
        return pulumi.ResourceOptions(
            parent=self,
            protect=protect,
            retain_on_delete=retain_on_delete,
            depends_on=list(depends_on) if depends_on is not None else None,
            ignore_changes=list(ignore_changes) if ignore_changes is not None else None,
            replace_on_changes=list(replace_on_changes) if replace_on_changes is not None else None,
            delete_before_replace=delete_before_replace,
            custom_timeouts=custom_timeouts,
            additional_secret_outputs=(
                list(additional_secret_outputs) if additional_secret_outputs is not None else None
            ),
            deleted_with=deleted_with,
            hooks=hooks,
            replace_with=list(replace_with) if replace_with is not None else None,
            replacement_trigger=replacement_trigger,
        )


def now_or_before(opts: pulumi.ResourceOptions | None, other: str) -> pulumi.ResourceOptions:
    """Return options by which a component takes over what the component `other` of the same name had.

    For two of which a stack has one or the other: their records of the chat's name cannot be there at once.
    """
    alias = pulumi.Alias(type_=f"{_PREFIX}{other}")
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=[alias]))
