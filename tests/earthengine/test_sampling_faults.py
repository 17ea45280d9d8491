"""Draws whose requests fail, or that are stopped: the samples are the same."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lib.earthengine import harvest
from lib.earthengine.access import Connection
from lib.earthengine.connection import over_http
from lib.earthengine.doors import Answer
from lib.earthengine.fetching import Watch
from lib.localearth.faults import Faults
from lib.localearth.server import api_app
from lib.localearth.service import Service
from tests.earthengine.scene import Scene
from tests.earthengine.test_sampling import MAP_LEGEND, draw, label_map, plan_of
from tests.localearth.serving import running

FAULTY = "429:0.04,503:0.03,drop:0.03,seed:5"


@pytest.mark.parametrize("form", ["pixel", "patch"])
def test_draw_when_one_request_in_ten_fails_is_the_same(
    scene: Scene,
    form: str,
    monkeypatch: pytest.MonkeyPatch,
    no_waiting: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(harvest, "BLOCK_PIXELS", 60)
    monkeypatch.setattr("lib.earthengine.rows.TILE", 5)
    monkeypatch.setattr("lib.earthengine.patches.REQUEST_PIXELS", 0)
    plan = replace(plan_of(scene), form=form, patch_size=3)
    service = Service(Path(scene.earth.secret["home"]))
    right, _ = draw(scene, label_map(scene), MAP_LEGEND, imagery=plan, per_class=300)

    with running(api_app(service, faults=Faults.parse(FAULTY))) as url:
        found, _ = draw(
            scene,
            label_map(scene),
            MAP_LEGEND,
            imagery=plan,
            per_class=300,
            earth=over_http(url),
        )

    order = np.argsort(found.ids), np.argsort(right.ids)
    assert np.array_equal(found.ids[order[0]], right.ids[order[1]])
    assert np.array_equal(found.predictors[order[0]], right.predictors[order[1]])
    assert caplog.text.count("before retry 1 of 5") >= 3


def test_draw_that_was_killed_goes_on_where_it_stopped(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harvest, "BLOCK_PIXELS", 60)
    monkeypatch.setattr("lib.earthengine.rows.TILE", 5)
    whole, _ = draw(scene, label_map(scene), MAP_LEGEND, per_class=100)

    def stop_in_the_middle() -> None:
        if len(list(tmp_path.glob("*.part"))) > 30:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        draw(
            scene, label_map(scene), MAP_LEGEND, per_class=100,
            watch=Watch(check=stop_in_the_middle, keep=tmp_path),
        )  # fmt: skip
    kept = set(tmp_path.glob("*.part"))
    asked: list[str] = []
    again, _ = draw(
        scene, label_map(scene), MAP_LEGEND, per_class=100, watch=Watch(keep=tmp_path),
        earth=counting(scene.earth, asked.append),
    )  # fmt: skip

    computed = [path for path in asked if "computePixels" in path or "computeFeatures" in path]
    assert len(kept) > 30
    assert len(computed) == len(set(tmp_path.glob("*.part"))) - len(kept)
    assert np.array_equal(again.ids, whole.ids)
    assert np.array_equal(again.predictors, whole.predictors)


def counting(earth: Connection, note: Callable[[str], object]) -> Connection:
    """The same connection behind a door that notes what goes through."""

    class Counted:
        def send(self, path: str, **more: object) -> Answer:
            note(path)
            return earth.door.send(path, **more)  # type: ignore[arg-type]

    return replace(earth, door=Counted())
