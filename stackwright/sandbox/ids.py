"""Identifiers in the vendors' forms from one seeded source, so that a run can be repeated."""

import random
import string

from stackwright.sandbox.store import Store

LOWER = string.ascii_lowercase
LOWER_DIGITS = string.digits + string.ascii_lowercase
ALNUM = string.digits + string.ascii_letters
DIGITS = string.digits
HEX = "0123456789abcdef"


class Ids:
    """Ids drawn from `seed` and a counter in the store: the same seed gives the same ids in the
    same order, and a restart goes on behind the last one."""

    def __init__(self, store: Store, seed: str = "stackwright") -> None:
        self._store = store
        self.seed = seed

    def make(self, prefix: str, length: int, alphabet: str = LOWER_DIGITS) -> str:
        """`prefix` followed by `length` characters, such as `make("srv-", 20)`."""
        return prefix + self._draw(length, alphabet)

    def alnum(self, length: int) -> str:
        """Digits and letters of both cases (Stripe)."""
        return self._draw(length, ALNUM)

    def letters(self, length: int) -> str:
        """Small letters (Supabase project refs)."""
        return self._draw(length, LOWER)

    def hex(self, length: int) -> str:
        """Small hexadecimal digits."""
        return self._draw(length, HEX)

    def uuid(self) -> str:
        """A version 4 UUID."""
        digits = self._draw(30, HEX)
        variant = self._draw(1, "89ab")
        return "-".join(
            (digits[:8], digits[8:12], "4" + digits[12:15], variant + digits[15:18], digits[18:])
        )

    def _draw(self, length: int, alphabet: str) -> str:
        source = random.Random(f"{self.seed}:{self._store.counter('sandbox.ids')}")  # noqa: S311 - not secret
        return "".join(source.choices(alphabet, k=length))
