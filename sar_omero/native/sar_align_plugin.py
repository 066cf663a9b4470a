"""The command ``omero sar-align``: sar-align with the session that ``omero login`` opened.

Installed by ``sar-align omero install-plugin``; omero-py runs this file as it is.
"""

import re
import subprocess
import sys

from omero.cli import BaseControl

HELP = """Align differently stained slides, and push the results.

Everything after the name is handed to `sar-align omero`; Project:1, Dataset:5 and Image:12 stand
for objects of the server that you are logged in to. Example:

    omero sar-align sync Dataset:5 --pairs pairs.csv --out results
"""
OBJECT = re.compile(r"(project|dataset|image):(\d+)", re.IGNORECASE)


class SarAlignControl(BaseControl):
    """Runs sar-align in a process of its own: torch and Ice do not share one."""

    def _configure(self, parser):
        parser.add_login_arguments()
        parser.add_argument("rest", nargs="...", metavar="...", help="as for `sar-align omero`")
        parser.set_defaults(func=self.run_sar_align)

    def run_sar_align(self, args):
        """Join the open session, or log in, and run the command."""
        client = self.ctx.conn(args)
        host = client.getProperty("omero.url.host") or client.getProperty("omero.host")
        server = f"omero://{host}:{client.getProperty('omero.port')}"
        rest = [self._address(server, word) for word in args.rest]
        command = [sys.executable, "-m", "sar_models.cli.main", "omero", *rest]
        # The session itself is found where `omero login` keeps it; no key stands on the line.
        code = subprocess.call(command)
        if code:
            self.ctx.die(code, "")

    @staticmethod
    def _address(server, word):
        found = OBJECT.fullmatch(word)
        return word if found is None else f"{server}/{found[1].lower()}/{found[2]}"


try:
    register("sar-align", SarAlignControl, HELP)
except NameError:
    if __name__ == "__main__":
        from omero.cli import CLI

        cli = CLI()
        cli.register("sar-align", SarAlignControl, HELP)
        cli.invoke(sys.argv[1:])
