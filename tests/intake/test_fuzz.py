"""The quick form of ``bench/fuzz.py``: a hundred odd inputs of each kind give a value or a sentence."""

from __future__ import annotations

import warnings
from collections import Counter

import pytest

from bench import fuzz

COUNT = {"verify": 20}  # a whole workbook is written for each


@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_odd_inputs_give_a_value_or_a_sentence(kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counts = Counter(fuzz.run(kind, number) for number in range(COUNT.get(kind, 100)))
    assert sum(counts.values()) == COUNT.get(kind, 100) and counts["taken"] > 2 and set(counts) <= {"taken", "refused"}
