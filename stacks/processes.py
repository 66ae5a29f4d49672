"""The processes of a chat: how many of which, by the stack file."""

from rocketchat import services
from stacks.language import ChatSpec


def processes(spec: ChatSpec) -> tuple[services.Service, ...]:
    """Return the services that a stack runs, the main server first."""
    runtime, chat = spec.parts.runtime, spec.parts.chat
    least = runtime.instances or spec.size.instances
    return services.services(
        spec.release,
        runtime.topology,
        chat.users,
        least,
        most_replicas=max(least, runtime.max_instances or least),
        profile=chat.profile.value,
    )
