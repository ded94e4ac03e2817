from __future__ import annotations

from errata.nouns.case import KIND
from errata.store import records
from errata.store.catalog import Store
from errata.verbs.saved_search import save_search, saved_search
from errata.verbs.search import search
from errata.verbs.seen import alike
from tests.store.test_search import body


def opened(store: Store, *titles: str, **values: object) -> None:
    with store.write("import") as transaction:
        records.create_all(transaction, KIND, [(body(title, **values), "") for title in titles])  # type: ignore[misc]


def test_cases_that_share_rare_words_are_alike_and_say_which(store: Store) -> None:
    opened(store, "Wet roads reflect lamps", "Snow on the lens", *(f"the camera {n} fails" for n in range(20)))
    found = alike(store, title="Lamps mirrored by wet asphalt")
    assert [(one.record.key, one.score, one.why) for one in found] == [("PET-1", 1.0, "shares lamps, wet")]
    assert alike(store, title="the snow") == []
    assert alike(store, title="Nothing of the kind") == []


def test_the_same_fingerprint_stands_first_and_the_case_itself_is_left_out(store: Store) -> None:
    opened(store, "Wet roads reflect lamps", "Fog", fingerprint="ab1")
    opened(store, "Wet roads and lamps", fingerprint="ab2")
    found = alike(store, title="Wet roads and lamps", fingerprint="ab1", but="PET-2")
    assert [(one.record.key, one.why) for one in found] == [
        ("PET-1", "the same fingerprint"), ("PET-3", "shares lamps, roads, wet"),
    ]  # fmt: skip


def test_a_saved_search_is_kept_in_canonical_text_and_found_by_name_or_key(store: Store) -> None:
    opened(store, "Fails by night", "Fails by day")
    saved = save_search(store, "Night watch", "NIGHT state:open,draft")
    assert (saved.key, saved.query) == ("PET-3", "night state:draft,open")
    assert save_search(store, "Night watch", "night state:draft,open").key == "PET-3"
    assert {saved_search(store, name).key for name in ("night WATCH", "PET-3", "pet-3")} == {"PET-3"}
    assert [case.key for case in search(store, saved.query, "case")] == ["PET-1"]
