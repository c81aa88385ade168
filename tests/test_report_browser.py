"""Pages in a browser: images are there, nothing is fetched, and phones need not scroll aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from browser_tools import Browser, browser_path, open_browser
from caffe_multilabel.views.log import read_log, write_log
from caffe_multilabel.views.report import make_report
from report_tools import make_report_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser

PAGES = ("report.html", "curves.html")
PHONE, DESK = 390, 1280


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path = browser_path()
    assert path is not None
    with open_browser(path, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = make_report_files(tmp_path_factory.mktemp("browser") / "data")
    options = {"val": files.val, "net": files.net, "caffe_logs": [files.log]}
    make_report(*files.train, **options).write(files.folder / "report.html")
    write_log(read_log(files.log), files.folder / "curves.html")
    return files.folder


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_page_is_whole_and_asks_for_nothing(
    browser: Browser, folder: Path, name: str, width: int
) -> None:
    browser.show(folder / name, width=width)
    asked = [address for address in browser.requested if not address.startswith("data:")]
    assert asked == [(folder / name).as_uri()]
    assert browser.complaints == []
    broken = "[...document.images].filter(i => !(i.complete && i.naturalWidth > 0)).length"
    assert browser.ask(broken) == 0
    if name == "report.html":
        assert browser.ask("document.images.length") > 30


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_need_not_scroll_aside(browser: Browser, folder: Path, name: str) -> None:
    browser.show(folder / name, width=PHONE)
    assert browser.ask("document.documentElement.scrollWidth") == PHONE
    assert browser.ask("window.innerWidth") == PHONE
    small = """
        [...document.querySelectorAll("p, td, th, dd, dt, figcaption, li")]
            .filter(e => e.textContent.trim() && parseFloat(getComputedStyle(e).fontSize) < 10)
            .length
    """
    assert browser.ask(small) == 0, "text is large enough to be read"


def test_texts_stay_in_their_boxes(browser: Browser, folder: Path) -> None:
    browser.show(folder / "report.html", width=DESK)
    over = """
        [...document.querySelectorAll(".box")].filter(box => {
            const room = box.querySelector("rect").getBoundingClientRect();
            const [name, corner] = [".name", ".corner"].map(
                part => box.querySelector(part).getBoundingClientRect());
            return name.right > (corner.width ? corner.left : room.right)
                || [...box.querySelectorAll("text")].some(
                    text => text.getBoundingClientRect().right > room.right);
        }).length
    """
    assert browser.ask("document.querySelectorAll('.box').length") > 10
    assert browser.ask(over) == 0


@pytest.mark.parametrize("name", PAGES)
def test_light_and_dark_can_both_be_read(browser: Browser, folder: Path, name: str) -> None:
    grounds = []
    for dark in (False, True):
        browser.show(folder / name, width=DESK, dark=dark)
        shot = cv2.imdecode(np.frombuffer(browser.image(), np.uint8), cv2.IMREAD_GRAYSCALE)
        assert shot is not None
        grounds.append(float(np.median(shot)))
        ink, paper = (
            browser.ask(f"getComputedStyle(document.body).{part}")
            for part in ("color", "backgroundColor")
        )
        assert contrast(ink, paper) > 7
        for look in ("soft", "bad"):
            if browser.ask(f"!!document.querySelector('.{look}')"):
                color = browser.ask(f"getComputedStyle(document.querySelector('.{look}')).color")
                assert contrast(color, paper) > 4.5
    assert grounds[0] > 200 > 60 > grounds[1]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it, from 1 to 21."""
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    """The relative luminance of a colour as browsers write it, `rgb(1, 2, 3)`."""
    parts = [int(part) / 255 for part in color.strip("rgb()").split(",")]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
