package qupath.lib.objects

/** What scripts ask of a JTS geometry: of rings, lines and points as GeoJSON has them. */
class Geometry {
    Map json

    List getPolygons() { json.type == "Polygon" ? [json.coordinates] : json.type == "MultiPolygon" ? json.coordinates : [] }

    List getPaths() {
        if (json.type == "LineString") return [json.coordinates]
        if (json.type == "MultiLineString") return json.coordinates
        return polygons.collectMany { it }
    }

    List getDots() { json.type == "Point" ? [json.coordinates] : json.type == "MultiPoint" ? json.coordinates : [] }

    static double signedArea(List ring) {
        double sum = 0
        for (int i = 0; i + 1 < ring.size(); i++) sum += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1]
        return sum / 2
    }

    double getArea() {
        double sum = 0
        for (polygon in polygons) polygon.eachWithIndex { ring, i -> sum += (i == 0 ? 1 : -1) * Math.abs(signedArea(ring)) }
        return sum
    }

    double getLength() {
        double sum = 0
        for (path in paths) for (int i = 0; i + 1 < path.size(); i++) sum += Math.hypot(path[i + 1][0] - path[i][0], path[i + 1][1] - path[i][1])
        return sum
    }

    int getNumPoints() { (paths.collectMany { it } + dots).size() }

    Centre getCentroid() {
        double x = 0, y = 0, weight = 0
        for (polygon in polygons) polygon.eachWithIndex { ring, index ->
            double sign = (index == 0 ? 1 : -1) * Math.signum(signedArea(ring))
            for (int i = 0; i + 1 < ring.size(); i++) {
                double cross = sign * (ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1])
                x += cross * (ring[i][0] + ring[i + 1][0]) / 3
                y += cross * (ring[i][1] + ring[i + 1][1]) / 3
                weight += cross
            }
        }
        if (weight == 0) {
            for (path in paths) for (int i = 0; i + 1 < path.size(); i++) {
                double length = Math.hypot(path[i + 1][0] - path[i][0], path[i + 1][1] - path[i][1])
                x += length * (path[i][0] + path[i + 1][0]) / 2
                y += length * (path[i][1] + path[i + 1][1]) / 2
                weight += length
            }
        }
        if (weight == 0) {
            for (dot in dots) { x += dot[0]; y += dot[1]; weight += 1 }
        }
        return new Centre(x: x / weight, y: y / weight)
    }
}
