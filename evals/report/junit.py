"""A run as JUnit XML, for a build server: one test case a question."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from evals.report.content import Question, Report, faults
from evals.report.wording import number

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def junit(report: Report) -> str:
    """Write the run, without its baseline; what fails is said at `faults`."""
    cases = [_case(report.run.suite_name, question) for question in report.questions]
    failures, errors = (sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error"))
    counts = {
        "name": legal(report.run.suite_name),
        "tests": str(len(cases)),
        "failures": str(failures),
        "errors": str(errors),
        "time": f"{sum(float(case.attrib['time']) for case in cases):.3f}",
    }
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", counts | {"skipped": "0"})
    properties = ET.SubElement(suite, "properties")
    for name, found in report.run.tables["all"].items():
        if found.value is not None:
            ET.SubElement(properties, "property", name=name, value=number(name, found.value))
    suite.extend(cases)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def legal(text: str) -> str:
    """Drop the characters that XML cannot hold, even escaped."""
    return ILLEGAL.sub("", text)


def _case(suite: str, question: Question) -> ET.Element:
    side = question.run
    seconds = (side.milliseconds or 0.0) / 1000
    name = {"classname": legal(f"{suite}.{question.kind}"), "name": legal(question.id), "time": f"{seconds:.3f}"}
    case = ET.Element("testcase", name)
    found = faults(question, side)
    if side.error is not None:
        error = {name: legal(str(side.error.get(name, ""))) for name in ("type", "message")}
        ET.SubElement(case, "error", error).text = legal(question.text)
    elif found:
        failure = ET.SubElement(case, "failure", type=found[0].of, message=legal("; ".join(fault.words for fault in found)))
        failure.text = legal(f"{question.text}\n\n{side.text}")
    return case
