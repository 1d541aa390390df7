"""Somebody who visits the demo with a browser: what the demo's test and the README's pictures share."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Error, FrameLocator, Locator, Page, expect, sync_playwright

from tests.limits import LIMIT

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE = LIMIT * 1_000
"""Milliseconds that a page is waited for; Playwright's own five seconds are too few for a busy machine."""
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOADED = """member => {
    const room = document.querySelector("#channel").contentWindow;
    return room.location.search.includes(member) && room.document.readyState === "complete";
}"""
REPOSITORY = Path(__file__).parents[3]


@dataclass
class Demo:
    """A running demo: its process, its address, and what else it said."""

    process: subprocess.Popen[str]
    url: str
    hint: str

    @property
    def origin(self) -> str:
        return self.url.partition("/#")[0]

    @property
    def key(self) -> str:
        return self.url.partition("#")[2]

    def end(self) -> int:
        """Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(LIMIT)


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[Demo]:
    """`telephone demo` as a process of its own, with its games in `folder`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.demo", "--data", str(folder), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        text=True,
    )
    assert process.stdout is not None
    try:
        words, hint = process.stdout.readline().split(), process.stdout.readline()
        assert words, f"the demo ended with status {process.wait(LIMIT)} before it printed its address"
        yield Demo(process, words[-1], hint)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


@dataclass
class Visitor:
    """One window of the browser."""

    page: Page

    @property
    def channel(self) -> FrameLocator:
        return self.page.frame_locator("#channel")

    @property
    def thread(self) -> FrameLocator:
        return self.page.frame_locator("#thread")

    def type(self, room: FrameLocator, command: str, **options: str) -> None:
        """Types a command and sends it."""
        self.write(room, command, **options)
        room.locator("#send-message").click()

    def write(self, room: FrameLocator, command: str, **options: str) -> None:
        """Types a command the way a member does: its name, then each option's value."""
        field = room.locator("#channel-composer-input")
        field.click()
        field.press_sequentially(f"/{command}")
        room.locator(".command-entry").first.wait_for()
        field.press("Enter")
        for name, value in options.items():
            box = room.locator(f"input.command-option-input[data-option='{name}']")
            while not box.count():
                # The list is drawn again as answers come in, and a click can meet one that is just going.
                room.locator(".command-ghost").click()
                with suppress(Error):
                    room.locator(".command-popup [role=option]").filter(has_text=name).first.click(timeout=3_000)
            box.click()
            box.press_sequentially(value)

    def become(self, name: str) -> None:
        """Plays as that member, in rooms that are loaded again."""
        link = self.page.locator("#members a", has_text=name)
        member = (link.get_attribute("href") or "").rpartition("/")[2]
        link.click()
        self.page.wait_for_function(LOADED, arg=member)


def messages(room: FrameLocator, *texts: str | re.Pattern[str]) -> Locator:
    """The messages of a room that hold all of these texts."""
    found = room.locator(".channel-message")
    for text in texts:
        found = found.filter(has_text=text)
    return found


@contextmanager
def visit(url: str, width: int = 1280, height: int = 860, scale: float = 1) -> Iterator[Visitor]:
    """A headless Chromium on that address; errors of the page's scripts end the visit."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=scale)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page.goto(url)
        yield Visitor(page)
        assert wrong == []
        browser.close()
