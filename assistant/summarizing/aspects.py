"""What an abstract says of its problem, approach, data and result.

The packaged reader is asked a fixed question for each; the words that mark such a move in an abstract are heeded as well
(Swales 1990, Genre Analysis; Teufel & Moens 2002, Summarizing Scientific Articles). The questions are those, of sixteen
tried, whose first sentence was right most often on ten abstracts of the sample that were labelled by hand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from assistant.planted import shown, sound_passages
from assistant.reading import Abstract, Reader
from assistant.summarizing.wording import leans, tells
from ingestion.paper import Paper
from ingestion.passages import Passage

LEAST = 1e-4  # a probability below it says no less
CUE = 2.0  # log-odds that the words of a move add; as much is taken off where a problem is told as one's own doing
ASTRAY = 2.0  # log-odds taken off a problem after the approach, and a result before it
FIGURE = 1.5  # log-odds that a measured figure adds to a result
LONG, LENGTHY = 60, 1.0  # words of a sentence, and the log-odds that more of them cost
ANTECEDENT = 1.5  # log-odds that it costs to need the sentence before

Span = tuple[int, int]  # the first and the last of a paper's passages that are quoted together


@dataclass(frozen=True, slots=True)
class Aspect:
    """A thing to know about a paper: its name, what the reader is asked, and whether a text's words mark it.

    ``floor`` is the log-odds from which on an abstract says it at all, ``more`` those from which on a second sentence is
    worth its place; ``insists`` tells whether the words must be there.
    """

    name: str
    question: str
    marks: Callable[[str], object]
    floor: float = -3.0
    more: float = 0.0
    insists: bool = False


def _words(*patterns: str) -> Callable[[str], object]:
    return re.compile(rf"\b(?:{'|'.join(patterns)})\b", re.IGNORECASE).search


AUTHORS = r"(?:we|this (?:paper|work|study|survey|article)|(?:in|for) this (?:paper|work|study|survey))"
APPROACH = Aspect(
    "Approach",
    "What do the authors introduce?",
    _words(
        rf"{AUTHORS}(?: \w+){{0,3}} (?:propos\w+|introduc\w+|presents?|develop\w*|design\w*|investigat\w+|explor\w+"
        r"|stud(?:y|ies)|formulat\w+|devise\w*|provides?|offers?|creat\w+|buil[dt]\w*|contribut\w+|describ\w+|releas\w+"
        r"|adopts?|analy[sz]\w+|employs?|leverages?|examin\w+|construct\w*)",
        r"(?:is|are) (?:introduced|proposed|presented)",
        r"our (?:framework|method|approach|model|key idea)(?: \w+)?"
        r" (?:combines|integrates|consists|uses|employs|leverages|learns)",
    ),
    floor=-99.0,  # every paper does something
    more=-1.9,
)
RESULT = Aspect(
    "Result",
    "What do the experiments show?",
    _words(
        r"outperform\w*|achiev\w+|improv(?:es?|ements?)|surpass\w*|reduc\w+|gains?|exceeds?|theoretically",
        r"compared (?:to|with)",
        r"results? (?:\w+ )?(?:show|demonstrate|indicate|suggest|reveal)\w*|findings?",
        r"state-of-the-art (?:performance|results)",
        r"experiments?|experimental\w*|evaluations?|\d+(?:\.\d+)? ?\\?%|\dx",
        r"we (?:\w+ )?(?:find|found|show|observe|demonstrate|prove|identify|verify)",
    ),
)
PROBLEM = Aspect(
    "Problem",
    "What do existing methods lack?",
    _words(
        r"however|despite|although|while|but|yet|limit\w*|suffer\w*|challeng\w*|struggl\w*|fail\w*|lack\w*|difficult\w*|hard\w*",
        r"unclear|unexplored|under-?explored|bottleneck\w*|expensive|costly|prohibitive\w*|slow|degrad\w*|issues?|drawbacks?",
        r"vulnerab\w*|shortcomings?|remains?|neglect\w*|overlook\w*|requires?|inefficient|unstable|instability|hinder\w*|problems?",
    ),
)
DATA = Aspect(
    "Data",
    "Which data sets are used?",
    _words(
        r"data|data ?sets?|corpus|corpora|benchmarks?|collections?",
        r"samples|examples|pairs|tasks|images|hours|traces|videos|patients|participants",
    ),
    floor=0.9,
    insists=True,
)
OWN = _words(r"we|our|ours")
OTHERS = _words(
    r"(?:prior|previous|existing|recent|earlier|past) (?:\w+ )?(?:works?|approaches|methods|studies|efforts|research)"
)
TRIED = _words(
    r"(?:conduct|perform|carry out|run)\w* (?:[\w-]+ ){0,4}(?:experiments?|evaluations?|explorations?|studies|analys[ie]s)"
)
FINDS = _words(
    r"(?:show|demonstrat|found|findings|achiev|outperform|improv|confirm|reveal|validat|indicat|prov)\w*|find that"
)
AIMS = re.compile(r"\bto (?:demonstrate|show|validate|evaluate|verify|assess|confirm|prove)\b", re.IGNORECASE)
MEASURED = re.compile(r"\d+(?:\.\d+)? ?\\?%|\b\d+(?:\.\d+)?(?:x|\$?\\times)|\d+(?:\.\d+)? (?:percentage )?points").search
ASPECTS = (PROBLEM, APPROACH, DATA, RESULT)  # in the order of a table


@dataclass(frozen=True, slots=True)
class Moves:
    """A paper that was read for aspects.

    ``weights`` maps an aspect's name to each sentence's log-odds of saying it; -inf for one that is not to be quoted.
    """

    paper: Paper
    passages: tuple[Passage, ...]
    weights: Mapping[str, tuple[float, ...]]

    def best(self, aspect: Aspect, taken: Collection[int] = (), floor: float | None = None) -> Span | None:
        """Give the sentence that says an aspect best; None where none comes up to its floor.

        A sentence that leans on one that is not taken brings it along, if that one can stand alone.
        """
        spans = []
        for place, weight in enumerate(self.weights[aspect.name]):
            if place in taken or not tells(self.passages[place].text):
                continue
            if place == 0 or place - 1 in taken or not leans(self.passages[place].text):
                spans.append((weight, -place, place))
            elif not leans(self.passages[place - 1].text) and tells(self.passages[place - 1].text):
                spans.append((weight - ANTECEDENT, -place, place - 1))
        weight, last, first = max(spans, default=(-math.inf, 0, 0))
        said = weight > -math.inf and weight >= (aspect.floor if floor is None else floor)
        return (first, -last) if said else None


def read_moves(reader: Reader, papers: Sequence[Paper], aspects: Sequence[Aspect] = ASPECTS) -> list[Moves]:
    """Read papers for aspects, a question each. Raises ModelError."""
    passages = [tuple(sound_passages(paper)) for paper in papers]
    abstracts = [
        Abstract(shown(paper.title), tuple(passage.text for passage in of_paper))
        for paper, of_paper in zip(papers, passages, strict=True)
    ]
    readings = {aspect: reader.read(aspect.question, abstracts) for aspect in aspects} if papers else {}
    return [
        Moves(paper, of_paper, _weights(of_paper, {aspect: found[place].evidence for aspect, found in readings.items()}))
        for place, (paper, of_paper) in enumerate(zip(papers, passages, strict=True))
    ]


def weight(aspect: Aspect, text: str, probability: float) -> float:
    """Give the log-odds that a sentence says an aspect, from the reader's probability and its own words."""
    marked = bool(aspect.marks(text))
    if (aspect.insists and not marked) or (aspect is RESULT and TRIED(text) and not FINDS(AIMS.sub("", text))):
        return -math.inf
    probability = min(max(probability, LEAST), 1 - LEAST)
    odds = math.log(probability / (1 - probability)) + CUE * marked
    if aspect is PROBLEM:
        odds -= CUE * bool(OWN(text))
    elif aspect is APPROACH:
        odds -= CUE * (bool(OTHERS(text)) and not OWN(text))
    elif aspect is RESULT:
        odds += FIGURE * bool(MEASURED(text))
    return odds - LENGTHY * (len(text.split()) > LONG)


def _weights(passages: Sequence[Passage], evidence: Mapping[Aspect, Sequence[float]]) -> dict[str, tuple[float, ...]]:
    found = {
        aspect: [weight(aspect, passage.text, probability) for passage, probability in zip(passages, of_aspect, strict=True)]
        for aspect, of_aspect in evidence.items()
    }
    middle = max(range(len(passages)), key=lambda place: found[APPROACH][place]) if APPROACH in found else 0
    if middle:  # where the abstract begins with what is proposed, what follows may be anything
        for aspect, astray in ((PROBLEM, range(middle + 1, len(passages))), (RESULT, range(middle))):
            for place in astray if aspect in found else ():
                found[aspect][place] -= ASTRAY
    return {aspect.name: tuple(of_aspect) for aspect, of_aspect in found.items()}
