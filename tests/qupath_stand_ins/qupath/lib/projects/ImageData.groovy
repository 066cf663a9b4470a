package qupath.lib.projects

import qupath.lib.objects.Hierarchy

class ImageData {
    private final Hierarchy objects = new Hierarchy()
    private final Map<String, Object> stored = [:]
    private final Server pixels

    ImageData(Server pixels) { this.@pixels = pixels }

    Object getProperty(String key) { this.@stored[key] }
    void setProperty(String key, Object value) { this.@stored.put(key, value) }
    Map<String, Object> allProperties() { this.@stored }
    Hierarchy getHierarchy() { this.@objects }
    Server getServer() { this.@pixels }
}
