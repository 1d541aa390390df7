"""The interval of θ² that agrees with its F test: which θ² the effects of some prompts do not reject.

The squares between models, over the variance of an effect, are noncentral χ². That variance is only estimated, so it is
averaged over what its own χ² leaves possible; at θ² = 0 what comes out is the F test to the digit. An interval of equal
tails would contradict it where p lies between .025 and .05: so the lower end takes the whole 5% where there is next to
no effect, and half of it where there is a clear one (a test may split its level as it likes, if it says so beforehand:
Pratt 1961, J. Am. Stat. Assoc. 56:549-567). Inverting noncentral F: Steiger 2004, Psychol. Methods 9:164-182.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from telephone.scoring.crossed_effects import effect_of_models
from telephone.scoring.intervals import LEVEL, Floats, Interval

POINTS: Final = 100
"""At so many equally likely values of the variance the tails are averaged."""
CLEAR: Final = 2_000.0
"""From this ratio of squares on the noncentral χ² is normal in its root."""


def interval_of_theta2(effects: Floats) -> Interval | None:
    """The interval of θ² of effects (n, a), each row of sum 0; a point where all prompts say the same, None for one
    model or prompt. Its lower end is above 0 where p of the F test is under 5%, and else no further up than 0."""
    from scipy.special import chdtri, chndtr, stdtrit

    count, models = effects.shape
    effect = effect_of_models(effects)
    if min(effect.above, effect.below) < 1:
        return None
    if effect.p is None:
        return Interval(effect.theta2, effect.theta2, effect.theta2)
    between, size = count * float(np.sum(effects.mean(axis=0) ** 2)), count * (models - 1)
    error = float(np.sum((effects - effects.mean(axis=0)) ** 2)) / effect.below
    if between > CLEAR * error:
        reach = float(stdtrit(effect.below, (1 + LEVEL) / 2)) * error**0.5
        low, high = ((between**0.5 + side * reach) ** 2 / size for side in (-1, 1))
        return Interval(effect.theta2, low, high)
    variance = error * effect.below / chdtri(effect.below, (np.arange(POINTS) + 0.5) / POINTS)

    def below(theta2: float) -> float:
        """How likely less than what was seen is between models."""
        return float(np.mean(chndtr(between / variance, effect.above, size * theta2 / variance)))

    def spared(theta2: float) -> float:
        """The part of 5% that the upper end takes, and the lower one does not."""
        return float((1 - LEVEL) / 2 * -np.expm1(-size * theta2 / error))

    most = (between**0.5 + 40 * error**0.5) ** 2 / size
    high = _root(lambda theta2: below(theta2) - spared(theta2), most)
    low = 0.0
    if effect.p < 1 - LEVEL:
        low = _root(lambda theta2: (1 - LEVEL) - spared(theta2) - (1 - below(theta2)), most)
    return Interval(effect.theta2, min(low, effect.theta2), max(high, effect.theta2))


def _root(falls: Callable[[float], float], most: float) -> float:
    """Where a function that falls from 0 on, and is below 0 at `most`, crosses 0; 0 where it begins below."""
    from scipy.optimize import brentq

    return float(brentq(falls, 0.0, most, xtol=1e-9 * most, rtol=1e-6)) if falls(0.0) > 0 else 0.0
