"""What the admins of a server set: a declared row is stored, checked and said."""

import pytest

from telephone.bootstrap import open_without_engine
from telephone.domain.servers import ServerSettings, Setting, declared, said
from telephone.errors import BadInput
from telephone.settings import Settings

GUILD, OTHER = 41, 42


def span(seconds: float) -> str:
    return f"{seconds / 60:g} min"


def declare(monkeypatch: pytest.MonkeyPatch, name: str, row: Setting) -> None:
    row.__set_name__(ServerSettings, name)
    monkeypatch.setattr(ServerSettings, name, row, raising=False)


@pytest.fixture
def declared_here(monkeypatch):
    """A row as one would add it to the class."""
    declare(
        monkeypatch,
        "reminders",
        Setting(
            3,
            "How many reminders a member gets",
            limits=(0, 9),
            command="limits",
            words="A member is reminded {} times.",
        ),
    )
    declare(monkeypatch, "tone", Setting("kind", choices=("kind", "dry"), command="limits", words="Its tone is {}."))


async def opened(tmp_path):
    return await open_without_engine(Settings(_env_file=None, data_dir=tmp_path))


async def test_a_declared_row_is_all_that_a_new_setting_takes(tmp_path, declared_here):
    runtime = await opened(tmp_path)
    assert (await runtime.app.servers.settings(GUILD)).reminders == 3
    settings = await runtime.app.servers.change(GUILD, reminders=5, max_turns=7)
    assert (settings.reminders, settings.max_turns, settings.tone) == (5, 7, "kind")
    await runtime.app.servers.change(GUILD, tone="dry")
    await runtime.close()
    runtime = await opened(tmp_path)
    settings = await runtime.app.servers.settings(GUILD)
    assert (settings.reminders, settings.max_turns, settings.tone, settings.parallel) == (5, 7, "dry", 2)
    assert said(settings, "limits", span)[-2:] == ["A member is reminded 5 times.", "Its tone is dry."]
    assert (await runtime.app.servers.settings(OTHER)).reminders == 3
    assert (await runtime.app.games.store.servers.change(GUILD, reminders=None)).reminders == 3
    await runtime.close()


async def test_what_is_beyond_the_limits_of_a_row_is_refused_and_nothing_is_stored(tmp_path, declared_here):
    runtime = await opened(tmp_path)
    for change, sentence in (
        ({"reminders": 10}, "Please choose a number from 0 to 9 for reminders."),
        ({"reminders": "many"}, "What you chose for reminders is of another kind"),
        ({"tone": "loud"}, "Please choose one of these for tone: kind, dry."),
        ({"claim_seconds": 3_601}, "Please choose a number from 3 to 60 for claim minutes."),
        ({"parallel": 0}, "Please choose a number from 1 to 10 for parallel."),
    ):
        with pytest.raises(BadInput, match=sentence):
            await runtime.app.servers.change(GUILD, max_turns=4, **change)
    with pytest.raises(TypeError, match="colour"):
        await runtime.app.servers.change(GUILD, colour="red")
    assert await runtime.app.servers.settings(GUILD) == ServerSettings(GUILD)
    await runtime.close()


async def test_a_setting_that_is_not_declared_any_more_is_left_alone(tmp_path, monkeypatch):
    runtime = await opened(tmp_path)
    with monkeypatch.context() as earlier:
        declare(earlier, "reminders", Setting(3))
        await runtime.app.servers.change(GUILD, reminders=5)
    assert await runtime.app.servers.settings(GUILD) == ServerSettings(GUILD)
    declare(monkeypatch, "tone", Setting("kind"))
    await runtime.app.servers.change(GUILD, tone="dry")
    declare(monkeypatch, "reminders", Setting(3))
    settings = await runtime.app.servers.settings(GUILD)
    assert (settings.reminders, settings.tone) == (5, "dry")
    await runtime.close()


def test_todays_settings_keep_their_names_defaults_and_words():
    defaults = {name: row.default for name, row in declared().items()}
    assert defaults == defaults | {
        "max_turns": 30,
        "claim_seconds": 600,
        "seat_seconds": 3_600,
        "parallel": 2,
        "nsfw": "block",
        "paused": False,
        "voter_days": 7,
    }
    assert said(ServerSettings(GUILD), "limits", span)[:2] == [
        "On this server a game has at most 30 turns, and 2 games play at once; others wait in line.",
        "A member who takes a turn has 10 min for it; where nobody takes it for 60 min, a model stands in.",
    ]
    assert said(ServerSettings(GUILD, parallel=1), "limits", span)[0] == (
        "On this server a game has at most 30 turns, and 1 game plays at once; others wait in line."
    )


def test_settings_are_values():
    settings = ServerSettings(GUILD, parallel=3)
    with pytest.raises(AttributeError):
        settings.parallel = 4
    assert settings.changed(parallel=None) == ServerSettings(GUILD, max_turns=30)
    assert settings != ServerSettings(OTHER, parallel=3)
    assert {settings: 1}[ServerSettings(GUILD, parallel=3)] == 1
    assert repr(settings) == "ServerSettings(41, parallel=3)"
