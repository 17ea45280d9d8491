"""Errors that Local Earth answers with, in the shape of Google's API errors."""

from typing import Any


class EarthError(Exception):
    """An answer that is an error: a message, an HTTP code and a status word."""

    code = 400
    status = "INVALID_ARGUMENT"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.located = False  # whether the message names the function that failed

    def prefixed(self, place: str) -> "EarthError":
        """The same error, told to have happened in `place`, such as "Image.select: "."""
        if not self.message.startswith(place):
            self.message = place + self.message
            self.args = (self.message,)
        self.located = True
        return self

    def body(self) -> dict[str, Any]:
        """The JSON body that the REST API sends."""
        return {"error": {"code": self.code, "message": self.message, "status": self.status}}


class NotImplementedHere(EarthError):
    """A documented function that Local Earth does not implement (not retried by clients)."""

    status = "UNIMPLEMENTED"


class Unauthenticated(EarthError):
    """No token, or one that is unknown or expired."""

    code = 401
    status = "UNAUTHENTICATED"


class PermissionDenied(EarthError):
    """A token that may not use the project."""

    code = 403
    status = "PERMISSION_DENIED"


class NotFound(EarthError):
    """An asset, map, thumbnail or path that is not there."""

    code = 404
    status = "NOT_FOUND"


class TooManyRequests(EarthError):
    """More requests at once than the service has slots for."""

    code = 429
    status = "RESOURCE_EXHAUSTED"


class Unavailable(EarthError):
    """The service cannot answer now; clients try again."""

    code = 503
    status = "UNAVAILABLE"
