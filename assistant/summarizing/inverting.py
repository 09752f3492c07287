"""The words of a yes/no question put round: where its subject ends, and how its verb reads in a statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


BE, HAVE, DO = _set("is are was were"), _set("has have had"), _set("does do did")
MODALS = _set("can could will would should may might must")
AUXILIARIES = BE | HAVE | DO | MODALS
# Bare verbs as claims have them; those of the second list are as often nouns.
VERBS = _set(
    "abolish accelerate account achieve acquire act activate adapt address adjust affect aggravate agree alleviate"
    " allow alter amplify appear apply approximate arise attain attend attenuate augment avoid be become behave bind"
    " boost bring capture carry cause coincide come compensate compete complement comply compress comprise confer"
    " conform constitute contain continue contribute converge correlate correspond counteract deceive decide degrade"
    " deliver depend detect deteriorate determine develop deviate differ differentiate diminish disagree discriminate"
    " disrupt distinguish distort diverge do elicit eliminate emerge enable encode encourage enhance ensure evolve"
    " exacerbate exceed exhibit exist explain exploit extend facilitate fail forget foster generalise generalize"
    " generate get give go grow guarantee hallucinate handle happen have help hinder hurt identify ignore impair"
    " impede imply improve incorporate induce infer inform inhibit interact interfere introduce involve keep know lack"
    " lead learn lengthen let leverage limit lose maintain make match matter mean mediate meet memorise memorize mimic"
    " mislead mitigate modify modulate obtain occur outperform overcome overfit overlook participate perceive perform"
    " persist play possess predict predispose prefer prescribe preserve prevent prolong promote prove provide raise"
    " reach receive recognise recognize recover reduce reflect refuse regulate relieve rely remain remove replace"
    " replicate represent reproduce require resolve respond retain reveal save seem select serve share shorten"
    " simulate solve speak stabilise stabilize stay stimulate strengthen succeed suffer suggest suppress surpass"
    " survive sustain take tend tolerate translate trigger underestimate undergo underlie undermine underperform"
    " underprescribe understand utilise utilize vary verify violate weaken worsen write yield"
)
NOUNS_TOO = _set(
    "access aid aim answer attack balance beat benefit bias bridge change cheat collapse combine control correct cost"
    " cover damage decrease defer delay drive drop encounter express face favor favour focus follow form function gain"
    " guide harm hold impact increase influence interpret lower move need offer plan profit push rank reason relate"
    " reply request result rival run scale show slow speed start stop support target think trade train transfer use"
    " want work"
)
# What may stand in front of a noun, so that what follows it is one; and what begins a clause of its own.
BEFORE_NOUNS = _set(
    "a an the this that these those its their our some any no more less most many few of in on at by for with without from"
    " to into over under than between among across via per as using and or"
)
CLAUSES = _set("that which who when where while if because whether although unless than")
ADVERBS = _set("not also still always ever never often even very too really only just so much as more most less least")
ADJECTIVES = _set(
    "able accurate adequate appropriate aware bad beneficial better biased calibrated capable cheap cheaper common"
    " comparable competitive complete consistent correct critical crucial dangerous decreasing dependent different"
    " difficult easier easy effective efficacious efficient enough equal equivalent essential fair faithful fast"
    " faster feasible free good hard harder harmful higher identical important impossible improving increasing"
    " independent inferior insufficient justified larger likely linear longer lower mandatory necessary needed"
    " obsolete optimal possible predictive prone ready redundant relevant reliable representative required resistant"
    " responsible robust safe safer scarce sensitive shorter significant similar slower smaller specific stable"
    " stronger sufficient suitable superior susceptible toxic true typical universal unlikely unnecessary useful valid"
    " valuable vulnerable weaker worse worthwhile"
)
LEADING = _set("worth getting becoming due")  # they end a subject, whatever follows
SUFFIXES = re.compile(r"\w{3,}(?:able|ible|ful|less|ous|ive)$")
NO_ADJECTIVES = _set(
    "variable table objective alternative perspective derivative unless regardless incentive archive native"
)
FOLLOW = CLAUSES | _set(
    "of in on at by for with without from to into as and or after before during under over across against"
)
IRREGULAR = _set(
    "beaten become been built come done drawn driven fallen found given gone got grown had held hidden kept known"
    " learnt led lost made meant overtaken proven risen run seen set shown taken taught understood written"
)


def end_of_subject(auxiliary: str, words: Sequence[str]) -> int | None:
    """Give how many words the subject of a question has; None where no rule tells.

    Args:
        auxiliary: the first word of the question, one of `AUXILIARIES`.
        words: the others, in lower case and without punctuation.
    """
    if auxiliary in BE:
        return 1 if len(words) == 2 else _predicate(words)
    if auxiliary in HAVE:
        been = _first(words, lambda i: words[i] in ("been", "become"))
        return been or _first(words, lambda i: words[i] in IRREGULAR or re.fullmatch(r"\w+ed", words[i]) is not None)
    surely = _first(words, lambda i: words[i] in VERBS and words[i - 1] not in BEFORE_NOUNS)
    perhaps = surely or _first(words, lambda i: words[i] in NOUNS_TOO and words[i - 1] not in BEFORE_NOUNS)
    # "Do bees dance in the dark?" needs no dictionary
    alone = len(words) > 1 and words[0] not in BEFORE_NOUNS and (len(words) == 2 or words[2] in FOLLOW)
    return perhaps or (1 if alone else None)


def _predicate(words: Sequence[str]) -> int | None:
    """Find where what is said with "is" begins: a comparison, an adjective, a noun phrase, or a participle."""

    def followed(place: int, *by: str) -> bool:
        return words[place + 1 : place + 2] in [[word] for word in by]

    def ends(place: int) -> bool:
        return place + 1 == len(words) or words[place + 1] in FOLLOW

    def described(place: int) -> bool:
        word = words[place]
        if followed(place, "and", "or") and place + 2 < len(words):  # "safe and effective", not "safe and effective ways"
            return _is_adjective(word) and described(place + 2)
        return word in LEADING or (_is_adjective(word) and ends(place))

    def compared(place: int) -> bool:
        partner = {"more": "than", "less": "than", "as": "as"}.get(words[place])
        return partner in words[place + 2 :] or (words[place].endswith("er") and followed(place, "than"))

    def begins(place: int) -> bool:
        before = words[place - 1]
        noun = words[place] in ("a", "an", "the") and not words[0].endswith("ing") and not before.endswith("ing")
        return (before not in BEFORE_NOUNS and (noun or compared(place) or described(place))) or (
            is_adverb(before) and described(place)
        )

    def participle(place: int) -> bool:
        past = words[place] in IRREGULAR or words[place].endswith("ed")
        return past and ends(place) and words[place - 1] not in BEFORE_NOUNS

    passive = _first(words, lambda place: participle(place) and followed(place, "by"))
    return passive or _first(words, begins) or _first(words, participle)


def _first(words: Sequence[str], holds: Callable[[int], bool]) -> int | None:
    """Find the first word after the first for which something holds, in the first clause."""
    clause = next((place for place in range(1, len(words)) if words[place] in CLAUSES), len(words))
    return next((place for place in range(1, clause) if holds(place)), None)


def _is_adjective(word: str) -> bool:
    return word in ADJECTIVES or (SUFFIXES.match(word) is not None and word not in NO_ADJECTIVES)


def is_adverb(word: str) -> bool:
    """Tell what may stand between a subject and its verb."""
    return word in ADVERBS or (word.endswith("ly") and len(word) > 4)


def inflected(verb: str) -> str:
    """Give the third person: helps, applies, has."""
    if verb == "have":
        return "has"
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return f"{verb}es"
    return f"{verb[:-1]}ies" if re.search(r"[^aeiou]y$", verb) else f"{verb}s"
