"""What is written into pages by running something."""

from pathlib import Path

import pytest

from proving import fault_sweep, key_changes_page, pages, rooms


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


@pytest.mark.slow
def test_the_picture_of_the_rooms_is_what_they_import() -> None:
    assert pages.read(rooms.PAGE).strip() == rooms.picture(), "run `make docs`"
    picture = rooms.picture().splitlines()
    for known in ("rocketchat", "components", "clouds", "stacks"):
        assert not [line for line in picture if line.startswith(f"  {known} --> policy")]
    assert not [line for line in picture if line.endswith("> proving")]
    assert "  automation --> rehearsal" not in picture
