"""Projects through QuPath's own classes, by paquo: in a process of its own, one Java machine."""
