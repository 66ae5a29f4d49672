"""Numbers of things, in words: for every message that counts."""


def plural(noun: str, number: int) -> str:
    """`port`, or `ports` where it is not one."""
    return noun if number == 1 else f"{noun}s"


def count(number: int, noun: str) -> str:
    """`1 resource`, `2 resources`."""
    return f"{number} {plural(noun, number)}"
