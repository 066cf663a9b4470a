package qupath.lib.objects

class RootObject extends PathObject {
    boolean isRootObject() { true }
    UUID getID() { new UUID(0, 0) }
}
