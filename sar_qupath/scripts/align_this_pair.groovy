// Align the image that is open with another one of the project. The annotations of this image are
// carried to the other one, where `Import results` brings them in.

def arguments = binding.hasVariable("args") && args != null ? args as List : []
def entry = currentEntry()
def other = chosenEntry("Bring the annotations of " + entry.getImageName() + " to which image?", entry, arguments)
if (other != null) {
    def question = "Align " + entry.getImageName() + " with " + other.getImageName() + "?\n" +
        "This takes a minute or more and changes neither image; then open " + other.getImageName() + " and run Import results."
    if (confirmed(question, true)) {
        exportImage(entry, QP.getCurrentImageData())
        if (other.hasImageData()) exportImage(other, other.readImageData())
        def answer = runCommand(["qupath", "align", projectFile().getPath(), "--source", "#" + entry.getID(),
                                 "--target", "#" + other.getID(), "--refresh", "--json"])
        def pair = answer.told.pairs[0]
        if (answer.code == 4)
            tell(entry.getImageName() + " and " + other.getImageName() + " could not be aligned: " + pair.failure)
        else
            tell(pair.outcome + ", risk " + pair.risk + ": " + pair.told + ".\n" +
                 pair.reasons.take(3).join("\n") + "\nReport: " + new File(pair.folder.toString(), "report.html") +
                 "\nNow open " + other.getImageName() + " and run Import results.")
    }
}
