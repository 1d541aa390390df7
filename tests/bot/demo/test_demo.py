"""`telephone demo` as a process, visited with a real browser."""

import re
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

import bot.demo
from bot.demo.offline_discord import OfflineSettings
from tests.bot.demo.visitor import CHROMIUM, demo, messages, visit

PROMPT = "A red apple beside a sleeping cat"

needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM} on this machine")


@needs_chromium
@pytest.mark.slow
def test_a_newcomer_plays_a_game_and_sees_card_and_thread_fill_live(tmp_path):
    with demo(tmp_path) as shown:
        assert shown.hint.startswith("Type /telephone start in the channel")
        with visit(shown.url) as visitor:
            visitor.type(visitor.channel, "telephone start", prompt=PROMPT, turns="2")
            watch_the_thread(visitor)
            watch_the_card(visitor)
            press_the_replay_button(visitor)
            leaf_through_the_prompts(visitor)
            play_as_somebody_else(visitor)
        assert shown.end() == 0


def watch_the_thread(visitor):
    thread = visitor.thread
    expect(messages(thread, "The prompt", PROMPT).first).to_be_visible()
    for turn in (1, 2):
        picture = messages(thread, f"Turn {turn} of 2, picture").locator("img[alt^='Drawn from: ']")
        expect(picture).to_have_js_property("naturalWidth", 512)
        expect(messages(thread, f"Turn {turn} of 2, caption by").last).to_be_visible()
    summary = messages(thread, f"#1: from “{PROMPT}”", "Distance")
    expect(summary).to_be_visible()
    expect(summary.locator("img[alt]")).to_have_count(3)
    expect(summary).to_be_in_viewport()


def watch_the_card(visitor):
    card = messages(visitor.channel, "#1 finished", PROMPT)
    expect(card).to_be_visible()
    expect(card.locator("img")).to_have_count(2)
    expect(messages(visitor.channel, "Only you can see this", "Game #1")).to_contain_text("stickers × spotter-sharp")


def press_the_replay_button(visitor):
    visitor.thread.get_by_role("button", name="GIF").click()
    answer = messages(visitor.thread, "Only you can see this", "The replay of game #1 is here")
    expect(answer).to_be_visible()
    expect(messages(visitor.thread, "Replay, 2 turns").locator("img").last).to_be_visible()


def leaf_through_the_prompts(visitor):
    visitor.type(visitor.channel, "telephone prompts browse", level="hard")
    page = messages(visitor.channel, "Only you can see this", "Prompts, hard")
    expect(page).to_contain_text("#hard-001")
    page.get_by_role("button", name="Next").click()
    expect(page).to_contain_text("#hard-007")


def play_as_somebody_else(visitor):
    """Another member sees what was posted, not what was told to Ada alone, and links lead where they say."""
    visitor.become("Bo")
    expect(messages(visitor.channel, "#1 finished")).to_be_visible()
    expect(messages(visitor.channel, "Only you can see this")).to_have_count(0)
    visitor.type(visitor.channel, "telephone help")
    expect(messages(visitor.channel, "Bo used", "AI Telephone")).to_be_visible()
    visitor.channel.get_by_role("link", name="Open thread").click()
    expect(messages(visitor.thread, "Turn 1 of 2, picture").first).to_be_attached()
    visitor.thread.get_by_role("link", name="First turn").click()
    turn = visitor.thread.locator(".sought")
    expect(turn).to_contain_text("Turn 1 of 2, picture")
    expect(turn).to_be_in_viewport()


@needs_chromium
@pytest.mark.long
def test_a_newcomer_takes_a_turn_draws_in_the_browser_and_can_press_on(tmp_path):
    with demo(tmp_path) as shown, visit(shown.url) as visitor:
        thread = visitor.thread
        visitor.type(visitor.channel, "telephone start", prompt=PROMPT, t2i="human", turns="2")
        expect(messages(thread, "Turn 1: draw a picture")).to_be_visible()
        thread.get_by_role("button", name="Take this turn").click()
        with visitor.page.context.expect_page() as opened:
            thread.get_by_role("link", name="Draw in browser").click()
        page = opened.value
        expect(page.locator("#caption")).to_have_text(PROMPT)
        expect(page.locator("#clock")).not_to_be_empty()  # from then on the page listens
        page.get_by_label("Fill", exact=True).check()
        page.locator("#stage").click()
        page.get_by_role("button", name="Hand in").click()
        page.locator("#sure").click()
        expect(page.get_by_text("Your drawing is in.")).to_be_visible()
        expect(messages(thread, "Turn 1 of 2, picture", "by a member").locator("img").last).to_be_visible()
        expect(messages(thread, "Turn 2: draw a picture")).to_be_visible()
        thread.get_by_role("button", name="Take this turn").last.click()
        expect(thread.get_by_role("button", name="Give back").last).to_be_enabled()


def test_keys_of_the_environment_do_not_reach_it(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-somebodys")
    monkeypatch.setenv("TELEPHONE_DATABASE_URL", "postgresql://somewhere.test/games")
    settings = OfflineSettings(data_dir=tmp_path)
    assert settings.openai_api_key is None
    assert settings.store_url.startswith("sqlite")


@pytest.mark.slow
def test_it_answers_on_this_machine_only_and_only_to_those_who_have_its_key(tmp_path):
    with demo(tmp_path) as shown:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#[\w-]{43}", shown.url)
        addresses = set(listening(shown.process.pid))
        assert shown.origin.removeprefix("http://") in addresses
        assert len(addresses) == 2, "the Discord, and the page to draw on"
        assert all(address.startswith("127.0.0.1:") for address in addresses)
        assert ask(shown, "/api/rooms", {"X-Simcord-Capability": shown.key}) == 200
        assert ask(shown, "/api/rooms", {}) == 401
        assert ask(shown, "/api/rooms", {"X-Simcord-Capability": shown.key, "Origin": "http://elsewhere.test"}) == 401
        for path in ("/", "/room", "/home.js"):
            assert ask(shown, path, {"Host": "elsewhere.test"}) == 403
        with urllib.request.urlopen(f"{shown.origin}/room") as answer:
            assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert shown.end() == 0
        assert shown.process.stdout.read() == ""


def test_a_port_that_is_taken_is_told_in_one_sentence(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert bot.demo.main(["--port", str(port), "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"Port {port} is taken; leave --port out to get a free one.\n"


def test_a_port_that_is_none_is_bad_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        bot.demo.main(["--port", "70000"])
    assert ended.value.code == 2
    assert "a number from 0 to 65535" in capsys.readouterr().err


def test_without_simcord_one_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(bot.demo, "find_spec", lambda name: None)
    assert bot.demo.main([]) == 1
    assert capsys.readouterr().err == f"{bot.demo.NOT_INSTALLED}\n"


def ask(shown, path, headers) -> int:
    """The status of an answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(shown.origin + path, headers=headers)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def listening(pid: int) -> list[str]:
    """The addresses a process listens on, as the kernel tells them."""
    if not Path("/proc/self/net/tcp").exists():
        pytest.skip("this machine has no /proc/net to ask who listens")
    links = [link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
    found = []
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = row.split()
            if columns[3] == "0A" and columns[9] in inodes:
                address, _, port = columns[1].partition(":")
                parts = [str(int(address[at : at + 2], 16)) for at in range(len(address) - 2, -2, -2)]
                found.append(f"{'.'.join(parts)}:{int(port, 16)}")
    return found
