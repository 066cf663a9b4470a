r"""Keep a dataset of an OMERO server up to date, from Python.

    python examples/omero_sync.py omero://HOST:PORT/dataset/5 OUT \
        '(?P<case>[^_]+)_(?P<stain>[^_.]+)' HE

Log in beforehand with `omero login`, or set OMERO_USER and OMERO_PASSWORD. The command
`sar-align omero sync` does the same with more options, workers, and a summary page.
"""

import sys
from pathlib import Path

from sar_models.engine import AlignOptions
from sar_models.jobs.pair import run_open_pair
from sar_models.jobs.pushing import PushOptions, push_folder
from sar_models.stores import PushPolicy, open_store
from sar_models.stores.reviews import ReviewLog
from sar_omero.cli.pairing import paired


def sync(uri: str, out: Path, pattern: str, reference: str) -> list[dict[str, object]]:
    """Align every pair that has no alignment in ``out`` yet, push all; return what was done."""
    out.mkdir(parents=True, exist_ok=True)
    store = open_store(uri)  # the connector lives in a process of its own
    images = store.answer("images", {})
    found = paired(images, table=None, pattern=pattern, values=None, tags=None, reference=reference)
    names = {image["slide"]: f"{image['name']}-{image['id']}" for image in images}
    done = []
    for pair in found.pairs:
        folder = out / f"{names[pair.source]}--{names[pair.target]}"
        store.answer("check_allowed", {"slides": [pair.source, pair.target]})
        if not folder.exists():
            with store.open(pair.source) as source, store.open(pair.target) as target:
                run_open_pair(source, target, folder, AlignOptions(), lambda stage, part: None)
        # Records and reports go up always, ROIs only once somebody accepted the alignment.
        report = push_folder(store, folder, ReviewLog(out), PushOptions(PushPolicy(), True))
        done.append({"pair": folder.name, **report.counts})
    store.close()
    return done


if __name__ == "__main__":
    for line in sync(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]):
        print(line)
