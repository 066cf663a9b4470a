// Part of SAR-Align, GPL-2.0-or-later. Installed by `sar-align qupath import-scripts`; changes to an
// installed copy are lost with the next installation. Data comes from JSON files alone.

import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import groovy.transform.Field
import java.nio.file.Files
import java.nio.file.StandardCopyOption
import java.security.MessageDigest
import qupath.lib.io.GsonTools
import qupath.lib.io.PathIO
import qupath.lib.scripting.QP

@Field final String TITLE = "SAR-Align"
@Field final String PUSH = "sar_align.push."
@Field final String NAMESPACE = "sar-align/1"
@Field final String IMPORTED = "sar_align.imported"
@Field final double GRID_PX = 0.02d

// ---- where things are

File resultsFolder() {
    def project = QP.getProject()
    if (project == null)
        throw new IOException("No project is open. Open the project that holds both images")
    def path = project.getPath().toFile()
    return new File(path.isDirectory() ? path : path.getParentFile(), "sar_align")
}

File projectFile() {
    def path = QP.getProject().getPath().toFile()
    return path.isDirectory() ? new File(path, "project.qpproj") : path
}

File stateFolder() {
    def home = System.getProperty("user.home")
    def system = System.getProperty("os.name").toLowerCase()
    if (system.contains("win"))
        return new File(System.getenv("LOCALAPPDATA") ?: home + "/AppData/Local", "sar-align")
    if (system.contains("mac"))
        return new File(home, "Library/Application Support/sar-align")
    return new File(System.getenv("XDG_STATE_HOME") ?: home + "/.local/state", "sar-align")
}

Object readJson(File file) {
    return new JsonSlurper().parse(file, "UTF-8")
}

void writeText(File file, String text) {
    // Whole or not at all: a reader never meets half a file.
    file.getParentFile().mkdirs()
    def partial = Files.createTempFile(file.getParentFile().toPath(), "." + file.getName(), ".partial")
    try {
        Files.write(partial, text.getBytes("UTF-8"))
        Files.move(partial, file.toPath(), StandardCopyOption.REPLACE_EXISTING)
    } finally {
        Files.deleteIfExists(partial)
    }
}

// ---- talking to people

Object dialogs() {
    // Only where QuPath's window is open; scripts run without it as well.
    try {
        def gui = Class.forName("qupath.lib.gui.QuPathGUI").getMethod("getInstance").invoke(null)
        if (gui == null)
            return null
    } catch (Throwable ignored) {
        return null
    }
    for (name in ["qupath.fx.dialogs.Dialogs", "qupath.lib.gui.dialogs.Dialogs"]) {
        try {
            return Class.forName(name)
        } catch (Throwable ignored) {
        }
    }
    return null
}

void tell(String text) {
    println text
    dialogs()?.showMessageDialog(TITLE, text)
}

boolean confirmed(String text, boolean otherwise) {
    println text
    def shown = dialogs()
    return shown == null ? otherwise : shown.showConfirmDialog(TITLE, text)
}

void fail(String text) {
    dialogs()?.showErrorMessage(TITLE, text)
    throw new IOException(text)
}

// ---- objects

Map metadataOf(object) {
    // 0.5 kept metadata behind another name.
    if (object.metaClass.respondsTo(object, "getMetadata")) return object.getMetadata() ?: [:]
    return object.metaClass.respondsTo(object, "getMetadataMap") ? object.getMetadataMap() : [:]
}

void putMetadata(object, String key, String value) {
    if (object.metaClass.respondsTo(object, "getMetadata")) object.getMetadata().put(key, value)
    else object.putMetadataValue(key, value)
}

String idOf(object) {
    return object.getID().toString()
}

boolean isOurs(object) {
    def metadata = metadataOf(object)
    return metadata.get(PUSH + "namespace") == NAMESPACE && metadata.get(PUSH + "object") == idOf(object)
}

boolean isFrom(object, String source) {
    return isOurs(object) && metadataOf(object).get(PUSH + "source") == source
}

boolean isSelected(object) {
    return metadataOf(object).get(PUSH + "selected") == "1"
}

String kindOf(object) {
    if (object.isCell()) return "cell"
    if (object.isTile()) return "tile"
    if (object.isTMACore()) return "tmaCore"
    return object.isAnnotation() ? "annotation" : "detection"
}

List outermost(objects, String source) {
    def found = []
    for (object in objects) {
        if (isFrom(object, source)) found << object
        else found.addAll(outermost(new ArrayList(object.getChildObjects()), source))
    }
    return found
}

List everything(objects) {
    def found = []
    for (object in objects) {
        found << object
        found.addAll(everything(new ArrayList(object.getChildObjects())))
    }
    return found
}

List foreignChildren(object) {
    return new ArrayList(object.getChildObjects()).findAll { !isOurs(it) }
}

// ---- what a person changed; sar_models.stores.marker has the same rules

String quoted(String text) {
    def out = new StringBuilder('"')
    for (c in text.toCharArray()) {
        if (c == '"' as char || c == '\\' as char) out.append('\\').append(c)
        else if (c == '\n' as char) out.append('\\n')
        else if (c == '\r' as char) out.append('\\r')
        else if (c == '\t' as char) out.append('\\t')
        else if (c == '\b' as char) out.append('\\b')
        else if (c == '\f' as char) out.append('\\f')
        else if (c < (' ' as char) || c > ('~' as char)) out.append(String.format('\\u%04x', (int) c))
        else out.append(c)
    }
    return out.append('"').toString()
}

String sha256(String text) {
    def digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes("UTF-8"))
    return digest.collect { String.format("%02x", it) }.join("")
}

String attributesOf(object) {
    def named = object.getPathClass() == null ? "" : object.getPathClass().toString()
    def path = named.split(":").collect { it.trim() }.findAll { !it.isEmpty() }
    def nucleus = object.isCell() && object.getNucleusROI() != null
    def parts = [
        quoted(object.getName() ?: ""), "[" + path.collect { quoted(it) }.join(",") + "]",
        quoted(kindOf(object)), object.isLocked() ? "true" : "false", nucleus ? "true" : "false"]
    return sha256("[" + parts.join(",") + "]").substring(0, 16)
}

List shapeOf(object) {
    def geometry = object.getROI().getGeometry()
    def centre = geometry.getCentroid()
    return [geometry.getArea(), geometry.getLength(), centre.getX(), centre.getY()]
}

String writtenOf(object) {
    def shape = shapeOf(object).collect { String.format(Locale.ROOT, "%.3f", it as double) }
    return attributesOf(object) + " " + object.getChildObjects().size() + " " + shape.join(" ")
}

boolean sameShape(object, List written) {
    def geometry = object.getROI().getGeometry()
    def shape = shapeOf(object)
    def near = 2 * GRID_PX
    def limits = [GRID_PX * (1 + geometry.getLength()), GRID_PX * (1 + geometry.getNumPoints()), near, near]
    if (object.isTMACore()) {
        // QuPath draws the ellipse that fits the bounds of what it reads.
        def loose = 0.05d * Math.sqrt(Math.max(shape[0] as double, 1.0d))
        limits = [Double.MAX_VALUE, Double.MAX_VALUE, loose, loose]
    }
    return (0..3).every { Math.abs((written[it] as double) - (shape[it] as double)) <= limits[it] }
}

String personChanged(object) {
    def written = (metadataOf(object).get(PUSH + "written") ?: "").tokenize(" ")
    if (written.size() != 6) return "its marker was changed"
    if (written[0] != attributesOf(object)) return "a person changed its name, class, type or lock"
    if (!sameShape(object, written.subList(2, 6))) return "a person changed its outline"
    def children = new ArrayList(object.getChildObjects())
    def own = children.findAll { isOurs(it) }
    if (own.size() < (written[1] as int)) return "a person deleted parts of it"
    if (own.size() < children.size()) return "a person added objects to it"
    for (child in own) {
        def found = personChanged(child)
        if (found) return found
    }
    return ""
}

// ---- importing; sar_qupath.merging has the same rules

Map importedOf(imageData) {
    def text = imageData.getProperty(IMPORTED)
    return text == null ? [:] : new JsonSlurper().parseText(text.toString()) as Map
}

void rememberImported(imageData, Map imported) {
    imageData.setProperty(IMPORTED, JsonOutput.toJson(imported))
}

/** What an import would do, without doing it. */
Map planImport(imageData, String source, File file) {
    def document = readJson(file)
    def generations = document.sar_align.generations ?: [:]
    def objects = PathIO.readObjectsFromGeoJSON(new FileInputStream(file)) as List
    def expected = document.features.collect { it.id.toString() }
    def read = objects.collect { idOf(it) }
    if (expected.toSet() != read.toSet())
        fail("QuPath read " + read.size() + " of " + expected.size() + " objects of " + file.getName() + "; nothing was imported")
    def imported = (importedOf(imageData).get(source) ?: [:]) as Map
    def hierarchy = imageData.getHierarchy()
    def present = [:]
    outermost(new ArrayList(hierarchy.getRootObject().getChildObjects()), source).each { present[idOf(it)] = it }
    def inside = everything(present.values()).collect { idOf(it) }.toSet()
    def taken = everything(new ArrayList(hierarchy.getRootObject().getChildObjects())).collect { idOf(it) }.toSet() - inside
    def plan = [create: [], replace: [], remove: [], kept: [:], unchanged: 0, objects: objects,
                generations: generations, source: source]
    def overrules = { id -> (generations[id] ?: 1) > Math.max((imported[id] ?: 0) as int, 1) }
    for (wanted in objects) {
        def id = idOf(wanted)
        def old = present[id]
        if (old == null) {
            if (taken.contains(id)) plan.kept[id] = "another object has its id"
            else if (((imported[id] ?: 0) as int) < (generations[id] ?: 1)) plan.create << wanted
            else plan.kept[id] = "a person deleted it"
            continue
        }
        def edited = isSelected(old) ? "" : personChanged(old)
        if (edited && !overrules(id)) plan.kept[id] = edited
        else if (!edited && !overrules(id) && metadataOf(old).get(PUSH + "content") == metadataOf(wanted).get(PUSH + "content")) plan.unchanged++
        else plan.replace << [old, wanted]
    }
    def wantedIds = read.toSet()
    present.each { id, old ->
        if (wantedIds.contains(id) || isSelected(old)) return
        def edited = personChanged(old)
        if (edited && !overrules(id)) plan.kept[id] = edited
        else plan.remove << old
    }
    return plan
}

boolean changesAnything(Map plan) {
    return plan.create || plan.replace || plan.remove
}

String toldPlan(Map plan) {
    def counts = [[plan.create.size(), "added"], [plan.replace.size(), "replaced"], [plan.remove.size(), "removed"], [plan.unchanged, "unchanged"]]
    def told = counts.findAll { it[0] > 0 }.collect { it[0] + " " + it[1] }
    def kept = plan.kept.values().countBy { it }.collect { why, n -> n + " left alone: " + why }
    return ((told ?: ["nothing to do"]) + kept).join(", ")
}

void takeOut(hierarchy, List objects, Map heirs) {
    // What people put into an object of ours stays: in its successor, or where the object was.
    for (old in objects) {
        def foreign = foreignChildren(old)
        if (foreign) (heirs[idOf(old)] ?: old.getParent()).addChildObjects(foreign)
    }
    if (objects) hierarchy.removeObjects(objects, false)
}

void applyImport(imageData, Map plan) {
    def hierarchy = imageData.getHierarchy()
    def parents = plan.replace.collectEntries { [(idOf(it[0])): it[0].getParent()] }
    takeOut(hierarchy, plan.replace.collect { it[0] } + plan.remove, plan.replace.collectEntries { [(idOf(it[0])): it[1]] })
    def top = new ArrayList(plan.create)
    for (pair in plan.replace) {
        def parent = parents[idOf(pair[1])]
        if (parent == null || parent.isRootObject()) top << pair[1]
        else hierarchy.addObjectBelowParent(parent, pair[1], false)
    }
    if (top) hierarchy.addObjects(top)
    hierarchy.fireHierarchyChangedEvent(hierarchy)
    def imported = new TreeMap(importedOf(imageData))
    def own = new TreeMap((imported[plan.source] ?: [:]) as Map)
    plan.remove.each { own.remove(idOf(it)) }
    (plan.create + plan.replace.collect { it[1] }).each { own[idOf(it)] = (plan.generations[idOf(it)] ?: 1) as int }
    outermost(new ArrayList(hierarchy.getRootObject().getChildObjects()), plan.source).each {
        if (!isSelected(it) && !own.containsKey(idOf(it))) own[idOf(it)] = 1
    }
    imported[plan.source] = own
    rememberImported(imageData, imported)
}

// ---- exporting

String featureOf(object) {
    return GsonTools.getInstance().toJson(object)
}

void exportImage(entry, imageData) {
    def objects = everything(new ArrayList(imageData.getHierarchy().getRootObject().getChildObjects()))
    def parents = [:]
    objects.each { if (it.getParent() != null && !it.getParent().isRootObject()) parents[idOf(it)] = idOf(it.getParent()) }
    def member = [version: 1, entry: entry.getID().toString(), name: entry.getImageName(),
                  size: [imageData.getServer().getWidth(), imageData.getServer().getHeight()],
                  parents: parents, imported: importedOf(imageData)]
    def text = '{"type":"FeatureCollection","sar_align":' + JsonOutput.toJson(member) + ',"features":[\n' +
        objects.collect { featureOf(it) }.join(",\n") + "\n]}\n"
    writeText(new File(resultsFolder(), "exported/" + entry.getID() + ".geojson"), text)
    println "exported " + objects.size() + " objects of " + entry.getImageName()
}

void saveWithoutWindow(entry, imageData) {
    // With the window open the person saves, and can undo until then.
    if (dialogs() == null) entry.saveImageData(imageData)
}

// ---- the command sar-align

List command() {
    def file = new File(stateFolder(), "qupath.json")
    def stated = file.isFile() ? readJson(file).command : null
    return stated ?: ["sar-align"]
}

Map runCommand(List arguments) {
    def builder = new ProcessBuilder((command() + arguments).collect { it.toString() })
    builder.environment().put("PYTHONIOENCODING", "utf-8")
    def process
    try {
        process = builder.start()
    } catch (IOException error) {
        fail("The program sar-align was not found (" + command()[0] + "). Run `sar-align qupath import-scripts --user` once in a terminal")
    }
    process.getOutputStream().close()
    def errors = Collections.synchronizedList([])
    def reader = Thread.start {
        process.getErrorStream().eachLine("UTF-8") { line ->
            errors << line
            println line
        }
    }
    def lines = process.getInputStream().readLines("UTF-8")
    def code = process.waitFor()
    reader.join()
    if (!(code in [0, 3, 4]) || lines.isEmpty()) {
        def why = errors.findAll { it.startsWith("Error:") } ?: errors.takeRight(3)
        fail(why ? why.join("\n") : "sar-align ended with code " + code)
    }
    return [code: code, told: new JsonSlurper().parseText(lines.last())]
}

// ---- images

Object currentEntry() {
    def entry = QP.getProjectEntry()
    if (entry == null)
        fail("No image of the project is open. Open one")
    return entry
}

Object entryNamed(String text) {
    def found = QP.getProject().getImageList().findAll { it.getID().toString() == text.replaceFirst("^#", "") || it.getImageName() == text }
    if (found.size() != 1)
        fail((found ? "Several images are" : "No image of the project is") + " called '" + text + "'")
    return found[0]
}

Object chosenEntry(String question, entry, List arguments) {
    def others = QP.getProject().getImageList().findAll { it.getID() != entry.getID() }
    if (others.isEmpty())
        fail("The project has one image only. Add the other one to the project")
    if (arguments)
        return entryNamed(arguments[0].toString())
    def names = others.collect { it.getImageName() + "  (#" + it.getID() + ")" }
    def shown = dialogs()
    if (shown == null) {
        if (others.size() == 1) return others[0]
        fail("Which image? Name it: --args '" + names[0] + "'")
    }
    def chosen = shown.showChoiceDialog(TITLE, question, names, names[0])
    return chosen == null ? null : others[names.indexOf(chosen)]
}
