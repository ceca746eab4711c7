"""Districts and branches are the bureau's: the rules name them, rows and drop-downs follow."""

from __future__ import annotations

import pytest

from sync.core.rules.rewriting import toml_list, with_values
from sync.core.rules.rules import load
from sync.sheets.set_up import choices
from tests.book import ROOT, templates

TEXT = (ROOT / "rules.toml").read_text("utf-8")


@pytest.mark.parametrize("tab", ["streets", "posts", "duties"])
def test_a_drop_down_offers_what_the_rules_name(tab: str) -> None:
    rules = load(with_values(TEXT, {("bureau", "districts"): toml_list(["东区", "西区"]),
                                    ("bureau", "branches"): toml_list(["一支部"])}))  # fmt: skip
    columns = templates()[tab].by_key
    assert choices(columns["district"], rules) == ("东区", "西区") and choices(columns["branch"], rules) == ("一支部",)


def test_a_file_of_before_has_those_of_the_plan() -> None:
    text = "\n".join(line for line in TEXT.splitlines() if not line.startswith(("districts =", "branches =")))
    assert load(text).lists == load(TEXT).lists
