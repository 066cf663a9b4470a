package qupath.lib.io

import groovy.json.JsonSlurper
import qupath.lib.objects.PathObject

class PathIO {
    static List<PathObject> readObjectsFromGeoJSON(InputStream stream) {
        new JsonSlurper().parse(stream, "UTF-8").features.collect { PathObject.of(it) }
    }
}
