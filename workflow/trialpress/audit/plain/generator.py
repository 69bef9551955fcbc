"""The random numbers of the plan's seed, drawn again: NumPy's seed sequence and PCG64 by their published definitions, in whole numbers.

O'Neill 2014 (PCG, XSL-RR 128/64) and her seed sequence (2015), Lemire 2019 (whole numbers below a bound), Fisher and Yates (orders),
Kachitvichyanukul and Schmeiser 1988 (binomial numbers by inversion): what https://numpy.org/doc/stable/reference/random documents.
"""

from __future__ import annotations

import math

WORD, LONG = (1 << 32) - 1, (1 << 128) - 1
STEP = 0x2360ED051FC65DA44385DF649FCCF645
POOL = 4
MOST = 10**7  # numbers that are drawn again: some ten seconds


def words(seed: int, spawned: tuple[int, ...], n: int) -> list[int]:
    """n words of 32 bits that a seed, and its child if it was spawned, are hashed to."""
    given = []
    while seed or not given:
        given.append(seed & WORD)
        seed >>= 32
    if spawned:
        given += [0] * (POOL - len(given))
    given += spawned
    multiplier = 0x43B0D7E5

    def hashed(value: int) -> int:
        nonlocal multiplier
        value ^= multiplier
        multiplier = multiplier * 0x931E8875 & WORD
        value = value * multiplier & WORD
        return value ^ value >> 16

    def mixed(x: int, y: int) -> int:
        value = (0xCA01F9DD * x - 0x4973F715 * y) & WORD
        return value ^ value >> 16

    pool = [hashed(given[i] if i < len(given) else 0) for i in range(POOL)]
    for source in range(POOL):
        for target in range(POOL):
            if source != target:
                pool[target] = mixed(pool[target], hashed(pool[source]))
    for more in given[POOL:]:
        pool = [mixed(one, hashed(more)) for one in pool]
    found, multiplier = [], 0x8B51F9DD
    for at in range(n):
        value = pool[at % POOL] ^ multiplier
        multiplier = multiplier * 0x58F38DED & WORD
        value = value * multiplier & WORD
        found.append(value ^ value >> 16)
    return found


class Generator:
    """PCG64 from a seed, or from one of the children that are spawned of it.

    >>> one = Generator(1)
    >>> [one.below(10) for _ in range(5)]
    [4, 5, 7, 9, 0]
    """

    def __init__(self, seed: int, *spawned: int):
        low = words(seed, spawned, 8)
        parts = [low[i] | low[i + 1] << 32 for i in range(0, 8, 2)]
        self.add = ((parts[2] << 64 | parts[3]) << 1 | 1) & LONG
        self.state = ((self.add + (parts[0] << 64 | parts[1])) * STEP + self.add) & LONG
        self.half: int | None = None  # what is left of 64 bits of which 32 were taken

    def long(self) -> int:
        """64 bits."""
        self.state = state = (self.state * STEP + self.add) & LONG
        value, turn = (state >> 64 ^ state) & 0xFFFFFFFFFFFFFFFF, state >> 122
        return (value >> turn | value << (64 - turn)) & 0xFFFFFFFFFFFFFFFF

    def word(self) -> int:
        """32 bits: the lower half, then the upper one."""
        if self.half is not None:
            value, self.half = self.half, None
            return value
        value = self.long()
        self.half = value >> 32
        return value & WORD

    def share(self) -> float:
        """From 0 to 1, of 53 bits."""
        return (self.long() >> 11) / (1 << 53)

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1, n below 2^32; none is drawn for n = 1."""
        if n == 1:
            return 0
        product = self.word() * n
        if product & WORD < n:
            least = (1 << 32) % n
            while product & WORD < least:
                product = self.word() * n
        return product >> 32

    def order(self, values: list) -> None:
        """Shuffle a list from its end on, the place by as many bits as it needs, drawn until it is not too large."""
        for at in range(len(values) - 1, 0, -1):
            mask = (1 << at.bit_length()) - 1
            while (to := self.word() & mask) > at:
                pass
            values[at], values[to] = values[to], values[at]

    def binomial(self, n: int, p: float) -> int:
        """By inversion, of n min(p, 1 - p) up to 30."""
        if n == 0 or p == 0:
            return 0
        if p > 0.5:
            return n - self._inverted(n, 1.0 - p)
        return self._inverted(n, p)

    def _inverted(self, n: int, p: float) -> int:
        none = math.exp(n * math.log1p(-p))
        bound = min(n, n * p + 10 * math.sqrt(n * p * (1 - p) + 1))
        x, chance, u = 0, none, self.share()
        while u > chance:
            x += 1
            if x > bound:
                x, chance, u = 0, none, self.share()
            else:
                u -= chance
                chance = (n - x + 1) * p * chance / (x * (1 - p))
        return x
