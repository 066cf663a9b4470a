package qupath.lib.scripting

import qupath.lib.projects.Entry
import qupath.lib.projects.ImageData
import qupath.lib.projects.Project

/** The open project and image come from system properties; so does the selection, by names. */
class QP {
    private static ImageData data

    static Project getProject() { new Project(file: new File(System.getProperty("stand.project"))) }

    static Entry getProjectEntry() { project.imageList.find { it.getID() == System.getProperty("stand.entry") } }

    static ImageData getCurrentImageData() {
        if (data == null) {
            data = projectEntry.readImageData()
            data.getHierarchy().selected.addAll((System.getProperty("stand.selected") ?: "").tokenize("|"))
        }
        return data
    }
}
