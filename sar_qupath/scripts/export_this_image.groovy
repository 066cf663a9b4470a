// Let SAR-Align know the objects of the image that is open. Changes nothing in QuPath.

exportImage(currentEntry(), QP.getCurrentImageData())
