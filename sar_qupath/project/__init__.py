"""What stands in a QuPath project, read as plain JSON: no Java, nothing is ever written here."""

from sar_qupath.project.chain import Chain, Leaf
from sar_qupath.project.document import Entry, ProjectDocument, read_project
from sar_qupath.project.uris import locate

__all__ = ["Chain", "Entry", "Leaf", "ProjectDocument", "locate", "read_project"]
