"""Records out of XML, one at a time, by defusedxml: no entities, nothing from outside, no more depth than a record has."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from ingestion.readers.source import MAX_RECORD, Source
from ingestion.readers.streams import SourceError

MAX_DEPTH = 200  # elements within each other; a record has some ten
ROOT = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*<([\w:.-]+)", re.DOTALL)


def root_of(source: Source) -> str | None:
    """Give the name of the first element, without its namespace's short name; None where the source is no XML."""
    match = ROOT.match(source.head) if source.head.lstrip()[:1] == "<" else None
    return match.group(1).rpartition(":")[2] if match else None


def records(source: Source, tags: Collection[str]) -> Iterator[tuple[int, Element]]:
    """Yield each element with one of these tags, which are not within each other, and its line.

    Raises:
        SourceError: the XML is broken, a bomb, or too deep, at a line. The records before it have been given.
    """
    target = _Target(tags)
    parser = DefusedXMLParser(target=target)
    target.expat = parser.parser
    try:
        for chunk in source.chunks():
            parser.feed(chunk)
            yield from target.taken()
        parser.close()
    except DefusedXmlException as error:
        raise SourceError(
            "declares XML entities, which can be a bomb; no export of papers needs them", target.line
        ) from error
    except ParseError as error:
        yield from target.taken()
        line, column = error.position
        raise SourceError(f"is not valid XML: {str(error).partition(':')[0]} at column {column + 1}", line) from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know, or of several bytes
        raise SourceError(f"is XML in an encoding that is not read: {error}; convert it to UTF-8", target.line) from error
    yield from target.taken()


def text_of(element: Element | None, path: str = ".") -> str:
    """Give the text in an element, with that of the marks inside it, unfolded: lines are the file's business."""
    found = element.find(path) if element is not None else None
    return re.sub(r"\s*\n\s*", " ", "".join(found.itertext())).strip() if found is not None else ""


class _Target:
    """Builds the elements that are wanted, each by itself, and forgets the rest."""

    def __init__(self, tags: Collection[str]) -> None:
        self._tags = tags
        self._builder: TreeBuilder | None = None
        self._depth = self._size = self._first = 0
        self._done: list[tuple[int, Element]] = []
        self.expat: Any = None

    @property
    def line(self) -> int:
        return int(self.expat.CurrentLineNumber)

    def taken(self) -> list[tuple[int, Element]]:
        done, self._done = self._done, []
        return done

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._builder is None and tag in self._tags:
            self._builder, self._depth, self._size, self._first = TreeBuilder(), 0, 0, self.line
        if self._builder is not None:
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise SourceError(f"has more than {MAX_DEPTH} elements within each other, as no record has", self.line)
            self._count(sum(map(len, attributes.values())) + len(tag))
            self._builder.start(tag, attributes)

    def data(self, text: str) -> None:
        if self._builder is not None:
            self._count(len(text))
            self._builder.data(text)

    def end(self, tag: str) -> None:
        if self._builder is not None:
            self._builder.end(tag)
            self._depth -= 1
            if self._depth == 0:
                self._done.append((self._first, self._builder.close()))
                self._builder = None

    def close(self) -> None:
        pass

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > MAX_RECORD:
            raise SourceError(f"holds a record longer than {MAX_RECORD // 1_048_576} million characters", self._first)
