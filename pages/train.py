"""Train: teach a network, watch it learn, and see how far to trust it."""

from lib.ui import (
    codeview,
    footer,
    frame,
    guide,
    modelpickers,
    pickers,
    progress,
    state,
    studyview,
    trainview,
)
from lib.ui.guard import guard, require
from lib.workflow import train
from lib.workflow.project import is_simulated

with guard():
    ws = state.workspace()
    guide.banner("train")
    require(ws, "train")
    modelpickers.fit_family(ws)
    view = None
    with guard():
        view = trainview.read(ws)
    job = train.job(ws)
    busy = progress.is_live(job)
    progress.warm(ws)
    left, right = frame.two_thirds()
    with right:
        frame.heading("train")
        with guard():
            pickers.keep(ws, model=modelpickers.network(ws))
        with guard():
            modelpickers.needs(ws)
    stale = view is not None and view.stale
    fresh = view is not None and not stale
    with left:
        if view is not None and stale and not busy:
            frame.stale_note(view.changed)
        progress.watch(
            lambda: train.job(ws),
            lambda: train.cancel(ws),
            body=lambda: trainview.curves(
                train.history(ws) if busy or view is None else view.network.history,
                simulated=is_simulated(ws),
            ),
            fresh=fresh,
        )
        if not busy:
            trainview.offer_to_go_on(ws, view)
        if view is not None:
            if stale and busy:
                frame.stale_note(view.changed)
            trainview.result(ws, view)
            codeview.show(ws, "train")
        studyview.show(ws)
    footer.step_bar(
        "train",
        label="Resume" if train.can_resume(ws) else "Train",
        sentence=lambda: train.estimate(ws).sentence,
        start=lambda: train.start(ws),
        fresh=fresh,
        busy=busy,
        done=trainview.done_words(view),
    )
    stopped = busy or progress.has_ended_badly(job)
    guide.drive("train", start=lambda: train.start(ws), fresh=fresh, stopped=stopped)
