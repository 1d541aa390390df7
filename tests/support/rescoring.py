"""A process that measures old games again with a slow embedder, until it is done or somebody kills it.

python -m tests.support.rescoring FOLDER FILE
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from telephone.errors import NotAllowed
from tests.support.app import running_app
from tests.support.embedders import ColourEmbedder

GUILD = 11


class Writing(ColourEmbedder):
    """Writes what it has embedded to a file before it answers, as a provider's bill would."""

    file: Path

    async def embed_texts(self, texts):
        rows = await super().embed_texts(texts)
        self._note(*texts)
        return rows

    async def embed_pictures(self, images):
        rows = await super().embed_pictures(images)
        self._note(*(image.sha256 for image in images))
        return rows

    def _note(self, *names: str) -> None:
        with self.file.open("a", encoding="utf-8") as file:
            file.writelines(f"{name}\n" for name in names)


async def main(folder: Path, file: Path) -> None:
    colours = Writing(delay=0.25)
    colours.file = file
    async with running_app(folder, colours=colours) as running:
        with suppress(NotAllowed):  # an earlier process began it, and this one has taken it up
            await running.app.rescores.rescore(GUILD, "prism", by=5, channel_id=33, is_host=True)
        while await running.store.rescores.unended():
            await asyncio.sleep(0.05)
        lacking = await running.store.rescores.lacking(GUILD, "prism", "1")
        print("finished", 4 - len(lacking))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
