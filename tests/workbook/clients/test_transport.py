"""Faults between a client and the workbook: before a request, after it, instead of it."""

import gspread
import pytest
import requests

from sync.workbook import transport
from sync.workbook.schema import errors


@pytest.fixture
def session(api):
    return transport.session(api)


@pytest.fixture
def adapter(session):
    return session.get_adapter(transport.HOSTS[0])


@pytest.fixture
def sheet(session):
    return gspread.Client(auth=None, session=session).create("x").sheet1


def test_a_person_edits_between_two_requests(api, adapter, sheet):
    person = gspread.Client(auth=None, session=transport.session(api)).open_by_key(sheet.spreadsheet_id).sheet1

    def edit(request):
        if request.method == "GET":
            adapter.before = None
            person.update([["by hand"]], "A1")

    adapter.before = edit
    assert sheet.acell("A1").value == "by hand"


def test_a_request_that_never_arrived(adapter, sheet):
    def cut(_request):
        raise requests.exceptions.ConnectionError("cut")

    adapter.before = cut
    with pytest.raises(requests.exceptions.ConnectionError):
        sheet.update([["x"]], "A1")
    adapter.before = None
    assert sheet.acell("A1").value is None


def test_an_answer_that_was_lost(adapter, sheet):
    def cut(_request, _response):
        raise requests.exceptions.ReadTimeout("late")

    adapter.after = cut
    with pytest.raises(requests.exceptions.ReadTimeout):
        sheet.update([["x"]], "A1")
    adapter.after = None
    assert sheet.acell("A1").value == "x"


@pytest.mark.parametrize(
    ("refusal", "code", "status"),
    [
        (errors.quota_exceeded("Write"), 429, "RESOURCE_EXHAUSTED"),
        (errors.internal(), 500, "INTERNAL"),
        (errors.unavailable(), 503, "UNAVAILABLE"),
    ],
)
def test_refusals_in_googles_words(adapter, sheet, refusal, code, status):
    adapter.before = lambda _request: transport.refusal(refusal)
    with pytest.raises(gspread.exceptions.APIError) as raised:
        sheet.update([["x"]], "A1")
    assert raised.value.code == code
    assert raised.value.error["status"] == status
    adapter.before = None
    assert sheet.acell("A1").value is None


def test_an_answer_that_was_refused_after_all_was_done(adapter, sheet):
    adapter.after = lambda _request, _response: transport.refusal(errors.internal())
    with pytest.raises(gspread.exceptions.APIError, match="Internal error"):
        sheet.update([["x"]], "A1")
    adapter.after = None
    assert sheet.acell("A1").value == "x"


def test_addresses_that_are_not_googles_are_not_caught(session):
    assert not isinstance(session.get_adapter("https://example.org/"), transport.Adapter)
