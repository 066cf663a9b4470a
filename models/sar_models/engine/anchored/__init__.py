"""SAR2Net and its rivals: where a point lies on the other slide, told by paired anchors alone."""
