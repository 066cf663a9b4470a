"""A client in a process of its own, for a test to kill: three writes, one after the other."""

from __future__ import annotations

import sys

import omero
import omero.gateway
import omero.model
from omero.rtypes import rstring


def main(host: str, port: str, password: str, image: str) -> None:
    """Write three comments onto an image."""
    client = omero.client(host, int(port))
    client.createSession("ann", password)
    for number in range(3):
        comment = omero.model.CommentAnnotationI()
        comment.setTextValue(rstring(str(number)))
        link = omero.model.ImageAnnotationLinkI()
        link.setParent(omero.model.ImageI(int(image), False))
        link.setChild(comment)
        client.sf.getUpdateService().saveObject(link)
    client.closeSession()


if __name__ == "__main__":
    main(*sys.argv[1:])
