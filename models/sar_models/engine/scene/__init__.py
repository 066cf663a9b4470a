"""SAR-Net: what tissue is (its scene) apart from how it is stained (its appearance).

After arXiv 2601.08875: an image is a scene seen under an appearance, ``I = G(S, A)``.
"""
