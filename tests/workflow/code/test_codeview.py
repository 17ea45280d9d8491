"""The expander with the code of a step: nothing is written until it is opened."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from lib.workflow.code.python import code_of
from lib.workflow.project import new_workspace
from tests.workflow.code.conftest import PROJECT


def page(ws: object, opened: bool) -> None:
    from lib.ui.codeview import _open, show

    if opened:
        from lib.workflow.code.python import code_of

        _open(lambda: code_of("imagery", ws), "imagery")
    else:
        show(ws, "imagery")


def shown(function: Callable[..., None], **arguments: object) -> AppTest:
    app = AppTest.from_function(function, kwargs=arguments)
    app.run(timeout=60)
    assert not app.exception
    return app


def test_code_of_a_step_when_closed_is_not_written() -> None:
    app = shown(page, ws=new_workspace(project=PROJECT), opened=False)

    assert app.expander[0].label == "Show the code of this step"
    assert not app.code


def test_code_of_a_step_when_opened_is_shown(home: object) -> None:
    workspace = new_workspace(project=PROJECT)

    app = shown(page, ws=workspace, opened=True)

    assert app.code[0].value == code_of("imagery", workspace).strip()


def test_code_that_cannot_be_written_is_told_in_a_sentence(home: object) -> None:
    workspace = new_workspace()

    app = shown(page, ws=workspace, opened=True)

    assert app.info[0].value.startswith("This cannot be written as code: no area is chosen.")
