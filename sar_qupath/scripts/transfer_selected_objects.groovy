// Carry the selected objects to an image that this one was aligned with, and put them there now.
// Uses `sar-align serve` where it runs, and the program sar-align where it does not.

import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse

Map findServer() {
    def files = new File(stateFolder(), "servers").listFiles()?.findAll { it.getName().endsWith(".json") } ?: []
    def servers = files.collect { try { readJson(it) } catch (Exception ignored) { [:] } }.findAll { it.kind == "sar-align/server" }
    // A server that was killed leaves its file: its process is gone.
    def running = servers.findAll { ProcessHandle.of(it.pid as long).isPresent() }
    return running.isEmpty() ? null : running.max { it.process.started }
}

Object ask(Map server, String path, String body) {
    def request = HttpRequest.newBuilder(URI.create(server.url + path)).header("Authorization", "Bearer " + server.token)
        .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)).build()
    def answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString())
    def told = new JsonSlurper().parseText(answer.body())
    if (answer.statusCode() >= 400)
        throw new IOException(told.detail + ". " + (told.remedy ?: ""))
    return [told: told, text: answer.body()]
}

String transferred(File folder, String collection) {
    def server = findServer()
    if (server != null) {
        try {
            def opened = ask(server, "/v1/alignments", JsonOutput.toJson([folder: folder.getPath()])).told
            def answer = ask(server, "/v1/alignments/" + opened.id + "/geojson?frame=qupath", collection)
            println "sar-align serve: " + answer.told.sar_align.counts
            return answer.text
        } catch (Exception error) {
            println "The server does not help (" + error.getMessage() + "); the program does it."
        }
    }
    def scratch = Files.createTempDirectory("sar-align").toFile()
    try {
        def source = new File(scratch, "in.geojson")
        def target = new File(scratch, "out.geojson")
        writeText(source, collection)
        def answer = runCommand(["transfer", folder.getPath(), source.getPath(), target.getPath(), "--frame", "qupath", "--json"])
        println "sar-align: " + answer.told.counts
        return target.getText("UTF-8")
    } finally {
        scratch.deleteDir()
    }
}

Object openImageData(entry) {
    // An image that is open in a viewer is changed there: saving it from here would lose one of both.
    try {
        def gui = Class.forName("qupath.lib.gui.QuPathGUI").getMethod("getInstance").invoke(null)
        for (viewer in (gui == null ? [] : gui.getAllViewers())) {
            def shown = viewer.getImageData()
            if (shown != null && QP.getProject().getEntry(shown)?.getID() == entry.getID()) return shown
        }
    } catch (ClassNotFoundException ignored) {
    }
    return null
}

void markSelected(object, String source) {
    new ArrayList(object.getChildObjects()).each { markSelected(it, source) }
    def content = "selected " + sha256(shapeOf(object).join(" ") + attributesOf(object)).substring(0, 16)
    [namespace: NAMESPACE, source: source, object: idOf(object), selected: "1", content: content, written: writtenOf(object)].each { key, value ->
        putMetadata(object, PUSH + key, value.toString())
    }
}

def arguments = binding.hasVariable("args") && args != null ? args as List : []
def entry = currentEntry()
def chosen = new ArrayList(QP.getCurrentImageData().getHierarchy().getSelectionModel().getSelectedObjects()).findAll { !isOurs(it) && !it.isRootObject() }
if (chosen.isEmpty())
    fail("No objects are selected. Select the objects to transfer")
def other = chosenEntry("Transfer " + chosen.size() + " objects to which image?", entry, arguments)
if (other != null) {
    def folder = new File(resultsFolder(), entry.getID() + "_to_" + other.getID())
    def summary = new File(resultsFolder(), "summaries/" + other.getID() + "/" + entry.getID() + ".json")
    if (!new File(folder, "alignment.json").isFile())
        fail(entry.getImageName() + " was not aligned with " + other.getImageName() + " yet: run Align this pair")
    if (summary.isFile() && readJson(summary).frames != "qupath")
        fail("One of the images is turned, cut or mapped: run Align this pair again and then Import results, which know how")
    def text = transferred(folder, '{"type":"FeatureCollection","features":[' + chosen.collect { featureOf(it) }.join(",") + "]}")
    def objects = PathIO.readObjectsFromGeoJSON(new ByteArrayInputStream(text.getBytes("UTF-8"))) as List
    def shown = openImageData(other)
    def imageData = shown ?: other.readImageData()
    def hierarchy = imageData.getHierarchy()
    def there = [:]
    everything(new ArrayList(hierarchy.getRootObject().getChildObjects())).each { there[idOf(it)] = it }
    def replaced = objects.findAll { there[idOf(it)] != null && isOurs(there[idOf(it)]) && !personChanged(there[idOf(it)]) }
    def fresh = objects.findAll { there[idOf(it)] == null }
    def left = objects.size() - replaced.size() - fresh.size()
    def told = fresh.size() + " added, " + replaced.size() + " replaced, " + left + " left alone, " + (chosen.size() - objects.size()) + " without tissue"
    if (confirmed("Transfer to " + other.getImageName() + ": " + told + "?", true)) {
        takeOut(hierarchy, replaced.collect { there[idOf(it)] }, replaced.collectEntries { [(idOf(it)): it] })
        (fresh + replaced).each { markSelected(it, "entry:" + entry.getID()) }
        hierarchy.addObjects(fresh + replaced)
        hierarchy.fireHierarchyChangedEvent(hierarchy)
        if (shown == null || dialogs() == null) other.saveImageData(imageData)
        exportImage(other, imageData)
        println "transferred: " + told
    }
}
