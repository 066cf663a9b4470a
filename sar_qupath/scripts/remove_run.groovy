// Remove exactly what SAR-Align put on the image that is open, from one source image or from all.
// What people edited since stays, and so do their own objects. `Import results` brings it back.

def arguments = binding.hasVariable("args") && args != null ? (args as List).collect { it.toString() } : []
def entry = currentEntry()
def imageData = QP.getCurrentImageData()
def hierarchy = imageData.getHierarchy()
def all = everything(new ArrayList(hierarchy.getRootObject().getChildObjects())).findAll { isOurs(it) }
def bySource = all.groupBy { metadataOf(it).get(PUSH + "source") }

if (bySource.isEmpty()) {
    tell("There is nothing of SAR-Align on " + entry.getImageName() + ".")
} else {
    def names = bySource.keySet().collectEntries { key ->
        def found = QP.getProject().getImageList().find { "entry:" + it.getID() == key }
        [(key): (found == null ? key : found.getImageName() + "  (#" + found.getID() + ")")]
    }
    def chosen = bySource.keySet() as List
    def shown = dialogs()
    if (arguments && arguments[0] != "all")
        chosen = ["entry:" + entryNamed(arguments[0]).getID()]
    else if (shown != null && chosen.size() > 1) {
        def answer = shown.showChoiceDialog(TITLE, "Remove what came from", ["all images"] + names.values(), "all images")
        chosen = answer == null ? [] : answer == "all images" ? chosen : [names.find { it.value == answer }.key]
    }
    def removed = []
    def kept = [:]
    chosen.each { source ->
        outermost(new ArrayList(hierarchy.getRootObject().getChildObjects()), source).each {
            def edited = personChanged(it)
            if (edited) kept[idOf(it)] = edited
            else removed << it
        }
    }
    def left = kept.values().countBy { it }.collect { why, n -> ", " + n + " left alone: " + why }.join("")
    if (chosen && confirmed("Remove " + removed.size() + " objects from " + entry.getImageName() + left + "?", true)) {
        takeOut(hierarchy, removed, [:])
        hierarchy.fireHierarchyChangedEvent(hierarchy)
        def imported = new TreeMap(importedOf(imageData))
        chosen.each { source ->
            def own = new TreeMap((imported[source] ?: [:]) as Map)
            removed.each { own.remove(idOf(it)) }
            imported[source] = own
        }
        rememberImported(imageData, imported)
        saveWithoutWindow(entry, imageData)
        exportImage(entry, imageData)
        println "removed " + removed.size() + " objects" + left
    }
}
