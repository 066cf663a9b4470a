"""Ask for alignments of the selected images; a sync on another machine does the work.

An OMERO.script: it runs on the server and reaches nobody's laptop, so all it does is to leave a
request on each image, under the name of whoever runs it. `sar-align omero sync --requests` finds
them, checks that this person may annotate both images, aligns, and pushes.
"""

import omero
import omero.scripts as scripts
from omero.gateway import BlitzGateway, MapAnnotationWrapper
from omero.rtypes import rlong, rstring

NAMESPACE = "sar-align/request/1"
KEY = "Align to"


def leave_requests(conn, source_ids, target_id):
    """Leave a request on every source image that has none; return how many are new."""
    target = conn.getObject("Image", target_id)
    if target is None:
        raise ValueError(f"There is no Image:{target_id}, or you must not see it")
    new = 0
    for source in conn.getObjects("Image", [i for i in source_ids if i != target_id]):
        value = [[KEY, str(target_id)]]
        mine = [
            one
            for one in source.listAnnotations(ns=NAMESPACE)
            if one.isOwned() and [list(pair) for pair in one.getValue()] == value
        ]
        if mine:
            continue
        annotation = MapAnnotationWrapper(conn)
        annotation.setNs(NAMESPACE)
        annotation.setValue(value)
        source.linkAnnotation(annotation, sameOwner=False)
        new += 1
    return new


def run():
    """Run as a script of the server."""
    client = scripts.client(
        "SAR_Align_Request.py",
        "Ask for the selected images to be aligned to a reference image.",
        scripts.String("Data_Type", optional=False, values=[rstring("Image")], default="Image"),
        scripts.List("IDs", optional=False, description="Images to align.").ofType(rlong(0)),
        scripts.Long("Reference_Image", optional=False, description="Id of the image to align to."),
        authors=["SAR-Align"],
        namespaces=[omero.constants.namespaces.NSDYNAMIC],
    )
    try:
        values = client.getInputs(unwrap=True)
        conn = BlitzGateway(client_obj=client)
        new = leave_requests(conn, values["IDs"], values["Reference_Image"])
        message = f"{new} requests left; the next sync does them."
        client.setOutput("Message", rstring(message))
    finally:
        client.closeSession()


if __name__ == "__main__":
    run()
