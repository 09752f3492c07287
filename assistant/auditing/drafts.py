"""A draft becomes the sentences it says, each with its line and what it cites."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from assistant.auditing import latex, markdown
from assistant.auditing.paragraph import AUTHORS, FORBIDDEN, LINE, MARK, Paragraph, keys_in, lines_of, mark
from assistant.grounding import STOP
from ingestion.sentences import FORMULA, INSIDE, MAY_END, split_sentences

NAME = r"[A-Z][^\W\d_]*(?:[-’'][^\W\d_]+)*"
SEVERAL = rf"{NAME}(?:,\s{NAME}){{0,9}}(?:,?\s(?:and|&)\s{NAME}|\set\sal\.?)"
YEAR = r"(?:19|20)\d\d[a-z]?"
WORK = rf"(?:{NAME},\s{YEAR}|{SEVERAL},?\s{YEAR})(?:,\s{YEAR})*"
IN_BRACKETS = re.compile(
    rf"\s?\((?:(?:see|e\.g\.,?|cf\.|also)\s)*({WORK}(?:;\s{WORK})*)\)"
)  # (Smith, 2020; Wu et al., 2021)
SPOKEN = re.compile(rf"\b({SEVERAL}\s\({YEAR}\))")  # Smith et al. (2020)
ONE_NAME = re.compile(rf"\b({NAME})(\s)\(({YEAR})\)")  # may be a system's, and stays
HYPHEN = re.compile(rf"([^\W\d_]+)-{LINE}\s*([a-z]+)")
LATE = re.compile(rf"(?<!\bal)({STOP})((?:{MARK})+|(?:\s?{MARK})+(?=\s*$|\s+[^\sa-z]))")
LOWER = re.compile(rf"(?<![.!?])[.!?](?=\s+(?:{MARK}\s*)*([a-z][\w-]+))")
# "[3] show that ...": the citation is the subject; "[3] tasksource brings ..." is not such a sentence.
SUBJECT = re.compile(
    rf"^(?:{MARK}\s*)+(?=(?:show|propos|introduc|present|us|find|found|report|argu|demonstrat|train|stud|extend|combin|appl|learn"
    r"|achiev|describ|develop|improv|observ|investigat|explor|suggest|releas|evaluat|compar)(?:e|es|ed|s|y|ies|ied)?\b)"
)
WORD_END = re.compile(
    r"[^\W\d_]{4,}|[A-Z]{2,}|\w*\d{2,}|.*[)\]%$”]|it|us|so|too|one|two|six|ten|all|set|use|way|new|old|few|low|run|end"
)
SHORTENED = re.compile(
    r"proc|conf|trans|assoc|appl|comput|math|phys|tech|intl|natl|repr|sect|chap|supp|suppl|publ|symp|acad|chem|biol|stat|vols"
)
CONTINUES = re.compile(
    r"and|or|but|nor|of|in|on|at|to|for|from|by|with|as|is|are|was|were|be|been|has|have|had|the|an|that|which|who|whose|this"
    r"|these|than|then|et|al|also|not|its?|we|they"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of a draft.

    ``text`` is without citation marks; ``line`` is where it begins, from 1; ``cites`` are the keys or numbers it cites.
    ``claim`` is what is held against the library: the text, with "the authors" for a citation that is its subject.
    """

    text: str
    line: int = 1
    cites: tuple[str, ...] = ()
    claim: str = ""


def sentences(text: str, name: str = "") -> list[Said]:
    """Split a draft, LaTeX, Markdown or plain, into the sentences it says, without headings, tables, figures and code.

    They come in the order of their lines.

    Args:
        text: the draft.
        name: its file's name; without a telling one the content tells what it is.
    """
    text = FORBIDDEN.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    is_latex = name.endswith(".tex") or (not name.endswith((".md", ".markdown")) and latex.IS_LATEX.search(text) is not None)
    read = (latex if is_latex else markdown).paragraphs(text)
    return sorted((said for paragraph in read for said in _sentences(paragraph)), key=lambda said: said.line)


def _sentences(paragraph: Paragraph) -> Iterator[Said]:
    text = HYPHEN.sub(_joined, paragraph.text)
    text = IN_BRACKETS.sub(lambda m: mark(m[1].split(";")) + lines_of(m[0]), text)
    text = SPOKEN.sub(lambda m: mark([m[1]], spoken=True) + lines_of(m[0]), text)
    text = ONE_NAME.sub(lambda m: m[1] + mark([f"{m[1]} {m[3]}"]) + lines_of(m[2]), text)
    text = LATE.sub(r"\2\1", text)
    for start, end in _spans(text):
        piece = text[start:end]
        said = _words(SUBJECT.sub(lambda m: f"[{', '.join(keys_in(m[0]))}] ", piece), lambda m: ", ".join(keys_in(m[0])))
        claim = _words(SUBJECT.sub("The authors ", piece), lambda m: "the authors" if m.start() else "The authors")
        if re.search(r"[^\W\d_]", said):
            yield Said(said, paragraph.line + len(lines_of(text[:start])), keys_in(piece), claim)


def _words(piece: str, spoken: Callable[[re.Match[str]], str]) -> str:
    """Give a sentence without its marks; those that are words of it are written by ``spoken``."""
    words = re.sub(MARK, "", re.sub(rf"{AUTHORS}{MARK}", spoken, piece))
    words = re.sub(r"\(\s*(?:(?:see|e\.g\.|cf\.)[,\s]*)*\)", "", words)  # of "(see [3])"
    return re.sub(r" ([.,;:!?)])", r"\1", " ".join(words.split()))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Give the places of the sentences; one may begin with a name in lower case, which abstracts hardly know."""
    formulas = [range(*found.span()) for found in FORMULA.finditer(text)]
    for sentence in split_sentences(text):
        start = sentence.start
        for stop in LOWER.finditer(text, start, sentence.end):
            if not any(stop.start() in formula for formula in formulas) and _ends(text[start : stop.start()], stop):
                yield start, stop.end()
                start = stop.end() + len(text[stop.end() :]) - len(text[stop.end() :].lstrip())
        yield start, sentence.end


def _ends(before: str, stop: re.Match[str]) -> bool:
    """Decide whether a stop before a word in lower case ends a sentence: after two words, the last one a whole word."""
    words = re.sub(MARK, "", before).split()
    if len(words) < 2 or CONTINUES.fullmatch(stop[1]):
        return False
    last = words[-1].lstrip("([\"'“‘").split("-")[-1]
    if stop[0] in "!?":
        return True
    shortened = last.lower() in INSIDE | MAY_END or SHORTENED.fullmatch(last.lower())
    return not shortened and WORD_END.fullmatch(last) is not None


def _joined(found: re.Match[str]) -> str:
    """Join a word that a line's end divides: "meth-od" is one, "multi-task" keeps its hyphen, and so does "few- and"."""
    first, second = found[1], found[2]
    if second in {"and", "or", "to"}:
        return f"{first}-{lines_of(found[0])} {second}"
    known = _vocabulary()
    whole = first.lower() + second in known
    divided = not whole and (not first.islower() or (first in known and second in known))
    return f"{first}{'-' if divided else ''}{second}{lines_of(found[0])}"


@cache
def _vocabulary() -> frozenset[str]:
    """Give the whole words that the packaged models know, in lower case."""
    from assistant.entailment import TOKENIZER
    from assistant.packing import tokenizer

    return frozenset(tokenizer(TOKENIZER).get_vocab())
