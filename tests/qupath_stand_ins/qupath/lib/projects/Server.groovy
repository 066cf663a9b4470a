package qupath.lib.projects

class Server {
    int width
    int height
}
