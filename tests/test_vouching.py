"""A statement whose quotes do not carry it is given others that do; what none carries stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer import Evidence, Statement
from assistant.claims import Claim, Verified
from assistant.grounding import Drafted, check
from assistant.verifying import PackagedVerifier
from assistant.vouching import reattributed

TEXTS = ("Red ants march in long lines at dawn.", "Bees dance in eights to tell where flowers are.", "Fish sleep at night.")
EVIDENCE = [Evidence(n, "p", "Animals", text, 0, len(text), -float(n)) for n, text in enumerate(TEXTS, start=1)]
VERIFIER = PackagedVerifier()


def given(*drafted: Drafted) -> list[Statement]:
    return reattributed(check(drafted, EVIDENCE, VERIFIER), EVIDENCE, VERIFIER)


def test_a_statement_without_support_gets_the_evidence_that_supports_it() -> None:
    bees = "Bees dance in eights to tell where flowers are."
    found = given(Drafted(bees, ()), Drafted(bees, (1,)), Drafted(bees, (), (9,)), Drafted(bees, (2,)))
    assert [(statement.citations, statement.verdict) for statement in found] == [((2,), "supported")] * 4


def test_what_no_evidence_supports_stays_unsupported_where_it_was() -> None:
    found = given(Drafted("Cats cure the common flu in 11 days.", (3,)), Drafted("Whales sing in D minor.", ()))
    assert [(statement.citations, statement.verdict) for statement in found] == [((3,), "unsupported"), ((), "unsupported")]


def test_a_marked_statement_is_not_moved_to_evidence_that_leaves_it_undetermined() -> None:
    class Unsure:
        """Cannot tell of anything that has a quote from the first piece, and refuses the rest."""

        def load(self) -> None:
            """Need nothing."""

        def verify(self, claims: Sequence[Claim]) -> list[Verified]:
            """Say so."""
            unsure, no = Verified("undetermined", 0.4), Verified("unsupported", 0.1)
            return [unsure if TEXTS[0] in claim.quotes else no for claim in claims]

    said = "Red ants march in lines."
    statements = check([Drafted(said, (3,)), Drafted(said, ())], EVIDENCE, Unsure())
    marked, unmarked = reattributed(statements, EVIDENCE, Unsure())
    assert (marked.citations, marked.verdict) == ((3,), "unsupported")
    assert (unmarked.citations, unmarked.verdict) == ((1,), "undetermined")  # more than half of its words are there
