"""The processes of a chat: how many of which, by the stack file."""

from rocketchat import services
from rocketchat.releases import Release
from rocketchat.sizing import Size
from stacks.kinds.runtime import RuntimeKind
from stacks.parts import Chat


def processes(runtime: RuntimeKind, chat: Chat, release: Release, size: Size) -> tuple[services.Service, ...]:
    """Return the services that a stack runs, the main server first."""
    least = runtime.instances or size.instances
    return services.services(
        release,
        runtime.topology,
        chat.users,
        least,
        most_replicas=max(least, runtime.max_instances or least),
        profile=chat.profile.value,
    )
