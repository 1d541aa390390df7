"""How a bot answers a crowd: five hundred members vote on one battle within ten seconds.

    python bench/crowd.py [--quick]

The bot is a process of its own on SQLite, and the Discord one on this machine. Discord shows a member that the bot
did not respond where no acknowledgement came within three seconds: the claim is how many of the crowd saw that.
Exits with status 1 when it does not hold, or when a vote is missing.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from telephone.store import Store
from tests.standin.loopback import Standin
from tests.standin.members import Member
from tests.standin.records import Message

BOT = [sys.executable, "-m", "bot"]
DISCORDS_LIMIT_S = 3.0
LABELS, WEIGHTS = ("A", "B", "Tie", "All bad"), (6, 3, 2, 1)


async def acknowledged(folder: Path, crowd: int, within_s: float) -> list[float]:
    """Seconds until each press was acknowledged, sorted; presses come at random moments `within_s` seconds."""
    async with Standin.open(logs=folder) as standin:
        guild = standin.create_guild("Players")
        channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
        members = [guild.add_member(f"member-{n:03}") for n in range(crowd)]
        await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(folder)})
        await ada.slash(channel, "telephone battle", prompt="#easy-001", turns=1)

        def ballot() -> Message | None:
            return next((one for one in standin.messages(channel) if "which side degraded least" in one.text), None)

        card, chance = await standin.until(ballot), random.Random(5)

        async def press(member: Member, label: str, after_s: float) -> float:
            await asyncio.sleep(after_s)
            pressed = await member.click(card, label=label)
            await standin.until(lambda: pressed.response and not pressed.response.loading)
            return pressed.took or 0.0

        choices = chance.choices(LABELS, WEIGHTS, k=crowd)
        return sorted(
            await asyncio.gather(
                *(press(*one, chance.uniform(0, within_s)) for one in zip(members, choices, strict=True))
            )
        )


async def counted(folder: Path) -> int:
    """How many votes the store holds of the one battle."""
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        (battle,) = await store.battles.unfinished()
        return len(await store.votes.of_battle(battle.id))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="twenty members, and no claim")
    quick = parser.parse_args().quick
    crowd, within_s = (20, 1.0) if quick else (500, 10.0)
    with tempfile.TemporaryDirectory(prefix="telephone-bench-") as name:
        took = asyncio.run(acknowledged(Path(name), crowd, within_s))
        votes = asyncio.run(counted(Path(name)))
    late = sum(one > DISCORDS_LIMIT_S for one in took)
    print(f"{crowd} members within {within_s:g} s: {votes} votes counted")
    print(f"acknowledged after {took[crowd // 2]:.2f} s at the median, {took[-1]:.2f} s at most")
    claim = "" if quick else f"   ≤ 0 {'MISSED' if late else 'ok'}"
    print(f"too late for Discord: {late} of {crowd}{claim}")
    return int(votes != crowd or (late > 0 and not quick))


if __name__ == "__main__":
    sys.exit(main())
