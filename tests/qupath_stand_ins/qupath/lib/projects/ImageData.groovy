package qupath.lib.projects

import qupath.lib.objects.Hierarchy

class ImageData {
    Hierarchy hierarchy = new Hierarchy()
    Map<String, Object> properties = [:]
    Server server

    Object getProperty(String key) { properties[key] }
    Object setProperty(String key, Object value) { properties.put(key, value) }
    Hierarchy getHierarchy() { this.@hierarchy }
    Server getServer() { this.@server }
}
