// Bring in what other images of the project have for the one that is open. Says first what will
// happen; confirming results that nobody reviewed yet accepts them, and that is recorded.
// Running it again changes nothing. Edit > Undo takes it back; so does `Remove run`.

def arguments = binding.hasVariable("args") && args != null ? (args as List).collect { it.toString() } : []
def entry = currentEntry()
def imageData = QP.getCurrentImageData()
def results = resultsFolder()
def id = entry.getID().toString()

def jsonFiles = { String kind, String suffix ->
    (new File(results, kind + "/" + id).listFiles()?.findAll { it.getName().endsWith(suffix) && !it.getName().startsWith(".") } ?: []).sort { it.getName() }
}
def summaries = jsonFiles("summaries", ".json").collectEntries { [(it.getName() - ".json"): readJson(it)] }
def files = [:]
jsonFiles("outbox", ".geojson").each { files[it.getName()] = it }
def offers = jsonFiles("offers", ".geojson").collect { it.getName() } as Set
def noted = (new File(results, "decisions").listFiles()?.findAll { it.getName().endsWith(".json") } ?: []).collect { readJson(it).content_sha256 } as Set
def mayAccept = dialogs() != null || arguments.contains("accept")
if (mayAccept) jsonFiles("offers", ".geojson").each { files[it.getName()] = it }
else offers.each { println "waits for acceptance: " + it + " (run with --args accept)" }

def plans = []
files.each { name, file ->
    def about = readJson(file).sar_align
    def size = about.target.size
    def server = imageData.getServer()
    if (about.target.id.toString() != id)
        fail(name + " is for another image (#" + about.target.id + ")")
    if (size != null && (size[0] != server.getWidth() || size[1] != server.getHeight()))
        fail("The results are for an image of " + size.join(" x ") + " pixels, this one has " + server.getWidth() + " x " + server.getHeight() + ": align the pair again")
    def plan = planImport(imageData, about.source.key.toString(), file)
    def summary = summaries[name - ".geojson"] ?: [:]
    def offered = offers.contains(name) && mayAccept && !noted.contains(summary.content_sha256)
    if (changesAnything(plan) || offered)
        plans << [plan: plan, about: about, summary: summary, offered: offered]
    else if (plan.kept)
        println "from " + about.source.name + ": " + toldPlan(plan)
}

if (plans.isEmpty()) {
    exportImage(entry, imageData)
    tell("There is nothing to import for " + entry.getImageName() + ".")
} else {
    def lines = plans.collect {
        def summary = it.summary
        def text = "From " + it.about.source.name + ": " + (summary.told ?: it.plan.objects.size() + " objects") + ".\n    " + toldPlan(it.plan)
        if (summary.outcome) text += "\n    " + summary.outcome + ", risk " + summary.risk + ". " + (summary.reasons ?: []).take(2).join(" ")
        (summary.problems ?: []).take(5).each { problem -> text += "\n    " + problem.name + ": " + problem.reason }
        if (it.offered) text += "\n    Nobody reviewed this alignment yet: importing it accepts it."
        return text
    }
    if (confirmed("Import into " + entry.getImageName() + "?\n" + lines.join("\n"), true)) {
        plans.each { applyImport(imageData, it.plan) }
        saveWithoutWindow(entry, imageData)
        exportImage(entry, imageData)
        def accepted = plans.findAll { it.offered && it.summary.content_sha256 }
        accepted.each {
            def note = [kind: "sar-align/decision", version: 1, decision: "accept", content_sha256: it.summary.content_sha256,
                        source: it.about.source.key, target: "entry:" + id, at: new Date().toInstant().toString()]
            writeText(new File(results, "decisions/" + UUID.randomUUID() + ".json"), JsonOutput.toJson(note))
        }
        println "imported: " + plans.collect { toldPlan(it.plan) }.join("; ")
        if (accepted && !arguments.contains("offline")) {
            try {
                runCommand(["qupath", "push", projectFile().getPath(), "--json"])
            } catch (IOException error) {
                println "The acceptance is noted and enters the review log with the next sar-align command. " + error.getMessage()
            }
        }
    }
}
