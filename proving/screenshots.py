"""Takes the screenshots of docs/: the page of a stack, and the site, on a desk and on a phone in the dark.

Needs Chromium, and the site of `make site`. Pictures differ by browser and fonts, so no test compares them.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from stacks.project import PRODUCT

_FOLDER: Final = PRODUCT / "docs" / "pictures"
_SITE: Final = PRODUCT / ".cache" / "site" / "index.html"
_SHOWN: Final = "lovia-fargate"
_SIZES: Final[dict[int, dict[str, Any]]] = {
    1280: {"viewport": {"width": 1280, "height": 1600}, "color_scheme": "light"},
    390: {"viewport": {"width": 390, "height": 1600}, "color_scheme": "dark"},
}


def main() -> None:
    """Take them all. Ends with what is missing where there is no browser or no site."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or not _SITE.is_file():
        sys.exit("Chromium is needed, and the site: run `make site` first.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "page.html"
        run = [sys.executable, "-m", "command", "report", _SHOWN, "--most", "200", "--file", str(page)]
        subprocess.run(run, cwd=PRODUCT, check=True)  # noqa: S603
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width, options in _SIZES.items():
            for name, file in (("page", page), ("site", _SITE)):
                opened = browser.new_page(**options)
                opened.goto(file.as_uri())
                opened.screenshot(path=_FOLDER / f"{name}-{width}.png")
        browser.close()


if __name__ == "__main__":
    main()
