"""The figures of a crossed design as functions of sums over its prompts, so that resampling them is cheap."""

from dataclasses import dataclass

import numpy as np

from telephone.scoring.crossed_effects import Design, theta2_of_sums
from telephone.scoring.intervals import Floats


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of `a` T2I and `b` I2T models, each from sums (..., m) of `rows` over a number of prompts."""

    a: int
    b: int

    @classmethod
    def of(cls, found: Design) -> "Figures":
        return cls(len(found.t2i_names), len(found.i2t_names))

    def rows(self, found: Design) -> Floats:
        """What every prompt adds to the sums: (n, a + b + 7)."""
        played = ~np.isnan(found.residuals)
        # About their mean: sums of squares far from 0 would lose digits.
        level = found.level - found.level.sum() / max(len(found.level), 1)
        return np.column_stack(
            [
                found.t2i,
                found.i2t,
                np.sum(found.t2i**2, axis=1),
                np.sum(found.i2t**2, axis=1),
                level,
                level**2,
                np.sum(np.where(played, found.residuals, 0.0) ** 2, axis=(1, 2)),
                played.sum(axis=(1, 2)) - (self.a + self.b - 1),
                found.noise,
            ]
        )

    def t2i(self, sums: Floats, count: int) -> Floats:
        """θ²_T."""
        return theta2_of_sums(sums[..., : self.a], sums[..., self.a + self.b], count)

    def i2t(self, sums: Floats, count: int) -> Floats:
        """θ²_I."""
        return theta2_of_sums(sums[..., self.a : self.a + self.b], sums[..., self.a + self.b + 1], count)

    def difference(self, sums: Floats, count: int) -> Floats:
        """θ²_T - θ²_I."""
        return self.t2i(sums, count) - self.i2t(sums, count)

    def both(self, sums: Floats, count: int) -> Floats:
        """θ²_T + θ²_I."""
        return self.t2i(sums, count) + self.i2t(sums, count)

    def variation(self, sums: Floats, count: int) -> Floats:
        """All variance between games: θ²_T, θ²_I, that of prompts, and those of pairs, interactions and repeats.

        The mean squares of the effects within prompts hold (ap) and (bp), the residuals (ab), (abp) and e; what the
        residuals leak into the others is taken off.
        """
        t2i, i2t, level, squares, residual, free, noise = np.moveaxis(sums[..., self.a + self.b :], -1, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            rest = residual / free if min(self.a, self.b) > 1 else self._scatter(sums, t2i + i2t, count)
            prompts = (squares - level**2 / count) / (count - 1)
            effects = (t2i / max(self.a - 1, 1) + i2t / max(self.b - 1, 1)) / count
            return np.asarray(prompts + effects + rest * (1 - noise / count), dtype=np.float64)

    def _scatter(self, sums: Floats, squares: Floats, count: int) -> Floats:
        """What effects scatter over prompts. With one model of a kind nothing is left within a prompt to judge by."""
        total = sums[..., : self.a + self.b]
        free = (count - 1) * (max(self.a, self.b) - 1)
        return np.asarray((squares - np.sum(total**2, axis=-1) / count) / free, dtype=np.float64)


def part(of: Floats, whole: Floats) -> Floats:
    """`of` / `whole`, NaN where there is no whole."""
    return np.asarray(of / np.where(np.abs(whole) < np.finfo(float).tiny, np.nan, whole), dtype=np.float64)
