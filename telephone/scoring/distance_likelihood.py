"""What distances say of pairs at known spreads, prompt by prompt.

On one prompt y = p + θ_pair + (ap)_t2i + (bp)_i2t + (θp)_pair + e, where p is anything: whatever is the same for all
pairs on a prompt, its level included, cancels. So pairs that chose easy prompts gain nothing by it. The (ap), (bp) and
(θp) terms are what a T2I, an I2T and a pair do on this prompt alone; games on one prompt share them, so that a hundred
of them make no pair known. Given the spreads the estimates are best linear unbiased predictions (Robinson 1991,
Statistical Science 6:15-32), and the likelihood is that of what is left when the prompts are taken out (Harville 1977,
J. Am. Stat. Assoc. 72:320-338).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from telephone.domain.games import Pair
from telephone.scoring.ballots import Ints
from telephone.scoring.hyperpriors import shared_models
from telephone.scoring.intervals import Floats

LEAST: Final = 1e-3
"""What a pair does on one prompt spreads by this much at least, in cosine distance: less would be rounding."""
AT_ONCE: Final = 1_500_000
"""Numbers held at once while likelihoods are worked out."""


class Spreads(NamedTuple):
    """Standard deviations in cosine distance, each a number or one for each of several sets (m,).

    Of T2I, I2T, and pairs beyond both; of prompts; of what a pair does on one prompt beyond its models; of repeats; and
    of what a T2I and an I2T do on one prompt.
    """

    t2i: Floats | float
    i2t: Floats | float
    pair: Floats | float
    prompt: Floats | float
    both: Floats | float
    repeats: Floats | float
    t2i_prompt: Floats | float
    i2t_prompt: Floats | float


@dataclass(frozen=True, slots=True)
class PromptBlock:
    """K prompts with n pairs each, in G patterns of who played how often.

    `pairs` and `counts` (G, n) are those pairs and their games; `values` (K, n) the cells' means, `pattern` (K,) and
    `prompt` (K,) say whose. `often` (G,), `sums` (G, n) and `products` (G, n, n) are what a likelihood needs of values
    about their prompt's mean. `same_t2i`, `same_i2t` (G, n, n) are 1 where two pairs share the model.
    """

    pairs: Ints
    counts: Floats
    values: Floats
    pattern: Ints
    prompt: Ints
    often: Floats
    sums: Floats
    products: Floats
    same_t2i: Floats
    same_i2t: Floats

    @classmethod
    def of(cls, played: Sequence[tuple[int, Floats, Floats]], shared: tuple[Floats, Floats]) -> "PromptBlock":
        """The block of prompts, each with its number and its counts and means (P,); all have as many pairs."""
        keys: dict[bytes, int] = {}
        pattern = np.array([keys.setdefault(counts.tobytes(), len(keys)) for _, counts, _ in played])
        first = np.unique(pattern, return_index=True)[1]
        pairs = np.array([np.flatnonzero(played[k][1]) for k in first])
        counts = np.array([played[k][1][row] for k, row in zip(first, pairs, strict=True)])
        values = np.array([means[pairs[kind]] for kind, (_, _, means) in zip(pattern, played, strict=True)])
        about = values - values.mean(axis=1, keepdims=True)
        alike = [about[pattern == kind] for kind in range(len(keys))]
        same = [one[pairs[:, :, None], pairs[:, None]] for one in shared]
        return cls(
            pairs, counts, values, pattern, np.array([prompt for prompt, _, _ in played]),
            np.array([float(len(one)) for one in alike]), np.array([one.sum(axis=0) for one in alike]),
            np.array([one.T @ one for one in alike]), same[0], same[1],
        )  # fmt: skip

    def covariance(self, spreads: Spreads) -> Floats:
        """That of the cells of one prompt, for every set and pattern (m, G, n, n), without what the prompt adds."""
        t2i, i2t = (np.atleast_1d(one)[:, None, None, None] ** 2 for one in (spreads.t2i_prompt, spreads.i2t_prompt))
        both, repeats = (np.atleast_1d(one)[:, None, None] ** 2 for one in (spreads.both, spreads.repeats))
        found = t2i * self.same_t2i + i2t * self.same_i2t
        place = np.arange(self.pairs.shape[1])
        found[..., place, place] += np.maximum(both, LEAST**2) + repeats / self.counts
        return np.asarray(found, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Said:
    """What all prompts say of θ at m sets of spreads: `information` (m, P, P), that times the values it is of, `pull`
    (m, P), and `logs` (m,), minus twice the log likelihood at θ = 0."""

    information: Floats
    pull: Floats
    logs: Floats


@dataclass(frozen=True, slots=True)
class PairPosterior:
    """θ of P pairs at m sets of spreads: `means` (m, P), `covariances` (m, P, P), and the log `evidence` (m,)."""

    means: Floats
    covariances: Floats
    evidence: Floats


@dataclass(frozen=True, slots=True)
class PromptLevels:
    """What each of K prompts gives its pairs: `values` (K,) with the variance `noise` (K,) of a mean, were all pairs
    alike; `weights` (K, P) are those of the pairs in it, and sum to 1."""

    values: Floats
    noise: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class DistanceTable:
    """Cells by prompt: `counts` of games (K, P) and their `means`, 0 where none was played.

    `repeats` are the games beyond the first of a cell, and `squares` those of repeats about their cell's mean, summed.
    """

    pairs: tuple[Pair, ...]
    counts: Floats
    means: Floats
    repeats: int
    squares: float
    blocks: tuple[PromptBlock, ...]

    @classmethod
    def of(cls, pairs: Sequence[Pair], counts: Floats, means: Floats, repeats: int, squares: float) -> "DistanceTable":
        whole = cls(tuple(pairs), counts, means, repeats, squares, ())
        return replace(whole, blocks=whole._blocks(range(len(counts))))

    @property
    def groups(self) -> Ints:
        """The group (P,) of each pair, from 0: two pairs share one if some prompt, or some chain of prompts, joins
        them. That of most games comes first, and of equal ones that of the first name."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        count, label = connected_components(csr_array(self.counts.T @ self.counts), directed=False)
        games = np.bincount(label, self.counts.sum(axis=0), minlength=count)
        first = np.unique(label, return_index=True)[1]
        place = np.empty(count, dtype=np.int64)
        place[np.lexsort((first, -games))] = np.arange(count)
        return place[label]

    @property
    def tells_models(self) -> tuple[bool, bool]:
        """Whether on some prompt two pairs share their T2I and others do not, and the same of I2T: only then is what a
        model does on a prompt anything else than what the prompt does, or the pair."""

        def mixed(same: Floats) -> bool:
            others = same.sum(axis=2)
            return bool(np.any((others > 1) & (others < same.shape[1])))

        blocks = self.blocks
        return any(mixed(one.same_t2i) for one in blocks), any(mixed(one.same_i2t) for one in blocks)

    def some(self, cells: int) -> "DistanceTable":
        """Itself, or evenly spread prompts of it whose different patterns have about so many cells."""
        every = sum(block.pairs.size for block in self.blocks)
        useful = np.flatnonzero(np.count_nonzero(self.counts, axis=1) > 1)
        if every <= cells or not useful.size:
            return self
        pick = np.unique(np.linspace(0, useful.size - 1, max(useful.size * cells // every, 2)).astype(np.int64))
        return replace(self, blocks=self._blocks(useful[pick]))

    def evidence(self, spreads: Spreads) -> Floats:
        """The log likelihood (m,) of what is left when the prompts are taken out, for spreads (m,) each."""
        parts = [self._solved(part) for part in self._parts(spreads)]
        return np.concatenate([logs for _, _, _, logs in parts])

    def posterior(self, spreads: Spreads) -> PairPosterior:
        """θ for spreads (m,) each."""
        means, covariances, evidence = [], [], []
        for part in self._parts(spreads):
            root, full, right, logs = self._solved(part)
            back = np.linalg.solve(full, np.swapaxes(root, 1, 2))
            covariances.append(root @ back)
            means.append(np.einsum("mqp,mq->mp", back, right))
            evidence.append(logs)
        return PairPosterior(np.concatenate(means), np.concatenate(covariances), np.concatenate(evidence))

    def levels(self, spreads: Spreads) -> PromptLevels:
        """What every prompt gives its pairs, at one set of spreads (1,) each."""
        count, size = self.counts.shape
        found = PromptLevels(np.zeros(count), np.zeros(count), np.zeros((count, size)))
        for block in self.blocks:
            column = np.linalg.solve(block.covariance(spreads)[0], np.ones((*block.pairs.shape, 1)))[..., 0]
            whole = column.sum(axis=1)
            weights = (column / whole[:, None])[block.pattern]
            found.noise[block.prompt] = 1 / whole[block.pattern]
            found.values[block.prompt] = np.sum(weights * block.values, axis=1)
            found.weights[block.prompt[:, None], block.pairs[block.pattern]] = weights
        return found

    def _blocks(self, prompts: Sequence[int] | Ints) -> tuple[PromptBlock, ...]:
        """These prompts by how many pairs played them."""
        by_size: dict[int, list[tuple[int, Floats, Floats]]] = defaultdict(list)
        for k in prompts:
            by_size[int(np.count_nonzero(self.counts[k]))].append((int(k), self.counts[k], self.means[k]))
        shared = shared_models(self.pairs)
        return tuple(PromptBlock.of(played, shared) for _, played in sorted(by_size.items()))

    def _parts(self, spreads: Spreads) -> Iterator[Spreads]:
        """The sets of spreads, so many at a time that little memory is used."""
        sets = np.broadcast_arrays(*[np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in spreads])
        size = max(len(self.pairs) ** 2, *(block.products.size for block in self.blocks), 1)
        step = max(AT_ONCE // size, 1)
        return (Spreads(*(one[k : k + step] for one in sets)) for k in range(0, len(sets[0]), step))

    def _solved(self, spreads: Spreads) -> tuple[Floats, Floats, Floats, Floats]:
        """The prior's root (m, P, P) of θ, its posterior precision (m, P, P) in units of that root, the right side
        (m, P), and the evidence (m,). In these units the prior's precision is 1: pairs that hardly differ from what
        their models say need no inverse."""
        said = self._said(spreads)
        t2i, i2t, pair = (np.atleast_1d(one)[:, None, None] ** 2 for one in spreads[:3])
        same_t2i, same_i2t = shared_models(self.pairs)
        prior = t2i * same_t2i + i2t * same_i2t + pair * np.eye(len(self.pairs))
        root = np.asarray(np.linalg.cholesky(prior), dtype=np.float64)
        full = np.swapaxes(root, 1, 2) @ said.information @ root + np.eye(len(self.pairs))
        right = np.asarray(np.einsum("mpq,mp->mq", root, said.pull), dtype=np.float64)
        explained = np.einsum("mq,mq->m", right, np.linalg.solve(full, right[..., None])[..., 0])
        logs = said.logs + np.linalg.slogdet(full)[1] - explained
        if self.repeats:
            noise = np.atleast_1d(spreads.repeats)
            logs = logs + 2 * self.repeats * np.log(noise) + self.squares / noise**2
        return root, full, right, np.asarray(-0.5 * logs, dtype=np.float64)

    def _said(self, spreads: Spreads) -> _Said:
        many, size = len(np.atleast_1d(spreads.t2i)), len(self.pairs)
        found = _Said(np.zeros((many, size, size)), np.zeros((many, size)), np.zeros(many))
        for block in self.blocks:
            if block.pairs.shape[1] < 2:
                continue
            covariance = block.covariance(spreads)
            inverse = np.linalg.inv(covariance)
            column = inverse.sum(axis=3)
            whole = column.sum(axis=2)
            inverse -= column[..., :, None] * (column / whole[..., None])[..., None, :]
            logs = np.linalg.slogdet(covariance)[1] + np.log(whole)
            found.logs[:] += logs @ block.often + np.einsum("mgij,gij->m", inverse, block.products)
            pull = np.einsum("mgij,gj->mgi", inverse, block.sums)
            inverse *= block.often[:, None, None]
            if len(block.pairs) == 1 and block.pairs.shape[1] == size:
                found.information[:] += inverse[:, 0]
                found.pull[:] += pull[:, 0]
                continue
            at = (block.pairs[:, :, None] * size + block.pairs[:, None]).ravel()
            for k in range(many):
                found.information[k] += np.bincount(at, inverse[k].ravel(), size**2).reshape(size, size)
                found.pull[k] += np.bincount(block.pairs.ravel(), pull[k].ravel(), size)
        return found
