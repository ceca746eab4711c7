"""A look of pages at a workbook on paper, and people of its roster."""

from __future__ import annotations

from sync.core.look.decide import recall
from sync.core.look.findings import Look
from sync.core.people.permissions import Person, person
from tests.book import Book, hour, templates


def looked(book: Book, at: str) -> Look:
    """Everything as pages show it at that hour, from what the book's last look left."""
    return recall(templates(), book.memory, book.rules, hour(at))


def of(look: Look, name: str) -> Person:
    """Somebody of the roster with what he holds on the look's day."""
    somebody = person(look.roster, name, look.now.date())
    assert somebody, name
    return somebody
