"""CSV as people have it."""

import numpy as np
import pandas as pd
import pytest

from lib.core.delimited import numbers_in, read_delimited
from lib.core.errors import LegendError, VectorError


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,x\n2,y\n",
        b"\xef\xbb\xbfa;b\r\n1;x\r\n2;y\r\n",
        b"a\tb\n1\tx\n\n2\ty\n",
        b"a|b\n1|x\n2|y",
        "a,b\n1,x\n2,y\n".encode("utf-16"),
        b" a , b\n1, x\n2, y\n",
    ],
    ids=["comma", "semicolon and BOM", "tab", "bar", "UTF-16", "blanks"],
)
def test_read_when_files_are_written_in_many_ways_gives_the_same_table(data):
    frame, notes = read_delimited("x.csv", data)

    assert frame.columns.tolist() == ["a", "b"]
    assert frame["a"].tolist() == [1, 2]
    assert frame["b"].tolist() == ["x", "y"]
    assert notes == ()


def test_read_when_cells_are_empty_knows_them_from_a_class_called_none():
    frame, _ = read_delimited("x.csv", b"class,n\nNone,NA\nwater,\n,NaN\n")

    assert frame["class"].tolist()[:2] == ["None", "water"]
    assert pd.isna(frame["class"][2])
    assert frame["n"].isna().all()


def test_read_when_there_is_no_header_numbers_columns_and_says_so():
    frame, notes = read_delimited("x.csv", b"1,2.5\n3,4.5\n")

    assert frame.columns.tolist() == ["column 1", "column 2"]
    assert frame["column 1"].tolist() == [1, 3]
    assert notes == ("The file has no line of column names; columns are numbered.",)


def test_read_when_a_comma_table_has_text_with_commas_leaves_it():
    frame, notes = read_delimited("x.csv", b'a,b\n"1,5",x\n"2,5",y\n')

    assert frame["a"].tolist() == ["1,5", "2,5"]
    assert notes == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"a,b\n", "has no rows"), (b"", "no CSV table"), (b"a,b\n1,2\n1,2,3\n", "no CSV table")],
)
@pytest.mark.parametrize("error", [VectorError, LegendError])
def test_read_when_there_is_no_table_refuses_with_the_error_asked_for(data, words, error):
    with pytest.raises(error, match=words):
        read_delimited("x.csv", data, error=error)


def test_numbers_when_cells_are_mixed_are_read_and_the_rest_is_told():
    numbers, odd = numbers_in(pd.Series(["1", 2.5, None, "x", " 3 "]))

    np.testing.assert_array_equal(numbers, [1, 2.5, np.nan, np.nan, 3])
    assert odd.tolist() == ["x"]
