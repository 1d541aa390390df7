"""`telephone doctor --live`: asks the providers, with the operator's keys, what no double of them can tell."""

from telephone.models.live.parts import PARTS, Part, chosen, most_usd, run

__all__ = ["PARTS", "Part", "chosen", "most_usd", "run"]
