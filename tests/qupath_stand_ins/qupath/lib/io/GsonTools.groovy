package qupath.lib.io

import groovy.json.JsonOutput
import qupath.lib.objects.PathObject

class GsonTools {
    static GsonTools getInstance() { new GsonTools() }

    String toJson(PathObject object) { JsonOutput.toJson(object.toMap(false)) }
}
