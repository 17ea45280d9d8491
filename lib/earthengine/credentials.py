"""Who signs in to Earth Engine: a service-account key, or the credentials of this machine."""

import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import ee
from google.auth import exceptions
from google.auth.credentials import Credentials as GoogleCredentials
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import service_account

from lib.core.errors import SignInError

GOOGLE_TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
TOKEN_URL_VARIABLE = "LOAM_TOKEN_URL"  # noqa: S105 - a name
# https://developers.google.com/earth-engine/guides/service_account: Earth Engine itself, and
# cloud-platform for endpoints and buckets of the same project.
SCOPES = (
    "https://www.googleapis.com/auth/earthengine",
    "https://www.googleapis.com/auth/cloud-platform",
)
# https://cloud.google.com/resource-manager/docs/creating-managing-projects: 6 to 30 characters.
_PROJECT = re.compile(r"(?:[\w.-]+:)?[a-z][-a-z0-9]{4,28}[a-z0-9]")
_KEY_HINT = "Paste the whole JSON file that Google Cloud made for the service account."


@dataclass(frozen=True)
class ServiceAccountKey:
    """The three fields of a service-account key that are used.

    Attributes:
        client_email: Account that signs in.
        private_key: PEM text; never shown.
        project_id: Cloud project of the account.
    """

    client_email: str
    private_key: str = field(repr=False)
    project_id: str

    @classmethod
    def from_text(cls, text: str) -> "ServiceAccountKey":
        """Read a pasted key file.

        Raises:
            SignInError: It is no key, or lacks a field.
        """
        try:
            values = json.loads(text)
        except ValueError:
            raise SignInError("This is no JSON.", hint=_KEY_HINT, field="key") from None
        if not isinstance(values, dict):
            raise SignInError("This JSON is no key.", hint=_KEY_HINT, field="key")
        return cls.from_mapping(values)

    @classmethod
    def from_mapping(cls, values: Any) -> "ServiceAccountKey":
        """Take the three fields of a mapping, such as a table of `st.secrets`.

        Raises:
            SignInError: A field is missing or not text.
        """
        names = ("client_email", "private_key", "project_id")
        missing = [name for name in names if not _is_text(values.get(name))]
        if missing:
            raise SignInError(
                f"The key lacks {' and '.join(missing)}.", hint=_KEY_HINT, field="key"
            )
        return cls(**{name: values[name] for name in names})


@dataclass(frozen=True)
class MachineCredentials:
    """What `earthengine authenticate` (or gcloud) left on the machine the app runs on."""


def machine_credentials() -> MachineCredentials:
    """Sign in as this machine; offer it only to visitors on this machine."""
    return MachineCredentials()


Credentials = ServiceAccountKey | MachineCredentials


def credentials_from(secret: Mapping[str, str]) -> Credentials:
    """Read the part "credentials" of a connection's secret; empty means this machine's own."""
    return ServiceAccountKey.from_mapping(secret) if secret else MachineCredentials()


class Tokens(Protocol):
    """Where a door gets its access token."""

    def current(self) -> str:
        """A token that is believed to be valid."""

    def renewed(self, refused: str) -> str:
        """Another token after the service refused one."""


class FixedToken:
    """One token that cannot be renewed."""

    def __init__(self, token: str) -> None:
        """Keep it in memory."""
        self._token = token

    def current(self) -> str:
        """The token."""
        return self._token

    def renewed(self, refused: str) -> str:  # noqa: ARG002 - the protocol's form
        """The same token, as there is no other."""
        return self._token


class RefreshedTokens:
    """Tokens of an account, fetched when first needed and renewed once for all threads."""

    def __init__(self, credentials: Credentials) -> None:
        """Send nothing yet."""
        self._source = credentials
        self._google: Any = None
        self._lock = threading.Lock()

    def current(self) -> str:
        """A token that is not expired.

        Raises:
            SignInError: The account cannot sign in.
            ConnectionError: The token address does not answer.
        """
        with self._lock:
            if self._google is None:
                self._google = _google_credentials(self._source)
            if not self._google.valid:
                _refresh(self._google)
            return str(self._google.token)

    def renewed(self, refused: str) -> str:
        """A token other than `refused`, unless another thread has fetched one already."""
        with self._lock:
            if self._google is not None and self._google.token == refused:
                _refresh(self._google)
        return self.current()


class _SessionCredentials(GoogleCredentials):
    """Our tokens as google-auth wants them; its own would also ask another service in a thread."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._tokens = tokens

    def before_request(self, _request: Any, _method: str, _url: str, headers: Any) -> None:
        self.token = self._tokens.current()
        self.apply(headers)  # type: ignore[no-untyped-call]

    def refresh(self, _request: Any) -> None:
        self.token = self._tokens.renewed(self.token or "")


def google_session(credentials: Credentials) -> Any:
    """Open a session of `requests` that carries an account's tokens and renews them.

    What it sends raises SignInError where the account cannot sign in.
    """
    tokens = RefreshedTokens(credentials)
    return AuthorizedSession(_SessionCredentials(tokens))  # type: ignore[no-untyped-call]


def check_project(project: str) -> str:
    """Return a Cloud project id without spaces around it.

    Raises:
        SignInError: It is empty or no project id.
    """
    project = project.strip()
    if not project:
        raise SignInError(
            "No Google Cloud project is given.",
            hint="Type the id of a project that is registered for Earth Engine.",
            field="project",
        )
    if not _PROJECT.fullmatch(project):
        raise SignInError(
            f"“{project}” is no project id.",
            hint="An id has 6 to 30 lower-case letters, digits and hyphens, such as my-project-1.",
            field="project",
        )
    return project


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _google_credentials(source: Credentials) -> Any:
    if isinstance(source, MachineCredentials):
        return _found_on_machine()
    info = {
        "client_email": source.client_email,
        "private_key": source.private_key,
        "token_uri": os.environ.get(TOKEN_URL_VARIABLE, GOOGLE_TOKEN_URL),
    }
    try:
        return service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            info, scopes=SCOPES
        )
    except ValueError:
        raise SignInError(
            "The private key of this service account cannot be read.", hint=_KEY_HINT, field="key"
        ) from None


def _found_on_machine() -> Any:
    try:
        return ee.data.get_persistent_credentials()
    except (ee.EEException, exceptions.GoogleAuthError):
        raise SignInError(
            "This machine has no Earth Engine credentials that still work.",
            hint="Run `earthengine authenticate` on it, then try again.",
        ) from None


def _refresh(google_credentials: Any) -> None:
    try:
        google_credentials.refresh(Request())
    except exceptions.RefreshError:
        raise SignInError(
            "Google does not accept these credentials: they were revoked, deleted or have expired.",
            hint="Make a new key for the service account, or sign in again.",
            field="key",
        ) from None
    except exceptions.TransportError as error:
        raise ConnectionError("The address that issues tokens does not answer.") from error
