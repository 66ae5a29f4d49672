"""Numbers of things, in words: for every message that counts."""


def plural(noun: str, number: int) -> str:
    """`port`, or `ports` where it is not one; `entries`."""
    if number == 1:
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("ry") else f"{noun}s"


def count(number: int, noun: str) -> str:
    """`1 resource`, `2 resources`."""
    return f"{number} {plural(noun, number)}"
