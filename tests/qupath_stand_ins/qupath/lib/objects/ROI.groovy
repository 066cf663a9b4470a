package qupath.lib.objects

class ROI {
    Map json

    Geometry getGeometry() { new Geometry(json: json) }
}
