"""What is measured of each sentence of an abstract to tell whether it answers a question.

Features are compared within one abstract: the question is not whether the abstract is the right one, but where in it the
answer stands. The weights are fitted on questions with marked evidence (``assistant.models.fit_evidence``).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ingestion.words import terms

Array = npt.NDArray[np.float64]

FEATURES = (
    "similarity",  # cosine of question and sentence
    "similarity_z",  # the same, standardised within the abstract
    "overlap",  # share of the question's terms, by inverse document frequency, that the sentence holds
    "overlap_beyond_title",  # the same, where a term of the title counts little: every sentence is about the title
    "overlap_z",  # shared terms, by how rare they are in the library and in this abstract; standardised within it
    "number_asked",  # the question asks for a number and the sentence has one
    "first",
    "last",
    "position",  # from 0 (first) to 1 (last)
    "log_length",
    "link",  # an announcement of code or data
    "fresh",  # terms that are neither in the question nor in the title: what it would tell anew
    "first_mention",  # share of the question's terms, the title's apart, that this sentence is the first to hold
    "proposal_asked",  # the question asks whether there is such a thing and the sentence says what is proposed
    "background",  # what others did, and what is wrong with it
    "background_asked",  # the question asks for the problem and the sentence is background
)
TITLE_SHARE = 0.3

ASKS_NUMBER = re.compile(
    r"\b(how (many|much|large|big|long|fast|often|far|high|low|small|close)|percent\w*|number|rate|score|accuracy|size"
    r"|factor|fraction|share|what (gain|improvement|speed\w*|ratio|margin)|times|amount|count|cost|by what)\b",
    re.IGNORECASE,
)
HAS_NUMBER = re.compile(
    r"\d|\b(two|three|four|five|six|seven|eight|nine|ten|dozen|half|twice|double|hundred|thousand|million|billion)\b",
    re.IGNORECASE,
)
ASKS_WHETHER = re.compile(
    r"\s*(is there|are there|has any|can i|any|do we have|looking for|could|which (work|paper|method|approach)|who)\b",
    re.IGNORECASE,
)
PROPOSES = re.compile(
    r"\b(we|paper|work|study|our|this)\b.{0,60}\b(propos|present|introduc|develop|design|describ|formulat|call|build|releas"
    r"|creat|dub|nam)\w*|\b(called|termed|named|dubbed)\b",
    re.IGNORECASE,
)
ASKS_PROBLEM = re.compile(
    r"\b(why|problem|limitation|challenge|drawback|shortcoming|weakness|motivat\w*|issue|difficult\w*|obstacle)\b",
    re.IGNORECASE,
)
BACKGROUND = re.compile(
    r"(however|recent|existing|traditional|current|prior|previous|despite|while|although)"
    r"|.*\b(remains?|challeng\w*|suffer|limit\w*|lack\w*|often|struggle)\b",
    re.IGNORECASE | re.DOTALL,
)
LINK = re.compile(r"https?://|publicly available|code (is|and|will)|release", re.IGNORECASE)


def sentence_features(
    question: str,
    title: str,
    sentences: Sequence[str],
    similarities: Array,
    idf: Callable[[str], float],
) -> Array:
    """Measure the sentences of one abstract against a question.

    Args:
        question: the question.
        title: the paper's title.
        sentences: its n sentences, in order.
        similarities: their cosine similarities to the question, of shape (n,).
        idf: the inverse document frequency of a term in the library.

    Returns:
        An array of shape (n, len(FEATURES)).
    """
    n = len(sentences)
    asked, in_title = set(terms(question)), set(terms(title))
    of_sentence = [set(terms(sentence)) for sentence in sentences]
    spread = Counter(term for held in of_sentence for term in held)
    weight = {term: idf(term) for term in asked}
    beyond = {term: w * (TITLE_SHARE if term in in_title else 1.0) for term, w in weight.items()}
    rare = {term: w * math.log1p(n / (1 + spread[term])) for term, w in weight.items()}
    number = ASKS_NUMBER.search(question) is not None
    whether = ASKS_WHETHER.match(question) is not None
    background = np.array([BACKGROUND.match(sentence) is not None for sentence in sentences])
    columns = [
        similarities,
        _standardised(similarities),
        np.array([_shared(weight, held) for held in of_sentence]) / (sum(weight.values()) or 1.0),
        np.array([_shared(beyond, held) for held in of_sentence]) / (sum(beyond.values()) or 1.0),
        _standardised(np.array([_shared(rare, held) for held in of_sentence])),
        [number and HAS_NUMBER.search(sentence) is not None for sentence in sentences],
        [index == 0 for index in range(n)],
        [index == n - 1 for index in range(n)],
        [index / max(1, n - 1) for index in range(n)],
        [math.log(len(sentence)) for sentence in sentences],
        [LINK.search(sentence) is not None for sentence in sentences],
        [len(held - asked - in_title) / 20 for held in of_sentence],
        _first_mentions(asked - in_title, of_sentence, idf) / (sum(weight.values()) or 1.0),
        [whether and PROPOSES.search(sentence) is not None for sentence in sentences],
        background,
        background & (ASKS_PROBLEM.search(question) is not None),
    ]
    return np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])


def inverse_document_frequency(documents: int, frequency: int) -> float:
    """Weigh a term by its rarity, as BM25 does (Robertson and Zaragoza 2009, section 3.1, with 1 added in the log)."""
    return math.log1p((documents - frequency + 0.5) / (frequency + 0.5))


def _shared(weights: dict[str, float], held: set[str]) -> float:
    return sum(weight for term, weight in weights.items() if term in held)


def _first_mentions(asked: set[str], of_sentence: Sequence[set[str]], idf: Callable[[str], float]) -> Array:
    """Sum, for each sentence, the weights of the terms that no sentence before it holds."""
    mentions = np.zeros(len(of_sentence))
    for term in asked:
        first = next((index for index, held in enumerate(of_sentence) if term in held), None)
        if first is not None:
            mentions[first] += idf(term)
    return mentions


def _standardised(values: Array) -> Array:
    return np.asarray((values - values.mean()) / (values.std() + 1e-6))
