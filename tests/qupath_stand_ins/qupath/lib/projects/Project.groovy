package qupath.lib.projects

import groovy.json.JsonSlurper
import java.nio.file.Path

class Project {
    File file

    Path getPath() { file.toPath() }
    List<Entry> getImageList() { new JsonSlurper().parse(file, "UTF-8").images.collect { new Entry(folder: file.parentFile, json: it) } }
}
