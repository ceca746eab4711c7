"""Results of the look before that still hold."""

from datetime import UTC, datetime, timedelta

from sync.core.memo import Memo

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
STREETS = ["新正街", "城西路", "火车站"]


class Asked:
    """What is made of each street, and of which it was made."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.made: list[str] = []

    def __call__(self, n: int) -> str:
        self.made.append(self.names[n])
        return f"{self.names[n]} {len(self.made)}"


def test_of_many_results_only_those_are_made_anew_whose_own_content_is_another() -> None:
    first, asked = Memo(), Asked(STREETS)
    assert first.of("streets").each(STREETS, [1, 2, 3], asked) == ["新正街 1", "城西路 2", "火车站 3"]
    sorted_otherwise = [*reversed(STREETS)]
    again = Asked(sorted_otherwise)
    results = first.closed().renewed(NOW).of("streets").each(sorted_otherwise, [3, 7, 1], again)
    assert results == ["火车站 3", "城西路 1", "新正街 1"]
    assert again.made == ["城西路"]


def test_a_result_that_does_not_hold_any_more_is_made_anew() -> None:
    first = Memo()
    first.of("streets").each(STREETS, [1, 2, 3], Asked(STREETS))
    again = Asked(STREETS)
    first.closed().renewed(NOW).of("streets").each(STREETS, [1, 2, 3], again, lambda result, n: n != 1)
    assert again.made == ["城西路"]


def test_a_result_that_the_last_look_did_not_ask_for_is_made_anew() -> None:
    first = Memo()
    first.of("streets").each(STREETS, [1, 2, 3], Asked(STREETS))
    second = first.closed().renewed(NOW)
    second.of("streets").each(STREETS[:2], [1, 2], Asked(STREETS[:2]))
    again = Asked(STREETS)
    second.closed().renewed(NOW + timedelta(minutes=1)).of("streets").each(STREETS, [1, 2, 3], again)
    assert again.made == ["火车站"]
