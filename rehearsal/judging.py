"""Stack files judged by the policy pack. They are planned for it."""

from policy import sources
from policy.adapters import from_plan
from policy.config import Config
from policy.config_file import load
from policy.judge import Report, judge
from policy.model import Subject
from rehearsal.errors import RehearsalError
from rehearsal.stack import plan
from stacks.problems import InvalidStack


def of_stack(name: str) -> list[Subject]:
    """Return what a stack file, by name or path, would make. Raises NotJudged where it cannot be planned."""
    try:
        return from_plan(plan(name).resources)
    except (InvalidStack, RehearsalError) as error:
        raise sources.NotJudged(f"{sources.name_of(name)} cannot be planned: {error}") from None


def judged(stack: str, config: Config | None = None) -> Report:
    """Judge a stack file, by name or path, by default in its own profile. Raises NotJudged and ConfigError."""
    name = sources.name_of(stack)
    return judge(of_stack(stack), config or load(name, profile=sources.profile_of(stack)), stack=name)
