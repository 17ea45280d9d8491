"""Finished sample tables: files of a project that hold samples together with their predictors.

The files of one table lie in a folder of the project named after a digest of them, such as
"tables/0f3a…"; the label plan's `source` and the files' `asset` say which.
"""

import functools
import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lib.core.errors import LabelError, SampleError
from lib.core.labelcolumns import kind_of, legend_of_column, match_classes
from lib.core.legend import Legend
from lib.core.plan import FileRef, LabelPlan
from lib.core.tables.mixer import PATCH
from lib.core.tables.reading import read_table
from lib.core.tables.series_columns import series_in
from lib.core.tables.writing import frame_of  # noqa: F401
from lib.workflow import store
