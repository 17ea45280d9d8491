"""Access tokens for service accounts that are registered by their public keys.

The registry is a JSON file: `{"keys": [{"client_email", "public_key" (PEM), "projects": [...]}]}`.
Tokens live in the memory of the process that issued them.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from lib.localearth.access import Access
from lib.localearth.errors import EarthError, PermissionDenied, Unauthenticated

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME_S = 3600
_EXPECTED = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. See "
    "https://developers.google.com/identity/sign-in/web/devconsole-project."
)


@dataclass(frozen=True)
class Account:
    """A registered service account."""

    client_email: str
    public_key: str
    projects: tuple[str, ...]


@dataclass(frozen=True)
class _Token:
    account: Account
    expires: float


class TokenOffice:
    """Issues tokens for signed assertions and checks them.

    Args:
        accounts: Who is registered.
        lifetime_s: Seconds that a token lasts.
    """

    def __init__(self, accounts: tuple[Account, ...], *, lifetime_s: float = LIFETIME_S) -> None:
        """Start without tokens."""
        self._accounts = {account.client_email: account for account in accounts}
        self._lifetime_s = lifetime_s
        self._tokens: dict[str, _Token] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_file(cls, path: Path | None, *, lifetime_s: float = LIFETIME_S) -> "TokenOffice":
        """Read a registry; without one nobody is registered."""
        registered = json.loads(path.read_text())["keys"] if path else []
        accounts = tuple(
            Account(key["client_email"], key["public_key"], tuple(key["projects"]))
            for key in registered
        )
        return cls(accounts, lifetime_s=lifetime_s)

    def answer(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Answer a request to the token address: status and JSON, as Google's does."""
        form = {
            name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()
        }
        if form.get("grant_type") != GRANT:
            return 400, {
                "error": "unsupported_grant_type",
                "error_description": "Invalid grant_type",
            }
        try:
            account = self._verify(form.get("assertion", ""))
        except EarthError as error:
            return 400, {"error": "invalid_grant", "error_description": error.message}
        token = self._issue(account)
        lifetime = int(self._lifetime_s)
        return 200, {"access_token": token, "expires_in": lifetime, "token_type": "Bearer"}

    def check(self, headers: Mapping[str, str], project: str) -> Access:
        """Let a request pass or refuse it.

        Args:
            headers: Names in lower case.
            project: That the address names, or "".

        Returns:
            What the token opens.

        Raises:
            Unauthenticated: There is no token, or it is unknown or expired.
            PermissionDenied: Its account may not use the project.
        """
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not value:
            raise Unauthenticated(
                f"Request is missing required authentication credential. {_EXPECTED}"
            )
        token = self._tokens.get(value.strip())
        if token is None or token.expires < time.time():
            raise Unauthenticated(f"Request had invalid authentication credentials. {_EXPECTED}")
        for wanted in {project, headers.get("x-goog-user-project", "")} - {""}:
            if wanted not in token.account.projects:
                raise PermissionDenied(
                    f"Caller does not have required permission to use project {wanted}. Grant the "
                    "caller the roles/serviceusage.serviceUsageConsumer role, or a custom role "
                    "with the serviceusage.services.use permission, by visiting "
                    "https://console.developers.google.com/iam-admin/iam/project?"
                    f"project={wanted} and then retry."
                )
        return Access(token.account.projects)

    def _verify(self, assertion: str) -> Account:
        from google.auth import jwt  # slow import

        decode: Callable[..., dict[str, Any]] = jwt.decode
        try:
            email = decode(assertion, verify=False).get("iss", "")
        except ValueError:
            raise EarthError("Invalid JWT: it cannot be read.") from None
        account = self._accounts.get(email)
        if account is None:
            raise EarthError("Invalid grant: account not found")
        try:
            decode(assertion, certs=account.public_key)
        except ValueError as error:
            raise EarthError(_reason(str(error))) from None
        return account

    def _issue(self, account: Account) -> str:
        token = secrets.token_urlsafe(32)
        now = time.time()
        with self._lock:
            self._tokens = {k: t for k, t in self._tokens.items() if t.expires > now}
            self._tokens[token] = _Token(account, now + self._lifetime_s)
        return token


def _reason(text: str) -> str:
    """Google's wording of why an assertion is refused."""
    if "signature" in text:
        return "Invalid JWT Signature."
    return (
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
        "timeframe. Check your iat and exp values in the JWT claim."
    )
