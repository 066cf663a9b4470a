package qupath.lib.objects

/** An object of the hierarchy, with its fields as GeoJSON has them. */
class PathObject {
    Map feature
    PathObject parent
    List<PathObject> children = []
    Map<String, String> metadata = [:]

    static PathObject of(Map json) {
        def properties = new LinkedHashMap(json.properties ?: [:])
        def object = new PathObject(feature: json + [properties: properties])
        (properties.remove("childObjects") ?: []).each { object.addChildObject(of(it)) }
        (properties.remove("metadata") ?: [:]).each { k, v -> object.metadata[k] = v.toString() }
        object.round(object.feature)
        return object
    }

    /** QuPath keeps float32 of a grid of 0.01 px. */
    private void round(Map json) {
        ["geometry", "nucleusGeometry"].each {
            if (json[it]) json[it] = json[it] + [coordinates: rounded(json[it].coordinates)]
        }
    }

    private static Object rounded(Object value) {
        value instanceof List ? value.collect { rounded(it) } : (double) (float) (Math.round(value * 100) / 100.0d)
    }

    Map toMap(boolean nested) {
        def properties = new LinkedHashMap(feature.properties)
        if (metadata) properties.metadata = new TreeMap(metadata)
        if (nested && children) properties.childObjects = children.collect { it.toMap(true) }
        return feature + [properties: properties]
    }

    UUID getID() { UUID.fromString(feature.id) }
    String getName() { feature.properties.name }
    String getPathClass() {
        def named = feature.properties.classification
        return named == null ? null : named.names ? named.names.join(": ") : named.name
    }
    boolean isLocked() { feature.properties.isLocked ?: false }
    String getKind() { feature.properties.objectType ?: "annotation" }
    boolean isCell() { kind == "cell" }
    boolean isTile() { kind == "tile" }
    boolean isTMACore() { kind == "tmaCore" }
    boolean isAnnotation() { kind == "annotation" }
    boolean isDetection() { kind in ["detection", "cell", "tile"] }
    boolean isRootObject() { false }
    ROI getROI() { new ROI(json: feature.geometry) }
    ROI getNucleusROI() { feature.nucleusGeometry ? new ROI(json: feature.nucleusGeometry) : null }

    Collection<PathObject> getChildObjects() { Collections.unmodifiableList(children) }

    void addChildObject(PathObject child) {
        child.parent?.children?.remove(child)
        child.parent = this
        children << child
    }

    void addChildObjects(Collection<PathObject> more) { new ArrayList(more).each { addChildObject(it) } }

    boolean equals(Object other) { this.is(other) }

    int hashCode() { System.identityHashCode(this) }
}
