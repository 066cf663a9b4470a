"""Organs: the numbers that make one tissue look different from another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sar_models.domain.errors import OptionError
from sar_models.synthesis.noise import stream


@dataclass(frozen=True)
class Organ:
    """What the tissue of one organ is made of; lengths in um, densities per mm².

    Two scenes of one `Organ` are two regions of the same organ: alike, and honestly different.
    """

    name: str
    gland_spacing_um: float
    """Distance of neighbouring glands within a lobule."""
    gland_radius_um: float
    """Mean outer radius before neighbours press on each other."""
    gland_variety: float
    """Relative spread of gland radii."""
    gland_irregularity: float
    """Relative amplitude of the outline's waves: 0.05 round crypts, 0.25 branching ducts."""
    elongation: float
    """Mean ratio of long to short axis."""
    epithelium_um: float
    """Height of the epithelium: what is deeper inside the gland is lumen."""
    lumen_folds: float
    """Relative amplitude of the lumen's inner folds (papillae)."""
    secretion: float
    """Eosin of what fills a lumen, 0 clear to 1 (thyroid colloid)."""
    goblet: float
    """Fraction of epithelial cells that are pale mucin vacuoles."""
    lobule_um: float
    """Spacing of lobules."""
    septum_um: float
    """Width of the stroma between lobules."""
    stroma_nuclei: float
    """Nuclei per mm² of stroma."""
    stroma_eosin: float
    """Mean eosin of stroma, 0.3 loose to 0.8 muscle."""
    fibre_wave_um: float
    """Wavelength at which fibres wind."""
    fat: float
    """Share of the tissue that is adipose."""
    aggregates: float
    """Lymphoid aggregates per mm²."""
    aggregate_um: float
    """Mean radius of an aggregate."""
    vessels: float
    """Arteries and veins per mm²."""
    lymphocytes: float
    """Scattered lymphocytes per mm² of stroma."""
    glomeruli: float
    """Glomeruli per mm² (kidney only)."""
    tumour: float
    """Probability that a scene holds a tumour-like region."""


COLON = Organ(
    name="colon",
    gland_spacing_um=118,
    gland_radius_um=56,
    gland_variety=0.14,
    gland_irregularity=0.07,
    elongation=1.35,
    epithelium_um=25,
    lumen_folds=0.07,
    secretion=0.04,
    goblet=0.6,
    lobule_um=900,
    septum_um=70,
    stroma_nuclei=2300,
    stroma_eosin=0.42,
    fibre_wave_um=120,
    fat=0.06,
    aggregates=0.55,
    aggregate_um=190,
    vessels=1.6,
    lymphocytes=1500,
    glomeruli=0.0,
    tumour=0.6,
)
PROSTATE = replace(
    COLON,
    name="prostate",
    gland_spacing_um=235,
    gland_radius_um=104,
    gland_variety=0.34,
    gland_irregularity=0.2,
    elongation=1.5,
    epithelium_um=22,
    lumen_folds=0.2,
    secretion=0.1,
    goblet=0.04,
    lobule_um=1250,
    septum_um=130,
    stroma_nuclei=1500,
    stroma_eosin=0.62,
    fibre_wave_um=200,
    fat=0.02,
    aggregates=0.2,
    aggregate_um=140,
    vessels=2.2,
    lymphocytes=260,
    tumour=0.7,
)
BREAST = replace(
    PROSTATE,
    name="breast",
    gland_spacing_um=92,
    gland_radius_um=44,
    gland_variety=0.4,
    gland_irregularity=0.14,
    elongation=1.4,
    epithelium_um=15,
    lumen_folds=0.15,
    secretion=0.06,
    lobule_um=700,
    septum_um=240,
    stroma_nuclei=900,
    stroma_eosin=0.58,
    fibre_wave_um=160,
    fat=0.34,
    aggregates=0.25,
    aggregate_um=130,
    vessels=1.5,
    lymphocytes=200,
    tumour=0.7,
)
KIDNEY = replace(
    COLON,
    name="kidney",
    gland_spacing_um=62,
    gland_radius_um=33,
    gland_variety=0.2,
    gland_irregularity=0.06,
    elongation=1.6,
    epithelium_um=16,
    lumen_folds=0.05,
    secretion=0.05,
    goblet=0.0,
    lobule_um=1300,
    septum_um=60,
    stroma_nuclei=1500,
    stroma_eosin=0.45,
    fibre_wave_um=90,
    fat=0.0,
    aggregates=0.35,
    aggregate_um=110,
    vessels=3.2,
    glomeruli=9.0,
    lymphocytes=350,
    tumour=0.4,
)
THYROID = replace(
    COLON,
    name="thyroid",
    gland_spacing_um=150,
    gland_radius_um=82,
    gland_variety=0.42,
    gland_irregularity=0.05,
    elongation=1.2,
    epithelium_um=9.5,
    lumen_folds=0.03,
    secretion=0.62,
    goblet=0.0,
    lobule_um=1000,
    septum_um=90,
    stroma_nuclei=1600,
    stroma_eosin=0.5,
    fibre_wave_um=140,
    fat=0.01,
    aggregates=0.5,
    aggregate_um=170,
    vessels=2.0,
    lymphocytes=300,
    tumour=0.4,
)
TONSIL = replace(
    COLON,
    name="tonsil",
    gland_spacing_um=420,
    gland_radius_um=90,
    gland_variety=0.3,
    gland_irregularity=0.22,
    elongation=2.4,
    epithelium_um=42,
    lumen_folds=0.2,
    secretion=0.2,
    goblet=0.0,
    lobule_um=1500,
    septum_um=130,
    stroma_nuclei=2500,
    stroma_eosin=0.36,
    fibre_wave_um=150,
    fat=0.02,
    aggregates=3.4,
    aggregate_um=260,
    vessels=2.4,
    lymphocytes=5200,
    tumour=0.2,
)

ORGANS = {organ.name: organ for organ in (COLON, PROSTATE, BREAST, KIDNEY, THYROID, TONSIL)}
"""Organ archetypes by name."""

_VARIED = {
    "gland_spacing_um": 0.12,
    "gland_irregularity": 0.25,
    "elongation": 0.08,
    "lobule_um": 0.2,
    "septum_um": 0.3,
    "stroma_nuclei": 0.2,
    "stroma_eosin": 0.12,
    "fibre_wave_um": 0.25,
    "fat": 0.3,
    "aggregates": 0.35,
    "vessels": 0.25,
    "lymphocytes": 0.35,
}


def draw_organ(seed: int, name: str | None = None) -> Organ:
    """Draw the organ of one patient: an archetype with its numbers varied.

    Parameters
    ----------
    seed : int
        Seed of the patient.
    name : str or None
        Archetype, one of `ORGANS`; drawn when ``None``.

    Raises
    ------
    OptionError
        If the archetype is unknown.
    """
    rng = stream(seed, "organ")
    drawn = str(rng.choice(sorted(ORGANS)))
    base = ORGANS.get(drawn if name is None else name)
    if base is None:
        raise OptionError(f"Unknown organ {name!r}", remedy=f"Known are {', '.join(ORGANS)}.")
    factors = {key: 1.0 + spread * rng.uniform(-1.0, 1.0) for key, spread in _VARIED.items()}
    varied = {key: getattr(base, key) * factor for key, factor in factors.items()}
    # Radius and spacing belong together, or glands would merge or drown in stroma.
    varied["gland_radius_um"] = base.gland_radius_um * factors["gland_spacing_um"]
    return replace(base, **varied)
