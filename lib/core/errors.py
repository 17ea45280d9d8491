"""Every error that Loam raises on purpose, as one tree.

AppError
├── InputError            what a person typed, drew or uploaded
│   ├── AoiError          the area of interest
│   ├── DateError         a date or a range of dates
│   ├── LegendError       classes, their values, names and colours
│   ├── LabelError        reference maps, polygons and points with classes
│   ├── SampleError       samples: too few, one class only, a broken table
│   ├── RasterError       an uploaded or imported raster
│   ├── VectorError       an uploaded or imported vector file
│   ├── PlanError         a setting out of its range
│   └── ProjectError      a project file
├── ServiceError          what a connection answered
│   ├── SignInError       no, wrong or expired credentials
│   ├── AccessError       signed in, but not allowed
│   ├── NotFoundError     an asset, map or collection that is not there
│   ├── LimitError        a request that the service refuses as too large or too many
│   │   └── TooLargeError     one that smaller requests can replace
│   └── UnreachableError  no answer in time
├── ModelError            networks: families, weights, artefacts
├── DeploymentError       a network that cannot be written, or whose parity check failed
└── JobError              a worker that failed, was lost or cannot be found
"""


class AppError(Exception):
    """An error that a person can read: what it is about, what came, what to do.

    Args:
        message: One or two sentences that name the thing and show what came.
        hint: What to do now, as a sentence; empty where the message says it.
        field: Name of the setting concerned ("aoi", "dates", "classes", …), so that a page can
            show the message beside its control; empty where there is none.
    """

    def __init__(self, message: str, *, hint: str = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.hint, self.field))


def _rebuild(kind: type[AppError], message: str, hint: str, field: str) -> AppError:
    return kind(message, hint=hint, field=field)


class InputError(AppError):
    """Something that a person typed, drew or uploaded cannot be used."""


class AoiError(InputError):
    """The area of interest is empty, crosses itself, or cannot be placed."""


class DateError(InputError):
    """A date cannot be read, or a range of dates is empty or reversed."""


class LegendError(InputError):
    """Classes are missing, repeated, or have unusable values or colours."""


class LabelError(InputError):
    """Labels are missing, or do not meet the imagery or the legend."""


class SampleError(InputError):
    """A sample set is too small, has one class only, or is malformed."""


class RasterError(InputError):
    """A raster cannot be read or cannot be placed on the Earth."""


class VectorError(InputError):
    """A vector file cannot be read, or lacks a column or a coordinate system."""


class PlanError(InputError):
    """A setting is out of its range or contradicts another."""


class ProjectError(InputError):
    """A project file is malformed, from a newer version, or incomplete."""


class ServiceError(AppError):
    """A connection answered with an error."""


class SignInError(ServiceError):
    """Credentials are missing, wrong or expired."""


class AccessError(ServiceError):
    """The account is known but not allowed to do this."""


class NotFoundError(ServiceError):
    """The service does not have the thing asked for."""


class LimitError(ServiceError):
    """The service refuses a request as too large, too slow or too frequent."""


class TooLargeError(LimitError):
    """One request needs more memory, time or bytes than the service gives; smaller ones may do."""


class UnreachableError(ServiceError):
    """The service did not answer in time."""


class ModelError(AppError):
    """A network cannot be built, trained, saved or loaded."""


class DeploymentError(AppError):
    """A network cannot be written for a route, or its deployed form differs from it."""


class JobError(AppError):
    """A worker failed, was lost, or its job is unknown."""
