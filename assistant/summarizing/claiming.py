"""A claim for papers to support or oppose: as it is given, or a yes/no question put the other way round.

"Does X help small models?" claims that "X helps small models." Where the subject ends is found by rule: before the verb that
the auxiliary left bare, or before what is said with "is". What the rule is not sure of it refuses: a claim that nobody
made would be held against every paper.
"""

from __future__ import annotations

import re

from assistant.errors import QuestionError
from assistant.question import asked
from assistant.summarizing.inverting import AUXILIARIES, IRREGULAR, NOUNS_TOO, VERBS, end_of_subject, inflected, is_adverb
from assistant.summarizing.wording import capital
from ingestion.sentences import split_sentences

EXAMPLE = "vouched summarize 'Chain-of-thought prompting improves reasoning' --positions"
ASKS = re.compile(  # questions that yes or no does not answer, and orders
    r"(?:what|which|who|whose|whom|how|why|when|where|compare|list|name|find|describe|explain|summari[sz]e|tell|give"
    r"|show me)\b",
    re.IGNORECASE,
)
CHOOSES = re.compile(r"(?=.* or )(?!.* (?:than|to) ).*\b(?:better|worse|best|worst|preferable|superior)\b", re.IGNORECASE)
WHETHER = re.compile(  # what leads to a claim that stands there already
    r"(?:is it (?:true|so|the case|known|clear|correct) that|(?:is|are) there (?:any )?(?:\w+ )?evidence that"
    r"|do(?:es)? (?:(?:the|any|all|most|these|you|we) ?)?(?:papers?|stud(?:y|ies)|works|authors|research|literature)?"
    r" ?(?:agree|think|believe|know|find|show|say|suggest|claim|report) that) ",
    re.IGNORECASE,
)
PREAMBLE = re.compile(  # "Pruning: does it help?"
    rf"(?P<head>[^?]+?)(?:[:.] | ?(?:--|—|–) ?)(?P<tail>(?:{'|'.join(sorted(AUXILIARIES))})\b.+)", re.IGNORECASE
)
PRONOUNS = frozenset(["it", "they", "there", "we", "you", "i", "he", "she", "one", "anyone"])


def claim_of(text: str) -> str:
    """Give the claim that a text makes, or that a yes/no question asks about. Raises QuestionError where there is none."""
    whole = asked(text).strip("\"“”'")
    said = re.sub(r",? or not(?=\W*$)", "", whole.rstrip(" ?!")).strip()
    if whole.endswith("?") and (lead := PREAMBLE.fullmatch(said)):
        return _put_round(lead["tail"], whole, about=lead["head"])
    if _auxiliary(said.partition(" ")[0]):
        return _put_round(said, whole)
    if ASKS.match(said) or "?" in said or not _says(said, surely=whole.endswith("?")):
        raise _refused(whole)
    return said if whole.endswith(".") else f"{said.rstrip('.')}."


def _put_round(question: str, whole: str, about: str = "") -> str:
    if (lead := WHETHER.match(question)) is not None:
        return capital(f"{question[lead.end() :]}.")
    first, *rest = question.split()
    auxiliary = _auxiliary(first)
    if rest[:1] == ["not"]:  # "Does not X help?" asks for the same as "Does X not help?" and "Does X help?"
        rest = rest[1:]
    alone = bool(rest) and (rest[0].lower() in PRONOUNS or (rest[0].lower() == "this" and rest[1:2] in (["a"], ["the"])))
    if about and alone and rest[0].lower() in ("it", "they", "this"):  # "X: does it help?"
        about, rest = "", [about, *rest[1:]]
    # in "type A" the letter is no article
    end = 1 if alone else end_of_subject(auxiliary, [word if word == "A" else _bare(word) for word in rest])
    if end is None or end >= len(rest) or CHOOSES.search(question) or len(split_sentences(question)) > 1:
        raise _refused(whole)
    while end > 1 and is_adverb(_bare(rest[end - 1])):
        end -= 1
    subject, said = rest[:end], rest[end:]
    if auxiliary in ("does", "do") and not any(_bare(word) == "not" for word in said[:2]):
        place = next((i for i, word in enumerate(said) if not is_adverb(_bare(word))), 0)
        said = [*said[:place], inflected(said[place]) if auxiliary == "does" else said[place], *said[place + 1 :]]
    else:
        said = [auxiliary, *said]
    if "any" in said[:2]:
        said.remove("any")
    claim = " ".join([*subject, *said]).rstrip(".")
    return capital(f"{about}: {claim}." if about else f"{claim}.")


def _says(text: str, *, surely: bool) -> bool:
    """Tell a claim from a topic, which has no verb; a long text may have one that is not known here, but for ``surely``."""
    words = [_bare(word) for word in text.split()]
    known = VERBS | NOUNS_TOO
    forms = {inflected(verb) for verb in known} | AUXILIARIES | {"cannot"}
    if surely:
        return re.search(r"[:,]", text) is None and any(word in forms for word in words[1:])
    return len(words) > 6 or any(word in forms | known | IRREGULAR or word.endswith(("ed", "n't")) for word in words[1:])


def _auxiliary(word: str) -> str:
    """Give the auxiliary that a word is, without its "n't"; empty where it is none."""
    found = _bare(word).removesuffix("n't") if _bare(word) != "can't" else "can"
    return found if found in AUXILIARIES else ""


def _bare(word: str) -> str:
    return word.replace("’", "'").strip(",;:.?!()\"'“”").lower()


def _refused(text: str) -> QuestionError:
    shown = text if len(text) <= 80 else f"{text[:79]}…"
    return QuestionError(
        f"“{shown}” is no claim, and no question that is surely answered with yes or no. Say what papers can support or"
        f" oppose, for instance: {EXAMPLE}"
    )
