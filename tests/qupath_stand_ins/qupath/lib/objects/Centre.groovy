package qupath.lib.objects

class Centre {
    double x
    double y
}
