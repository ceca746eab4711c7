"""What is answered to a request that can't be done: a page with a way back, or for a script a sentence as JSON."""

from __future__ import annotations

import logging
from typing import Any

import flask
from flask import Response, render_template, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

from sync.workbook.cells.store import Unavailable
from sync.workbook.schema import errors

API = ("/v4/", "/drive/", "/upload/")  # programs that read Google's errors
SCRIPTS = (*API, "/grid/", "/hooks/", "/token", "/photos/upload/", "/report/photos/")
SENTENCES = {
    400: "请求的内容看不懂，没有执行。",
    404: "没有这一页：地址可能写错了，或者这一页已经不在了。",
    405: "这个地址不能这样打开。",
    413: "内容太长，没有收下。",
    415: "请求的格式不对，没有执行。",
}
UNFORESEEN = "系统出错了，这一步没有做完，已经记下来了。请过一会儿再试；还是这样，请告诉管理员。"
NO_ANSWER = "数据库现在没有应答，已经记下来了。请过一会儿再试；还是这样，请告诉管理员。"
LAST = f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><p>{UNFORESEEN}</p><a href="/">回到首页</a>'

log = logging.getLogger(__name__)


class JsonReader(DefaultJSONProvider):
    """Reads what is sent without being broken by it."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Raises ``ValueError`` also for what is nested too deep, and for NaN."""
        try:
            return super().loads(s, parse_constant=_no_number, **kwargs)
        except RecursionError:
            raise ValueError("nested too deep") from None


def _no_number(word: str) -> float:
    raise ValueError(word)


def refusal(sentence: str, status: int) -> Any:
    """The answer that says why the request is not done."""
    if request.is_json or request.path.startswith(SCRIPTS) or _asks_for_json():
        return flask.jsonify(error=sentence), status
    return render_template("closed.html", sentence=sentence), status


def _asks_for_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def install(app: flask.Flask) -> None:
    """Answer whatever goes wrong in the whole application in Chinese; what nobody foresaw is logged."""
    app.json = JsonReader(app)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Any:
        status = error.code or 500
        return error.response or refusal(SENTENCES.get(status, "这个请求没有执行。"), status)

    @app.errorhandler(Unavailable)
    def no_answer(error: Unavailable) -> Any:
        log.error("%s failed", request.method, exc_info=error)
        return refusal(NO_ANSWER, 503)

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Any:
        log.error("%s failed", request.method, exc_info=error)
        if request.path.startswith(API):
            return Response(errors.internal().body(), 500, mimetype="application/json")
        try:
            return refusal(UNFORESEEN, 500)
        except Exception:
            log.exception("the page that says so failed too")
            return Response(LAST, 500, mimetype="text/html")
