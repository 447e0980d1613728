"""JUnit XML as Jenkins reads it (its xunit plugin's junit-10.xsd, pytest's xunit2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from coursekit.learning.feedback import found_twice, leaning
from coursekit.publish import marked
from coursekit.publish.privacy import without_inputs
from coursekit.report import Graded, Outcome, Report, Verdict
from coursekit.text import clean, clean_name

_ELEMENTS = {
    Outcome.FAILED: "failure",
    Outcome.UNATTEMPTED: "failure",  # skipped would look as good as passed
    Outcome.ERROR: "error",
    Outcome.TIMEOUT: "error",
    Outcome.MEMORY: "error",
    Outcome.FORBIDDEN: "error",
    Outcome.SKIPPED: "error",
    Outcome.STARVED: "error",
    Outcome.UNCHECKED: "skipped",
}


def document(grades: Sequence[Graded]) -> str:
    """The XML: a suite for each exercise of each learner with its points as properties, a test case for each check.

    Work that could not be read, or was not graded to the end, has no points: a test case that is an error says why.
    """
    root = ET.Element("testsuites", name="coursekit")
    total: Counter[str] = Counter()
    for graded in grades:
        for report in graded.reports:
            total += _add_suite(root, graded, without_inputs(report))
    for attribute in ("tests", "failures", "errors"):
        root.set(attribute, str(total[attribute]))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_suite(root: ET.Element, graded: Graded, report: Report) -> Counter[str]:
    learner = clean_name(graded.learner)
    suite = ET.SubElement(root, "testsuite", name=f"{learner}: {report.exercise}")
    properties = ET.SubElement(suite, "properties")
    values = {
        "learner": learner,
        "exercise": report.exercise,
        "outcome": str(report.outcome),
        "maximum": f"{report.maximum:g}",
    }
    if not graded.problem and report.outcome is not Outcome.STARVED:
        values["points"] = f"{report.points:g}"
    if report.mark is not None:
        values["grade"] = f"{report.grade:g}"  # what counts; the points are the machine's
    if report.marks:
        values["marks"] = marked.as_text(report)
    if report.diagnosis is not None:
        values["misconception"] = report.diagnosis.misconception
    if report.leans_on:
        values["calls"] = leaning(report)
    if report.found_in:
        values["found"] = found_twice(report)
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=value)
    count: Counter[str] = Counter()
    classname = f"{learner}.{report.exercise}"
    if graded.problem:
        case = ET.SubElement(suite, "testcase", classname=classname, name="The submission can be read")
        ET.SubElement(case, "error", type="unreadable", message=clean_name(graded.problem))
        count.update(tests=1, errors=1)
    for verdict in report.verdicts:
        case = ET.SubElement(suite, "testcase", classname=classname, name=clean_name(verdict.title))
        count["tests"] += 1
        count[_add_outcome(case, report, verdict)] += 1
    for attribute in ("tests", "failures", "errors", "skipped"):
        suite.set(attribute, str(count[attribute]))
    return count


def _add_outcome(case: ET.Element, report: Report, verdict: Verdict) -> str:
    """Says why a check did not pass, and which count of the suite it belongs to."""
    name = _ELEMENTS.get(verdict.outcome)
    if name is None:
        return "passed"
    why = verdict.rationale
    if report.diagnosis is not None and verdict is report.first_failure:
        why = report.diagnosis.explanation
    element = ET.SubElement(case, name, type=str(verdict.outcome), message=clean_name(why or str(verdict.outcome)))
    element.text = clean(f"{why}\n{verdict.help}".strip())
    return {"failure": "failures", "error": "errors", "skipped": "skipped"}[name]
