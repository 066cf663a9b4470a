package qupath.lib.objects

class Hierarchy {
    RootObject root = new RootObject()
    int events = 0
    Set<String> selected = []

    PathObject getRootObject() { root }

    boolean addObjects(Collection<PathObject> objects) {
        root.addChildObjects(objects)
        return true
    }

    boolean addObjectBelowParent(PathObject parent, PathObject object, boolean fire) {
        parent.addChildObject(object)
        return true
    }

    void removeObjects(Collection<PathObject> objects, boolean keepChildren) {
        assert !keepChildren
        objects.each { it.parent.children.remove(it); it.parent = null }
    }

    void fireHierarchyChangedEvent(Object source) { events++ }

    Hierarchy getSelectionModel() { this }

    Set<PathObject> getSelectedObjects() { all(root).findAll { it.name in selected } as Set }

    private static List all(PathObject parent) { parent.children.collectMany { [it] + all(it) } }
}
