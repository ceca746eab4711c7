"""A person's answer on a page written into the row that it is about, or the sentence that says why it was not."""

from __future__ import annotations

from collections.abc import Callable

from sync.service import Service
from sync.sheets import answers
from sync.sheets.answers import NotWritten, Verdict
from sync.sheets.gateway import Refused, Unknown, Unreachable


def write(service: Service, verdict: Verdict, nudge: Callable[[], None]) -> tuple[str, int]:
    """An empty sentence and 200 where the answer is in its row, and the next look is made to come soon; else a sentence
    with 409 (the row does not allow it) or 503 (the workbook does not answer)."""
    try:
        answers.write(service.new_gateway(), service.ledger, verdict)
    except NotWritten as error:
        return str(error), 409
    except (Refused, Unreachable) as error:
        return f"表格暂时写不进去，请再试一次。（{error}）", 503
    except Unknown:
        return "表格没有应答，可能已经写进去了。请稍后刷新这一页看一下。", 503
    nudge()
    return "", 200
