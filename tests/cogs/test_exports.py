"""/telephone-admin export, with a second format declared as a row."""

import pytest

from telephone.exports import FORMATS, Export, Exporter, Format
from telephone.leaderboards.ballot_source import BallotSource
from telephone.store import Store
from telephone.store.scores import Pool
from tests.cogs.fakes import MemoryApp, MemoryRuntime

EXPORT = "telephone-admin export"


async def write(archive: Exporter, pool: Pool, which: str) -> Export:
    return Export(f"{which}, free {pool.free}\n".encode(), "One line.")


@pytest.fixture
def tally(monkeypatch):
    for name in FORMATS.keys() - {"votes"}:
        monkeypatch.delitem(FORMATS, name)
    row = Format("tally", ".txt", "Writes one line.", write, in_terminal="See {file}.", on_discord="Open {file}.")
    monkeypatch.setitem(FORMATS, row.name, row)


@pytest.fixture
async def runtime(tally, tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        yield MemoryRuntime(MemoryApp(exports=Exporter(BallotSource(store), lambda: b"key")))


async def test_two_formats_are_offered_and_the_first_is_taken_where_none_is_named(server):
    options = server.env.bot.admin.get_command("export").parameters
    assert [(one.name, [choice.value for choice in one.choices]) for one in options] == [
        ("prompts", ["curated", "free"]),
        ("what", ["votes", "tally"]),
    ]
    result = await server.admin.slash(server.channel, EXPORT, what="tally", prompts="free")
    assert result.response.content == "One line. Open tally.txt."
    [file] = result.response.attachments
    assert file.filename == "tally.txt"
    assert server.env.backend.cdn.get(file.url) == b"all, free True\n"
    refused = await server.admin.slash(server.channel, EXPORT)
    assert "No vote of a closed battle is here to export" in refused.response.content
    assert server.refusals() == ["NotFound"]
