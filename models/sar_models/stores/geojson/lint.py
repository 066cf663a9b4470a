"""What real QuPath refuses or silently changes, as rules on parsed GeoJSON.

The rules follow what QuPath 0.5.1, 0.6.0 and 0.7.0 did with odd documents
(``tests/fixtures/qupath``). An ``error`` makes at least one of them give up on the *whole file*; a
``warning`` is read, but not as it was written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sar_models.domain.annotations import OBJECT_KINDS
from sar_models.stores.geojson.lint_fields import lint_id, lint_properties
from sar_models.stores.geojson.lint_geometry import lint_geometry
from sar_models.stores.geojson.shapes import GEOMETRY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sar_models.stores.geojson.lint_fields import Breach

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One place where QuPath would not read what is written.

    Parameters
    ----------
    severity : {"error", "warning"}
        ``error``: QuPath refuses the file; ``warning``: QuPath changes or ignores the value.
    code : str
        Short name of the rule.
    where : str
        Path inside the document, e.g. ``features[3].properties.name``.
    message : str
        What is wrong and what QuPath does.
    """

    severity: Severity
    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.message} [{self.code}]"


def lint(document: Any) -> list[Finding]:
    """Return what QuPath would refuse or change in a GeoJSON document.

    Parameters
    ----------
    document : JSON values
        A FeatureCollection, a list of features, one feature or one geometry, as `json.loads`
        gives it. Non-finite numbers may stand as floats.

    Returns
    -------
    list of Finding
        Empty when all tried versions of QuPath read the document as it stands.
    """
    features, prefix, findings = _features(document)
    ids: Counter[str] = Counter()
    for index, feature in enumerate(features):
        findings += lint_feature(feature, prefix.format(index), ids)
    return findings


def lint_feature(feature: Any, where: str, ids: Counter[str]) -> list[Finding]:
    """Return what QuPath would refuse or change in one feature and its children.

    ``ids`` counts the ids that were seen and is added to, so that a writer can check feature by
    feature.
    """
    found: list[Finding] = []
    # A stack instead of recursion: a hostile document may nest as deep as it likes.
    todo = [_Todo(feature, where)]
    while todo:
        item = todo.pop()
        if not isinstance(item.feature, dict) or item.feature.get("type") != "Feature":
            found.append(_error("feature", item.where, "is no Feature"))
            continue
        found += (Finding(*breach) for breach in _breaches(item.feature, item.where, ids))
        properties = item.feature.get("properties")
        children = properties.get("childObjects") if isinstance(properties, dict) else None
        if isinstance(children, list):
            path = f"{item.where}.properties.childObjects"
            todo += [_Todo(child, f"{path}[{i}]") for i, child in enumerate(children)][::-1]
        elif children is not None:
            found.append(_error("children", f"{item.where}.properties", "childObjects is no list"))
    return found


class _Todo(NamedTuple):
    feature: Any
    where: str


def _features(document: Any) -> tuple[list[Any], str, list[Finding]]:
    """Return the features of a document, the pattern of their paths, and first findings."""
    if isinstance(document, list):
        return document, "[{}]", []
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection":
        features = document.get("features")
        if isinstance(features, list):
            return features, "features[{}]", []
        return [], "", [_error("collection", "features", "is no list")]
    if kind == "Feature":
        return [document], "feature", []
    if kind in GEOMETRY_TYPES:
        bare = Finding("warning", "bare-geometry", "document", "becomes an annotation")
        return [], "", [bare, *(Finding(*b) for b in lint_geometry(document, "document"))]
    return [], "", [_error("document", "document", f"has the type {kind!r}: this is no GeoJSON")]


def _breaches(feature: dict[str, Any], where: str, ids: Counter[str]) -> Iterator[Breach]:
    yield from lint_id(feature, where, ids)
    yield from lint_geometry(feature.get("geometry"), f"{where}.geometry")
    if "nucleusGeometry" in feature:
        yield from lint_geometry(feature["nucleusGeometry"], f"{where}.nucleusGeometry")
    properties = feature.get("properties")
    if isinstance(properties, dict):
        yield from lint_properties(properties, f"{where}.properties", OBJECT_KINDS)
    elif properties is not None:
        yield "error", "properties", f"{where}.properties", "is no object"


def _error(code: str, where: str, message: str) -> Finding:
    return Finding("error", code, where, message)
