"""What the store's tests store."""

from telephone.domain.games import GameRequest, Kind, Pair, Prompt, Step, StepKey

GUILD = 1_312_345_678_901_234_567
OTHER_GUILD = 1_298_765_432_109_876_543
PICTURE = StepKey(1, Kind.PICTURE)
CAPTION = StepKey(1, Kind.CAPTION)


def request(guild_id: int = GUILD, prompt: str = "a fox in the snow", **more: int) -> GameRequest:
    return GameRequest(Prompt(prompt), Pair("stickers", "spotter-sharp"), guild_id=guild_id, **more)


def picture(turn: int = 1, digest: str = "ab" * 32) -> Step:
    return Step(StepKey(turn, Kind.PICTURE), "stickers", seed=11, image=digest)


def caption(turn: int = 1, text: str = "a fox") -> Step:
    return Step(StepKey(turn, Kind.CAPTION), "spotter-sharp", seed=12, text=text, raw=f"Caption: {text}")
