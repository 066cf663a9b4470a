// The ways to compare. Both layers are painted all the time; a mode only says how they are put
// together, so that changing it asks for no tile.

const MODES = [
  ["side", "Side by side"],
  ["overlay", "Overlay"],
  ["swipe", "Swipe"],
  ["checkerboard", "Checkerboard"],
  ["flicker", "Flicker"],
  ["edges", "Edges"],
  ["haematoxylin", "Haematoxylin"],
];

// Orange and blue add up to neutral: what is coloured does not coincide (as in the report).
const SOURCE_INK = [0, 0.5, 1];
const TARGET_INK = [1, 0.5, 0];
// Ruifrok and Johnston's haematoxylin from optical densities (natural logarithm) of R, G, B.
const HAEMATOXYLIN = [1.878, -0.0659, -0.6019];
const DENSITY_RANGE = Math.log(256);
const GAIN = 1.1;

function haematoxylinFilter(id, ink) {
  const densities = [];
  for (let i = 0; i <= 128; i += 1) {
    densities.push((-Math.log(((i / 128) * 255 + 1) / 256) / DENSITY_RANGE).toFixed(4));
  }
  const table = { type: "table", tableValues: densities.join(" ") };
  const row = (share) =>
    [...HAEMATOXYLIN.map((c) => (-share * c * DENSITY_RANGE * GAIN).toFixed(4)), 0, 1].join(" ");
  return makeSvg(
    "filter",
    { id, "color-interpolation-filters": "sRGB", x: 0, y: 0, width: 1, height: 1 },
    makeSvg(
      "feComponentTransfer",
      {},
      makeSvg("feFuncR", table),
      makeSvg("feFuncG", table),
      makeSvg("feFuncB", table),
    ),
    makeSvg("feColorMatrix", { type: "matrix", values: `${ink.map(row).join(" ")} 0 0 0 1 0` }),
  );
}

function edgeFilter(id) {
  return makeSvg(
    "filter",
    { id, "color-interpolation-filters": "sRGB", x: 0, y: 0, width: 1, height: 1 },
    makeSvg("feFlood", { "flood-color": "#fff", result: "white" }),
    makeSvg(
      "feMerge",
      {},
      makeSvg("feMergeNode", { in: "white" }),
      makeSvg("feMergeNode", { in: "SourceGraphic" }),
    ),
    makeSvg("feGaussianBlur", { stdDeviation: 1.6 }),
    makeSvg("feColorMatrix", {
      type: "matrix",
      values: ".3 .5 .2 0 0 .3 .5 .2 0 0 .3 .5 .2 0 0 0 0 0 1 0",
    }),
    makeSvg("feConvolveMatrix", {
      order: 3,
      kernelMatrix: "-1 -1 -1 -1 8 -1 -1 -1 -1",
      divisor: 1,
      preserveAlpha: true,
      edgeMode: "duplicate",
    }),
    makeSvg("feColorMatrix", {
      type: "matrix",
      values: "0 0 0 0 .84 0 0 0 0 .37 0 0 0 0 0 9 0 0 0 -.25",
    }),
  );
}

class Modes {
  constructor(stage, sourcePane, targetPane, handle) {
    this.stage = stage;
    this.source = sourcePane;
    this.target = targetPane;
    this.handle = handle;
    this.mode = "overlay";
    this.opacity = 0.5;
    this.split = 0.5;
    this.hidden = false;
    this.timer = null;
    const id = `sar-${Math.random().toString(36).slice(2)}`;
    this.ids = { source: `${id}-s`, target: `${id}-t`, edges: `${id}-e` };
    stage.append(
      makeSvg(
        "svg",
        { width: 0, height: 0, "aria-hidden": true, style: "position:absolute" },
        haematoxylinFilter(this.ids.source, SOURCE_INK),
        haematoxylinFilter(this.ids.target, TARGET_INK),
        edgeFilter(this.ids.edges),
      ),
    );
  }

  set(mode) {
    this.mode = mode;
    this.hidden = false;
    clearInterval(this.timer);
    this.timer = null;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (mode === "flicker" && !still) {
      // Slower than three flashes a second, for people with photosensitive epilepsy.
      this.timer = setInterval(() => this.hide(!this.hidden), 600);
    }
    this.apply();
  }

  hide(hidden) {
    this.hidden = hidden;
    this.apply();
  }

  apply() {
    const { source, target, mode } = this;
    const stacked = mode !== "side";
    this.stage.classList.toggle("sar-side", !stacked);
    const style = { opacity: 1, clipPath: "none", maskImage: "none", filter: "none", blend: "normal" };
    let targetFilter = "none";
    if (mode === "overlay") style.opacity = this.opacity;
    if (mode === "swipe") style.clipPath = `inset(0 0 0 ${100 * this.split}%)`;
    if (mode === "checkerboard") {
      style.maskImage = "repeating-conic-gradient(#000 0% 25%, transparent 0% 50%)";
    }
    if (mode === "edges") style.filter = `url(#${this.ids.edges})`;
    if (mode === "haematoxylin") {
      style.filter = `url(#${this.ids.source})`;
      style.blend = "multiply";
      targetFilter = `url(#${this.ids.target})`;
    }
    source.style.opacity = style.opacity;
    source.style.clipPath = style.clipPath;
    source.style.maskImage = style.maskImage;
    source.style.maskSize = "160px 160px";
    source.style.filter = style.filter;
    source.style.mixBlendMode = style.blend;
    source.style.visibility = stacked && this.hidden ? "hidden" : "visible";
    target.style.filter = targetFilter;
    this.handle.hidden = mode !== "swipe";
    this.handle.style.left = `${100 * this.split}%`;
  }

  close() {
    clearInterval(this.timer);
  }
}
