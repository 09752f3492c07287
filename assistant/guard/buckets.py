"""Token buckets: each client has its own, which fills at a steady rate and from which each request takes one."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from time import monotonic

from starlette.types import Scope

KEPT = 10_000  # buckets; the full ones are forgotten beyond that, for they say nothing


class Buckets:
    """A bucket for each name, of ``per_minute`` tokens, full in the beginning. Used from one thread, the event loop's."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        """Fill them at that rate."""
        self.size, self.rate = per_minute, per_minute / 60
        self.clock = clock
        self._levels: dict[str, tuple[float, float]] = {}  # how full, and when that was

    def take(self, name: str) -> float:
        """Take a token; gives 0, or the seconds until there will be one."""
        now = self.clock()
        if len(self._levels) >= KEPT:
            self._levels = {n: held for n, held in self._levels.items() if self._level(held, now) < self.size}
        level = self._level(self._levels.get(name, (self.size, now)), now)
        taken = level >= 1
        self._levels[name] = (level - taken, now)
        return 0.0 if taken else (1 - level) / self.rate

    def _level(self, held: tuple[float, float], now: float) -> float:
        level, since = held
        return min(self.size, level + self.rate * (now - since))


def address(scope: Scope) -> str:
    """Give the address that a request comes from; of IPv6 the network, for a client has all of it."""
    host = (scope.get("client") or ("unknown",))[0]
    try:
        found = ip_address(host)
    except ValueError:
        return str(host)
    return str(IPv6Address(int(found) >> 64 << 64)) if found.version == 6 else str(found)
