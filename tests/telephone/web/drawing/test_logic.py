"""What the page works out without a browser, in node; and whose work it carries."""

import hashlib
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from telephone.web.drawing.assets import FOLDER, edition, statics

LOGIC = Path(__file__).with_name("logic.test.mjs")
ROOT = Path(__file__).parents[4]


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
def test_history_filling_coordinates_shapes_and_sending_work_as_they_should():
    done = subprocess.run(["node", "--test", str(LOGIC)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    assert "# pass 0" not in done.stdout


def test_what_others_wrote_is_as_they_published_it_and_named():
    vendor = FOLDER / "vendor"
    sums = dict(line.split()[::-1] for line in (vendor / "SHA256SUMS").read_text("utf-8").splitlines())
    assert sums.keys() == {path.name for path in vendor.iterdir()} - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest
    assert "MIT License" in (vendor / "LICENSE").read_text("utf-8")
    assert "perfect-freehand" in (ROOT / "NOTICE").read_text("utf-8")


def test_only_pages_scripts_styles_and_pictures_are_served():
    assert {"app.js", "easel.css", "icon.svg", "vendor/perfect-freehand.mjs"} <= statics().keys()
    assert not {name for name in statics() if "LICENSE" in name or "SHA256" in name}
    assert len(edition()) == 16


def test_nothing_on_the_page_comes_from_elsewhere():
    pages = [path.read_text("utf-8") for path in (FOLDER.parent / "templates").iterdir()]
    for text in [*pages, *(static.data.decode() for static in statics().values())]:
        assert "://" not in text.replace("http://www.w3.org/2000/svg", "")


def test_the_package_carries_the_whole_page():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"][
        "telephone"
    ]
    carried = {path for pattern in told for path in (ROOT / "telephone").glob(pattern)}
    page = {
        path for folder in ("static", "templates") for path in (ROOT / "telephone/web/drawing" / folder).rglob("*.*")
    }
    assert page
    assert page <= carried
