"""The process of the server: ``python -m omero_server.main '{"folder": ...}'``.

It tells its ports as one line of JSON on stdout and ends when its stdin ends, so that none is left
over when a test dies.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import uuid
from pathlib import Path
from typing import Any

import Ice
import omero
import omero.gateway  # registers every class of the model
import omero.ObjectFactoryRegistrar
import omero.rtypes

from omero_server import seeding
from omero_server.control import Control
from omero_server.servants import Dispatcher
from omero_server.services.router import Router
from omero_server.world import World

TLS = Path(__file__).parent / "tls"


def main() -> None:
    """Serve until stdin ends."""
    asked = json.loads(sys.argv[1])
    communicator = _communicator()
    endpoints = f"ssl -h 127.0.0.1 -p {asked['port']}:tcp -h 127.0.0.1 -p {asked['tcp_port']}"
    adapter = communicator.createObjectAdapterWithEndpoints("blitz", endpoints)
    world = World.open(Path(asked["folder"]), asked["idle_s"], lambda s: dispatcher.end_session(s))
    dispatcher = Dispatcher(world, adapter)
    if next(world.database.rows("Experimenter"), None) is None:
        seeding.found(world)
    dispatcher.add(Router(dispatcher), None, "router", "OMERO.Glacier2")
    ports = [endpoint.getInfo().port for endpoint in adapter.getPublishedEndpoints()]
    world.config.update(_config(ports[1]))
    adapter.activate()
    sys.stdout.write(json.dumps({"port": ports[0], "tcp_port": ports[1]}) + "\n")
    sys.stdout.flush()
    control = threading.Thread(target=Control(world).serve)
    control.start()
    control.join()
    # At once: a call that is held would keep the communicator from ending.
    os._exit(0)


def _communicator() -> Any:
    data = Ice.InitializationData()
    data.properties = Ice.createProperties()
    for key, value in {
        "Ice.Plugin.IceSSL": "IceSSL:createIceSSL",
        "IceSSL.DefaultDir": str(TLS),
        "IceSSL.CertFile": "server.pem",
        "IceSSL.KeyFile": "server.key",
        "IceSSL.VerifyPeer": "0",
        "Ice.ThreadPool.Server.Size": "4",
        "Ice.ThreadPool.Server.SizeMax": "64",
        "Ice.MessageSizeMax": "250000",
        "Ice.ACM.Timeout": "0",
        "Ice.CacheMessageBuffers": "0",
        "Ice.Warn.Connections": "0",
        "Ice.Warn.Dispatch": "0",
    }.items():
        data.properties.setProperty(key, value)
    communicator = Ice.initialize(data)
    omero.ObjectFactoryRegistrar.registerObjectFactory(communicator, None)
    for factory in omero.rtypes.ObjectFactories.values():
        factory.register(communicator)
    return communicator


def _config(tcp_port: int) -> dict[str, str]:
    return {
        "omero.router.insecure": f"OMERO.Glacier2/router:tcp -p {tcp_port} -h @omero.host@",
        "omero.pixeldata.max_plane_width": "3192",
        "omero.pixeldata.max_plane_height": "3192",
        "omero.client.viewer.roi_limit": "2000",
        "omero.client.download_as.max_size": "144000000",
        "omero.db.uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, "sar-align test server")),
    }


if __name__ == "__main__":
    main()
