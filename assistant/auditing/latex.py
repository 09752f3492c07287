r"""LaTeX drafts: regular expressions, not TeX.

Understood: comments, a preamble, macros without arguments, headings, lists, notes, citations, inline formulas (kept as they
stand), accents, quotation marks and dashes. Dropped: figures, tables, displayed formulas, listings, cross-references. Not
understood: macros with arguments (their last argument is taken as text), ``\input``, conditionals, catcodes, ``\cites``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from assistant.auditing.paragraph import LINE, Paragraph, lines_of, mark

IS_LATEX = re.compile(
    r"\\(?:documentclass|begin\{|(?:sub)*section\*?\{|(?:paren|text|auto)?cite[a-z]*\*?[\[{]|(?:emph|textbf)\{)"
)
GROUP = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"  # with groups inside, three deep
OPTIONS = r"(?:\[[^\]]*\])*"
BREAK, DOLLAR, MASK, UNMASK = "\ue003", "\ue004", "\ue005", "\ue006"
SHOWN = "equation|align|alignat|gather|multline|eqnarray|displaymath|math|subequations|flalign"
DROPPED = "figure|table|wrapfigure|tabular|tabularx|longtable|algorithm|algorithmic|tikzpicture|thebibliography|teaserfigure"
LITERAL = re.compile(r"\\begin\{((?:verbatim|lstlisting|minted|comment|filecontents)\*?)\}")
COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(\n(?![ \t]*\n))?[ \t]*")
MACRO = re.compile(rf"\\(?:(?:re)?newcommand\*?|providecommand|def)\s*\{{?\\([A-Za-z]+)\}}?\s*{GROUP}")
ENVIRONMENT = re.compile(rf"\\begin\{{((?:{SHOWN}|{DROPPED})\*?)\}}")
DISPLAYED = re.compile(r"\$\$(.*?)\$\$|\\\[(.*?)\\\]", re.DOTALL)
FORMULA = re.compile(r"(\$)((?:(?!\n[ \t]*\n)[^$])+)\$|(\\\()(.*?)\\\)", re.DOTALL)
HEADING = re.compile(
    rf"\\(?:part|chapter|(?:sub)*section|(?:sub)?paragraph|title|author|date|caption)\*?{OPTIONS}\s*{GROUP}"
)
CITATION = re.compile(rf"([ \t~]*)\\([A-Za-z]*cite[A-Za-z]*)\*?{OPTIONS}\{{([^{{}}]*)\}}")
SPOKEN = ("citet", "textcite", "citeauthor")
NOTE = re.compile(rf"\\(?:footnote|footnotetext|thanks|marginpar){OPTIONS}{GROUP}")
REFERENCE = re.compile(
    r"[ \t~]*\\(?:label|(?!hyper)[a-zA-Z]*ref|vspace|hspace|includegraphics|input|include|index|todo"
    rf"|bibliography|bibliographystyle|usepackage|pagestyle|setlength|addbibresource)\*?{OPTIONS}{GROUP}"
)
BETWEEN = re.compile(rf"\\(?:begin|end)\{{[^{{}}]*\}}{OPTIONS}|\\item\b\s*(?:\[([^\]]*)\])?|\\par\b")
FIRST = re.compile(r"\\(?:textcolor|colorbox|hyperlink|fontsize)\*?(?:\[[^\]]*\])?\{[^{}]*\}(?=\s*\{)")
WRAPPED = re.compile(rf"\\[A-Za-z]+\*?{OPTIONS}\{{([^{{}}]*)\}}")
VERB = re.compile(r"\\verb\*?([^\w\s*])(.*?)\1")
ACCENT = re.compile(r"\\(?:([\"'`^~=.])\s*|([cvuHkr])(?=\{|\s))\s*\{?\s*(\\[ij](?![A-Za-z])|[A-Za-z])\s*\}?")
COMBINING = dict(
    zip("\"'`^~=.cvuHkr", "\u0308\u0301\u0300\u0302\u0303\u0304\u0307\u0327\u030c\u0306\u030b\u0328\u030a", strict=True)
)
PRINTED = {
    "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "l": "ł", "L": "Ł", "aa": "å", "AA": "Å", "i": "ı",
    "ldots": "…", "dots": "…", "textendash": "–", "textemdash": "—", "LaTeX": "LaTeX", "TeX": "TeX",
}  # fmt: skip
NAMED = re.compile(r"\\([A-Za-z]+)\*?(?:\{\})?")
SIGNS = (
    (re.compile(r"\\\\(?:\[[^\]]*\])?"), " "), (re.compile(r"\\[-/@]"), ""), (re.compile(r"\\[,;:! ]|~"), " "),
    (re.compile(r"---"), "—"), (re.compile(r"--"), "–"), (re.compile("``"), "“"), (re.compile("''"), "”"),
    (re.compile("`"), "‘"), (re.compile(r"(?<!\\)[{}]"), ""), (re.compile(r"\\([%&#_{}])"), r"\1"),
)  # fmt: skip


def paragraphs(text: str) -> Iterator[Paragraph]:
    """Read the paragraphs, items and notes of a LaTeX text; a note comes after the paragraph in which it stands."""
    text = COMMENT.sub(lambda m: m[1] + (LINE if m[2] else ""), _without(LITERAL, text))
    text = _expanded(text)
    head, begun, body = text.partition(r"\begin{document}")
    text = lines_of(head) + body.partition(r"\end{document}")[0] if begun else text
    text = DISPLAYED.sub(lambda m: _shown(m[0]), _without(ENVIRONMENT, text.replace(r"\$", DOLLAR)))
    formulas: list[str] = []

    def masked(found: re.Match[str]) -> str:
        formulas.append(" ".join((found[2] or found[4]).split()))
        return f"{MASK}{len(formulas) - 1}{UNMASK}{lines_of(found[0])}"

    text = CITATION.sub(_cited, FORMULA.sub(masked, text))
    text = BETWEEN.sub(
        lambda m: lines_of(m[0]) + BREAK + (m[1] or ""),
        HEADING.sub(lambda m: lines_of(m[0]) + BREAK, REFERENCE.sub(_gone, text)),
    )
    line = 1
    for part in re.split(rf"(\n[ \t]*\n|{BREAK})", text):
        notes: list[Paragraph] = []
        for found in NOTE.finditer(part):
            notes.append(Paragraph(found[1], line + len(lines_of(part[: found.start(1)]))))
        for piece in (Paragraph(NOTE.sub(_gone, part), line), *notes):
            plain = re.sub(f"{MASK}(\\d+){UNMASK}", lambda m: f"${formulas[int(m[1])]}$", _plain(piece.text))
            yield Paragraph(plain.replace(DOLLAR, "$").replace("\n", LINE), piece.line)
        line += len(lines_of(part))


def _gone(found: re.Match[str]) -> str:
    return lines_of(found[0])


def _expanded(text: str) -> str:
    """Write out macros that take no arguments: the name of a method is often one."""
    known = {name: " ".join(meaning.replace(r"\xspace", "").split()) for name, meaning in MACRO.findall(text)}
    return NAMED.sub(lambda m: known.get(m[1], m[0]), MACRO.sub(_gone, text))


def _without(begins: re.Pattern[str], text: str) -> str:
    """Drop environments; one that is not ended stays."""
    out, at = "", 0
    while found := begins.search(text, at):
        closing = f"\\end{{{found[1]}}}"
        end = text.find(closing, found.end())
        out += text[at : found.start()]
        at = found.end() if end < 0 else end + len(closing)
        out += found[0] if end < 0 else _shown(text[found.start() : at])
    return out + text[at:]


def _shown(text: str) -> str:
    """Drop a displayed formula or a float; a sentence that ended with the formula ends all the same."""
    formula = re.match(rf"\$\$|\\\[|\\begin\{{(?:{SHOWN})\*?\}}", text) is not None
    body = re.sub(r"\\label\{[^{}]*\}|\\end\{[^{}]*\}|\\\]|\$\$", "", text).rstrip()
    return ("." if formula and body.endswith(".") else "") + lines_of(text)


def _cited(found: re.Match[str]) -> str:
    name = found[2].lower()
    if name == "nocite":
        return lines_of(found[0])
    spoken = name.startswith(SPOKEN)
    return (" " if found[1] else "") + mark(found[3].split(","), spoken=spoken) + lines_of(found[0])


def _plain(text: str) -> str:
    """Turn what is left of the commands into the text they print; white space and marks stay."""
    text = VERB.sub(r"\2", text)
    text = ACCENT.sub(lambda m: unicodedata.normalize("NFC", m[3][-1] + COMBINING[m[1] or m[2]]), FIRST.sub("", text))
    text = NAMED.sub(lambda m: PRINTED.get(m[1], m[0]), text)
    for _ in range(8):  # groups in groups
        text, inner = WRAPPED.subn(r"\1", text)
        if not inner:
            break
    text = NAMED.sub("", text)
    for sign, meant in SIGNS:
        text = sign.sub(meant, text)
    return text
