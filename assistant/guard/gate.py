"""The gate as a whole: one wall around everything that is served, built from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp

from assistant.guard.limits import Limits
from assistant.guard.login import Login
from assistant.guard.origin import OwnOrigin
from assistant.guard.users import Users, users_from
from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Gate:
    """Who may come in, by which name, how often, and with how much.

    ``names`` are host names, beside this machine's own, that the app is reached by; without ``users`` everyone may come in.
    """

    names: tuple[str, ...] = ()
    users: Users | None = None
    requests_per_minute: int = 300
    request_kb: int = 1024
    upload_mb: int = 50

    @classmethod
    def of(cls, settings: Settings, names: tuple[str, ...] = ()) -> Gate:
        """Build it as the settings say. Raises VouchedError when the users' file cannot be used, or the token is weak."""
        users = users_from(settings.users, settings.token)
        return cls(names, users, settings.requests_per_minute, settings.request_kb, settings.upload_mb)

    def around(self, app: ASGIApp) -> ASGIApp:
        """Put an app behind the gate: first the name and the origin are looked at, then the user, then the limits."""
        app = Limits(app, self.requests_per_minute, self.request_kb, 1024 * self.upload_mb)
        if self.users is not None:
            app = Login(app, self.users)
        return OwnOrigin(app, self.names)
