"""What is wrong with a file, as sentences for whoever chose it."""

from __future__ import annotations

from collections.abc import Iterable


class FileProblem(ValueError):
    """A file that can't be used: ``problems`` are sentences that say where and what to do."""

    MOST = 20

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        shown = list(self.problems[: self.MOST])
        if len(self.problems) > self.MOST:
            shown.append(f"……另有 {len(self.problems) - self.MOST} 处。")
        super().__init__("\n".join(shown))
