"""What a function may ask of the request it is part of: pixels, assets and other functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lib.localearth import promotion
from lib.localearth.errors import EarthError
from lib.localearth.raster.image import Image, Reading
from lib.localearth.refusals import VALUE_ERRORS, refusal
from lib.localearth.registry import Entry, find, snake_case
from lib.localearth.signatures import Argument
from lib.localearth.values import Collection

Asset = Image | Collection


@dataclass(frozen=True)
class OpenedAsset:
    """An asset and whether it belongs to the simulated planet (or is a person's own)."""

    value: Asset
    simulated: bool


OpenAsset = Callable[[str], OpenedAsset | None]


def _no_endpoints(endpoint: str) -> str:
    raise EarthError(f"Endpoint '{endpoint}' is not registered with Local Earth.")


@dataclass
class Context:
    """One evaluation: it opens assets, calls functions by name and reads pixels.

    Attributes:
        open_asset: Finds an asset by id, or gives None.
        reading: Planes of this evaluation, for functions that need pixels at once.
        assets: Ids that were opened, each with whether it is simulated.
        endpoint_address: Gives the address at which a model's endpoint is asked.
    """

    open_asset: OpenAsset
    reading: Reading = field(default_factory=Reading)
    assets: dict[str, bool] = field(default_factory=dict)
    endpoint_address: Callable[[str], str] = _no_endpoints

    def load(self, asset_id: str, *, kind: str = "Image") -> Asset:
        """Open an asset.

        Args:
            asset_id: Such as "COPERNICUS/S2_SR_HARMONIZED" or "projects/local/assets/scene".
            kind: "Image", "ImageCollection" or "Collection", for the message.

        Raises:
            EarthError: There is none, or the request mixes the planet with own data.
        """
        opened = self.open_asset(asset_id)
        if opened is None:
            raise EarthError(
                f"{kind}.load: {kind} asset '{asset_id}' not found "
                "(does not exist or caller does not have access)."
            )
        self.assets[asset_id] = opened.simulated
        refuse_mixing(self.assets)
        return opened.value

    def call(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Call a function as a graph would: arguments are promoted and defaults filled in.

        Args:
            name: Earth Engine's name, such as "Image.add".
            *arguments: In the signature's order.
            **named: By name, in snake case or as on the wire.
        """
        entry = find(name)
        given = dict(zip((a.name for a in entry.signature.arguments), arguments, strict=False))
        by_name = {snake_case(a.name): a.name for a in entry.signature.arguments}
        given |= {by_name.get(key, key): value for key, value in named.items()}
        return self.invoke(entry, given)

    def invoke(self, entry: Entry, given: Mapping[str, Any]) -> Any:
        """Call an implemented function with arguments by their names on the wire.

        Raises:
            EarthError: Told with the function's name in front.
        """
        name = entry.signature.name
        try:
            values = [self._argument(entry, argument, given) for argument in _checked(entry, given)]
            result = entry.function(*([self] if entry.takes_context else []), *values)
        except EarthError as error:
            raise error if error.located else error.prefixed(f"{name}: ") from None
        except (MemoryError, RecursionError):
            raise
        except VALUE_ERRORS as error:
            raise refusal(error).prefixed(f"{name}: ") from error
        except Exception as error:
            error.add_note(f"while calling {name}")
            raise
        return result.item() if isinstance(result, np.generic) else result

    def _argument(self, entry: Entry, argument: Argument, given: Mapping[str, Any]) -> Any:
        value = given.get(argument.name)
        if value is None:
            value = argument.default
        if value is None:
            if argument.optional or _may_be_null(argument):
                return None
            raise EarthError(f"Parameter '{argument.name}' is required and may not be null.")
        return promotion.coerce(
            self, value, argument.type, place=(entry.signature.name, argument.name)
        )


def refuse_mixing(assets: Mapping[str, bool]) -> None:
    """Refuse a request that reads both the simulated planet and a person's own data.

    Args:
        assets: Ids that are read, each with whether it is simulated.

    Raises:
        EarthError: Both kinds are among them.
    """
    simulated = sorted(key for key, value in assets.items() if value)
    own = sorted(key for key, value in assets.items() if not value)
    if simulated and own:
        error = EarthError(
            f"'{simulated[0]}' is imagery of the simulated planet and '{own[0]}' is your own data. "
            "They cannot be used together, because the planet is not the Earth: "
            "what the planet shows at a place is not what is there."
        )
        error.located = True
        raise error


def _may_be_null(argument: Argument) -> bool:
    return argument.type in ("Object", "<any>")


def _checked(entry: Entry, given: Mapping[str, Any]) -> tuple[Argument, ...]:
    known = {argument.name for argument in entry.signature.arguments}
    for name in given:
        if name not in known:
            raise EarthError(f"Unrecognized argument name: '{name}'.")
    return entry.signature.arguments
