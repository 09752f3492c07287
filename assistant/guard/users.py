"""Who may use the web app: a file of names with hashed passwords, and a token for programs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from ingestion.errors import VouchedError

# scrypt with 16 MiB, five times over: as much as OWASP's Password Storage Cheat Sheet asks for.
COST, BLOCK, TIMES = 2**14, 8, 5
HASH = re.compile(r"scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/=]{16,})\$([A-Za-z0-9+/=]{40,})")
MEMORY = 2**28  # bytes: a hash in the file that asks for more is refused
SHORTEST_TOKEN, SHORTEST_PASSWORD, LONGEST = 16, 8, 1_024  # characters
PROGRAM = "token"  # the name of whoever shows the token
LINE = "A line is NAME:HASH, as `vouched serve --hash-password NAME` prints it."


@dataclass(frozen=True, slots=True)
class Users:
    """Hashes by name, and the token, if there is one. Neither is ever shown."""

    hashes: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: SecretStr | None = None

    def admits(self, name: str, password: str) -> str | None:
        """Give the name of the user whose password it is. An unknown name takes as long as a wrong password."""
        if self.has_token(password):
            return PROGRAM
        stored = self.hashes.get(name)
        right = _is(password, stored or _ANYONE)
        return name if stored is not None and right else None

    def has_token(self, shown: str) -> bool:
        """Tell whether this is the token."""
        return self.token is not None and hmac.compare_digest(shown.encode(), self.token.get_secret_value().encode())


def users_from(file: Path | None, token: SecretStr | None) -> Users | None:
    """Read who may come in; None when that is everyone. Raises VouchedError."""
    if token is not None and len(token.get_secret_value()) < SHORTEST_TOKEN:
        raise VouchedError(
            f"VOUCHED_TOKEN has fewer than {SHORTEST_TOKEN} characters and can be guessed. Make one:"
            " python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    if file is None:
        return None if token is None else Users({}, token)
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise VouchedError(f"The users' file {file} cannot be read: {error}. {LINE}") from error
    hashes: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        name, _, stored = line.strip().partition(":")
        if not name or name.startswith("#"):
            continue
        if name in hashes:
            raise VouchedError(f"{file}, line {number}: {name} is there twice. Remove one of the two lines.")
        if not _is_hash(stored):
            raise VouchedError(f"{file}, line {number}: what follows the name is no hash of ours. {LINE}")
        hashes[name] = stored
    if not hashes and token is None:
        raise VouchedError(f"The users' file {file} names nobody, so nobody could come in. {LINE}")
    return Users(hashes, token)


def hashed(password: str) -> str:
    """Hash a password for the file, with a salt of its own. Raises VouchedError for one that is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST:
        raise VouchedError(f"A password has {SHORTEST_PASSWORD} to {LONGEST:,} characters, this one {len(password)}.")
    return _hashed(password, secrets.token_bytes(16))


def _hashed(password: str, salt: bytes) -> str:
    key = _key(password, salt, COST, BLOCK, TIMES)
    return "$".join(["scrypt", *map(str, (COST, BLOCK, TIMES)), _text(salt), _text(key)])


def _is(password: str, stored: str) -> bool:
    found = HASH.fullmatch(stored)
    if found is None or len(password) > LONGEST:
        return False
    cost, block, times = map(int, found.group(1, 2, 3))
    salt, key = map(base64.b64decode, found.group(4, 5))
    return hmac.compare_digest(_key(password, salt, cost, block, times), key)


def _is_hash(stored: str) -> bool:
    found = HASH.fullmatch(stored)
    if found is None:
        return False
    cost, block, times = map(int, found.group(1, 2, 3))
    return cost > 1 and cost & (cost - 1) == 0 and block > 0 and times > 0 and 128 * block * (cost + times) < MEMORY


def _key(password: str, salt: bytes, cost: int, block: int, times: int) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "replace"), salt=salt, n=cost, r=block, p=times, maxmem=MEMORY, dklen=32)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


_ANYONE = _hashed("nobody's", bytes(16))
