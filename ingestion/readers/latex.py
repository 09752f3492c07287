"""LaTeX in titles, names and venues becomes Unicode, by pylatexenc. Abstracts are not touched: they stay verbatim."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

MAX_LATEX = 8_000  # characters; what is longer is no title, whatever it says
# $x$, by Pandoc's rule: no space inside next to the dollars, no digit after them unless what is inside can be nothing but
# a formula, so that "$5 and $10" is money.
INSIDE = r"(?:\\.|[^$\\])*(?<!\s)"
MATH = re.compile(rf"(?<!\\)(\${{1,2}})(?=[^\s$])(?:(?=[^$]*[\\^_]){INSIDE}\1(?!\$)|{INSIDE}\1(?![\d$]))", re.DOTALL)
LATEX = re.compile(rf"\\[A-Za-z'\"`^~=.%&$#_{{}}]|{MATH.pattern}", re.DOTALL)
TEX = re.compile(r"[\\{}$~]|--|``|''")
SPECIAL = re.compile(r"(?<!\\)[%&#]")
LINK = re.compile(r"\\href[ ]*\{[^{}]*\}")
SCRIPT = re.compile(r"([_^])(?:\{([0-9+\-()]+)\}|([0-9+\-]))")
SILENT = re.split(" ", "it bf em rm sc tt sf sl cal itshape bfseries scshape boldmath left right")
DEGREE = re.compile(r"\^(\{\\circ\}|\\circ(?![a-z]))")
SUBSCRIPTS = str.maketrans("0123456789+-()", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎")
SUPERSCRIPTS = str.maketrans("0123456789+-()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾")


def unicode_of(text: str, *, tex: bool = False) -> str:
    r"""Give text with its LaTeX as Unicode: accents, escapes, braces, formulas in a line ($\alpha$, H$_2$O).

    Args:
        text: as a file has it. What is no LaTeX stays, and so does a command that is not known.
        tex: all of it is LaTeX, as in BibTeX, so that braces, ~ and -- count; else only if a command or a formula is in it.
    """
    if not (TEX if tex else LATEX).search(text) or len(text) > MAX_LATEX or not _balanced(text):
        return text
    safe = SPECIAL.sub(r"\\\g<0>", LINK.sub("", text))  # a bare % would begin a comment, and few titles have one
    if not tex:
        safe = safe.replace("~", r"\textasciitilde{}") if r"\~" not in safe else safe
    parts, end = [], 0
    for formula in MATH.finditer(safe):
        parts += [_money(safe[end : formula.start()]), SCRIPT.sub(_script, DEGREE.sub("°", formula.group()))]
        end = formula.end()
    parts.append(_money(safe[end:]))
    return _converted("".join(parts), text)


def _converted(latex: str, text: str) -> str:
    from pylatexenc.latexwalker import LatexWalkerError

    try:
        found = str(_converter().latex_to_text(latex, tolerant_parsing=True))
    except (LatexWalkerError, RecursionError, ValueError, IndexError, AttributeError, TypeError):
        return text  # LaTeX that cannot be read is text like any other
    return " ".join(found.split()) or text


@cache
def _converter() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    def as_written(node: Any, l2tobj: Any) -> str:  # noqa: ANN401 (pylatexenc has no types)
        rest = node.parsing_state.s[node.pos + node.len :]
        arguments = [part for part in (node.nodeargd.argnlist if node.nodeargd else []) if part is not None]
        if not arguments:
            if re.search("[A-Z]", node.macroname):  # an author's own, for a name: \\BERT
                return f"{node.macroname}{node.macro_post_space}"
            return "" if rest[:1] == "{" else str(node.latex_verbatim())
        return "".join(l2tobj.nodelist_to_text([part]) for part in arguments)

    context = get_default_latex_context_db()
    macros = [MacroTextSpec(name, "") for name in SILENT] + [MacroTextSpec("ne", "≠")]
    context.add_context_category("vouched", macros=macros, prepend=True)
    context.set_unknown_macro_spec(MacroTextSpec("", simplify_repl=as_written))
    return LatexNodes2Text(latex_context=context, math_mode="text", strict_latex_spaces=False)


def _balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0 or depth > 50:
            return False
    return depth == 0


def _money(text: str) -> str:
    """Escape the dollars of a text without formulas."""
    return re.sub(r"(?<!\\)\$", r"\\$", text)


def _script(match: re.Match[str]) -> str:
    table = SUBSCRIPTS if match.group(1) == "_" else SUPERSCRIPTS
    return (match.group(2) or match.group(3)).translate(table)
