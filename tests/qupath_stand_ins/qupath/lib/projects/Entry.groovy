package qupath.lib.projects

import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import qupath.lib.objects.PathObject

class Entry {
    File folder
    Map json

    String getID() { json.entryID.toString() }
    String getImageName() { json.imageName }
    File getFile() { new File(folder, "data/" + getID() + "/data.qpdata") }
    boolean hasImageData() { file.isFile() && file.length() > 0 && file.text.startsWith("{") }

    ImageData readImageData() {
        def stated = json.serverBuilder.metadata
        def data = new ImageData(new Server(width: stated.width, height: stated.height))
        if (hasImageData()) {
            def stored = new JsonSlurper().parse(file, "UTF-8")
            data.getHierarchy().addObjects(stored.objects.collect { PathObject.of(it) })
            stored.properties.each { k, v -> data.setProperty(k, v) }
        }
        return data
    }

    void saveImageData(ImageData data) {
        def objects = data.getHierarchy().rootObject.children.collect { it.toMap(true) }
        file.parentFile.mkdirs()
        file.setText(JsonOutput.toJson([objects: objects, properties: data.allProperties()]), "UTF-8")
    }
}
