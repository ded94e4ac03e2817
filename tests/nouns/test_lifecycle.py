from __future__ import annotations

from errata.nouns.lifecycle import ENDED, LIVE, MOVES, OPEN, STATES, STEPS, steps_text


def test_every_step_leads_between_states_that_there_are() -> None:
    assert {state for step in STEPS for state in (*step.before, step.after)} == set(STATES)
    assert set(MOVES) == set(STATES)


def test_from_the_draft_every_state_is_reached() -> None:
    reached, new = {"draft"}, {"draft"}
    while new:
        new = {after for state in new for after in MOVES[state]} - reached
        reached |= new
    assert reached == set(STATES)


def test_nothing_leads_out_of_a_merged_case_and_a_withdrawn_one_only_begins_anew() -> None:
    assert (MOVES["merged"], MOVES["withdrawn"]) == ((), ("draft",))
    assert set(OPEN) | {"closed"} == set(LIVE)
    assert not set(LIVE) & set(ENDED)


def test_the_table_says_each_step_on_a_line_of_its_own() -> None:
    lines = steps_text().splitlines()
    assert len(lines) == len(STEPS)
    assert lines[1].split("→")[1].split()[0] == "verified"
