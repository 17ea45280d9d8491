"""What runs and costs, in a form that outlives the session."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self

PRICES = "https://cloud.google.com/vertex-ai/pricing"


@dataclass(frozen=True)
class Running:
    """A model that is deployed on an endpoint, and costs until it is undeployed.

    Attributes:
        endpoint: Resource name, "projects/P/locations/R/endpoints/ID".
        model: Resource name of the model on it.
        since: When it was deployed, ISO form in UTC.
        machine_type: Of its machines.
        region: Where they are.
    """

    endpoint: str
    model: str
    since: str
    machine_type: str
    region: str

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**data)


def cost_words(running: Running, now: datetime | None = None) -> str:
    """Say since when something runs and how it costs, without a price, which Google sets.

    Args:
        running: What runs.
        now: The time; None for this moment.
    """
    since = _moment(running.since)
    hours = max(0.0, ((now or datetime.now(UTC)) - since).total_seconds() / 3600)
    day = f"{since.day} {since:%B %Y, %H:%M} UTC"
    return (
        f"Running since {day} ({_length(hours)}): one or more machines of the type "
        f"{running.machine_type} in {running.region}. It costs by the hour, whether it is asked "
        f"or not, until it is undeployed. Prices: {PRICES}"
    )


def _moment(text: str) -> datetime:
    """A time of Google, which may have nanoseconds."""
    head, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.fromisoformat(head)
    digits = fraction.partition("+")[0][:6]
    moment = moment.replace(microsecond=int(digits.ljust(6, "0"))) if digits else moment
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _length(hours: float) -> str:
    if hours < 1:
        return f"{int(hours * 60)} minutes"
    if hours < 48:
        return f"{hours:.1f} hours"
    return f"{hours / 24:.1f} days"
