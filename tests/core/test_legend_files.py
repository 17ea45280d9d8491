"""Legends go to CSV and come back."""

import pytest

from lib.core.errors import LegendError
from lib.core.legend import Legend
from lib.core.legend_files import legend_from_csv, legend_to_csv

LEGEND = Legend.from_values([10, -3, 95], ["Trees, all", "“Shrubs”", "Überschwemmt"])


def test_legend_when_written_and_read_again_is_the_same():
    assert legend_from_csv("x.csv", legend_to_csv(LEGEND)) == LEGEND


def test_legend_when_written_has_three_columns():
    assert legend_to_csv(LEGEND).decode().splitlines()[:2] == [
        "value,name,colour",
        '10,"Trees, all",#0072b2',
    ]


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("value,name,colour\n1,Water,#0064C8\n2,b,#ff0000\n", "#0064c8"),
        ("Code;Label;Color\n1.0;Water;0064c8\n2;b;ff0000\n", "#0064c8"),
        ("colour,name,value\n0 100 200,Water,1\n255 0 0,b,2\n", "#0064c8"),
        ("value,name,rgb\n1,Water,1234\n2,b,5678\n", "#001234"),
        ("value,name\n1,Water\n2,b\n", "#0064c8"),
        ("value,name,colour\n1,Water,\n2,b,#ff0000\n,,\n", "#0064c8"),
    ],
    ids=["plain", "semicolons", "numbers", "lost zeros", "no colours", "one colour missing"],
)
def test_legend_when_files_differ_is_read(text, colour):
    legend = legend_from_csv("x.csv", text.encode())

    assert legend.values == (1, 2)
    assert legend.names == ("Water", "b")
    assert legend.colors[0] == colour


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "no column “value”; it has a, b"),
        ("value,x\n1,2\n", "no column “name”"),
        ("value,name\nx,Water\n2,b\n", "“x” is no class value"),
        ("value,name\n1.5,Water\n2,b\n", "“1.5” is no class value"),
        ("value,name,colour\n1,Water,blue\n2,b,\n", "“blue” is no colour of the class “Water”"),
        ("value,name\n1,Water\n1,b\n", "value “1” stands for more than one"),
        ("value,name\n1,\n2,b\n", "value 1 has no name"),
        ("value,name\n", "has no rows"),
    ],
)
def test_legend_when_a_file_is_wrong_is_refused_with_its_reason(text, words):
    with pytest.raises(LegendError, match=words):
        legend_from_csv("x.csv", text.encode())
