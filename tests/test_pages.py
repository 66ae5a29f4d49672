"""What is written into pages by running something."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proving import (
    fault_sweep,
    key_changes_page,
    pages,
    pictures,
    recordings,
    release_tables,
    rooms,
    stack_reference,
)
from rocketchat import releases
from stacks import files
from stacks.kinds.registry import KINDS
from stacks.project import PRODUCT


def test_numbers_stand_to_the_right_in_a_table_and_words_to_the_left() -> None:
    assert pages.titled("Times", ["stack", "s"], [["`a|b`", "0.50"], ["`c`", 2]]).splitlines() == [
        "**Times**",
        "",
        "| stack | s |",
        "|---|--:|",
        "| `a\\|b` | 0.50 |",
        "| `c` | 2 |",
    ]


@pytest.mark.parametrize("page", [fault_sweep.PAGE, key_changes_page.PAGE])
def test_what_is_made_by_running_takes_the_place_of_what_was_there(page: Path, tmp_path: Path) -> None:
    copy = tmp_path / page.name
    copy.write_text(page.read_text(encoding="utf-8"), encoding="utf-8")
    pages.write(copy, "| one |")
    pages.write(copy, "| two |")
    assert pages.read(copy).strip() == "| two |"
    text = copy.read_text(encoding="utf-8")
    assert "| one |" not in text
    assert text.startswith(page.read_text(encoding="utf-8").partition(pages.BEGIN)[0])


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("words", encoding="utf-8")
    with pytest.raises(ValueError, match=r"page\.md has no <!-- made by running: begin -->"):
        pages.write(page, "| one |")
    assert page.read_text(encoding="utf-8") == "words"


def test_the_plots_of_cost_are_of_these_prices_sizes_and_plans() -> None:
    assert not [name for name in pictures.PLOTS if pictures.plot_is_stale(name)], "run `make docs`"


@pytest.mark.slow
@pytest.mark.parametrize("name", recordings.RECORDED)
def test_a_recording_shows_what_the_command_prints(name: str) -> None:
    assert not recordings.stale(name), "run `make docs`"
    shown = recordings.path_of(name).read_text(encoding="utf-8")
    assert not re.search(r"url\((?!#)", shown), "it would ask another server"


def test_every_output_on_a_page_is_held_against_a_run_by_some_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (PRODUCT / "tests").glob("test_*.py"))
    typed = {block["typed"] for page in recordings.PAGES.rglob("*.md") for block in recordings.blocks(page)}
    assert not [one for one in typed if f'"{one}"' not in tests]
    assert len(typed) > 15


@pytest.mark.parametrize(
    ("printed", "shown", "written"),
    [
        ("a\nb\nc", "", "a\nb\nc"),
        ("a\nb\nc", "x\n…\n", "a\n…"),
        ("a\nb\nc", "…\nx\n", "…\nc"),
        ("a\nb", "…\nx\ny\nz\n", "a\nb"),
        ("at 2026-11-29T20:00:01Z", "", "at 2026-01-31T18:05:00Z"),
    ],
)
def test_a_block_shows_what_was_printed_for_as_many_lines_as_it_has(
    printed: str, shown: str, written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```console\n$ rocketchat list\n{shown}```\n", encoding="utf-8")
    monkeypatch.setattr(recordings, "PAGES", tmp_path)
    monkeypatch.setattr(recordings, "PRODUCT", tmp_path)
    monkeypatch.delenv("ROCKETCHAT_RECORD", raising=False)
    assert recordings.differs("list", printed) == ["page.md"]
    monkeypatch.setenv("ROCKETCHAT_RECORD", "1")
    assert not recordings.differs("list", printed)
    assert page.read_text(encoding="utf-8") == f"```console\n$ rocketchat list\n{written}\n```\n"
    monkeypatch.delenv("ROCKETCHAT_RECORD")
    assert not recordings.differs("list", printed)
    with pytest.raises(ValueError, match="prints a secret"):
        recordings.differs("list", "canarypassword")
    with pytest.raises(ValueError, match="no page shows 'check'"):
        recordings.differs("check", "")


def test_the_readme_is_two_screens_with_a_picture_and_a_recording() -> None:
    text = (PRODUCT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 90
    shown = set(re.findall(r"docs/pictures/([a-z-]+)\.svg", text))
    assert set(recordings.RECORDED) <= shown
    assert shown & set(files.names())


@pytest.mark.slow
def test_the_picture_of_the_rooms_is_what_they_import() -> None:
    assert pages.read(rooms.PAGE).strip() == rooms.picture(), "run `make docs`"
    picture = rooms.picture().splitlines()
    for known in ("rocketchat", "components", "clouds", "stacks"):
        assert not [line for line in picture if line.startswith(f"  {known} --> policy")]
    assert not [line for line in picture if line.endswith("> proving")]
    assert {line.split()[0] for line in picture if line.endswith("> command")} <= {"proving"}
    assert "  automation --> rehearsal" not in picture


def test_the_page_of_stack_files_has_every_key_as_it_is_now() -> None:
    made = pages.read(stack_reference.PAGE).strip()
    assert made == stack_reference.reference().strip(), "run `make docs`"
    for part, kinds in KINDS.items():
        for kind in kinds:
            assert f"\n### {part}: {kind}\n" in made
    assert "| `network(new).cidr` | string | `10.20.0.0/16` |" in made
    assert "| `profile` | `trial`, `production` | `production` |" in made
    assert "object" not in {
        line.split(" | ")[1] for line in made.splitlines() if line.startswith("| `profile`")
    }


def test_the_page_of_releases_says_what_the_program_knows() -> None:
    made = pages.read(release_tables.PAGE).strip()
    assert made == release_tables.tables().strip(), "run `make docs`"
    assert "| **8.9** | 8.9.0 | 8.0, 8.2 | `/readyz` |" in made
    assert all(f"| {line} |" in made or f"| **{line}** |" in made for line in releases.lines())


def documents() -> list[Path]:
    return [*PRODUCT.glob("*.md"), *PRODUCT.glob("docs/**/*.md"), *PRODUCT.glob("examples/**/*.md")]


def anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives to the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.relative_to(PRODUCT).as_posix())
def test_a_link_inside_the_repository_leads_to_a_place_that_is_there(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", link):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def test_the_site_has_every_page_of_the_documentation_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    settings = (PRODUCT / "mkdocs.yml").read_text(encoding="utf-8")
    pages_there = {
        path.relative_to(PRODUCT / "docs").as_posix() for path in (PRODUCT / "docs").glob("**/*.md")
    }
    assert set(re.findall(r"[\w/-]+\.md$", settings.partition("\nnav:\n")[2], re.MULTILINE)) == pages_there
    shutil.copytree(PRODUCT / "docs", tmp_path / "docs")
    (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
    built = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    for page in pages_there:
        assert (tmp_path / ".cache/site" / page).with_suffix(".html").exists()
