"""The legend beside the map."""

from lib.ui import classlist


def test_class_name_with_markup_is_shown_as_it_is_written():
    text = classlist.markup(["<b>Water</b>"], ["#0064c8"], ["<i>3</i>"])

    assert "<span>&lt;b&gt;Water&lt;/b&gt;</span>" in text
    assert "<b>&lt;i&gt;3&lt;/i&gt;</b>" in text


def test_each_class_has_its_colour():
    text = classlist.markup(["Wood", "Water"], ["#006400", "#0064c8"])

    assert text.count("<i style=") == 2
    assert text.index("#006400") < text.index("Wood") < text.index("#0064c8") < text.index("Water")


def test_colour_that_carries_something_else_becomes_grey():
    assert classlist.safe_color("red;background:url(//x)") == "#999999"
    assert classlist.safe_color("#0064c8") == "#0064c8"
