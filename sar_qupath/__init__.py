"""QuPath connector of SAR-Align: projects in, aligned annotations back.

Importing it loads neither paquo nor a Java machine. `sar_qupath.opening` opens projects: without
Java, and through QuPath's own classes in a process of its own. `sar_qupath.cli` holds the commands
of ``sar-align qupath``.
"""

__all__: list[str] = []
