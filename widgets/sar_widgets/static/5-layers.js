// What is drawn over the tiles: outlines, anchors, grid, confidence, annotations.

const LAYERS = [
  ["fragments", "Fragments"],
  ["anchors", "Anchors"],
  ["grid", "Grid"],
  ["confidence", "Confidence"],
  ["annotations", "Annotations"],
];
const UNPAIRED = "#5f6368";
const INLIER = "#0072b2";
const OUTLIER = "#d55e00";
const FOLD = "#c0003c";

function pathOf(rings, close = true) {
  const path = new Path2D();
  for (const ring of rings) {
    if (ring.length === 1) path.rect(ring[0][0] - 1, ring[0][1] - 1, 2, 2);
    ring.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
    if (close) path.closePath();
  }
  return path;
}

function hatch(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 10;
  const pen = tile.getContext("2d");
  pen.strokeStyle = UNPAIRED;
  pen.lineWidth = 1.5;
  for (const x of [-10, 0, 10]) {
    pen.moveTo(x - 2, 12);
    pen.lineTo(x + 12, -2);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

function fillHatched(context, path, transform) {
  const moved = new Path2D();
  moved.addPath(path, transform);
  context.save();
  context.resetTransform();
  context.fillStyle = hatch(context);
  context.fill(moved, "evenodd");
  context.strokeStyle = UNPAIRED;
  context.lineWidth = 2;
  context.stroke(moved);
  context.restore();
}

class Layers {
  constructor(canvases) {
    this.canvases = canvases;
    this.shown = { fragments: true, anchors: false, grid: false, confidence: false, annotations: true };
    this.scene = null;
  }

  open(scene) {
    this.scene = scene;
    this.paths = {
      fragments: scene.fragments.map((f) => pathOf(f.target)),
      unpaired: scene.unpaired_target.map((o) => pathOf(o)),
      annotations: scene.annotations.map((a) => pathOf(a.rings)),
    };
  }

  draw(frame) {
    if (!this.scene || !frame) return;
    const dpr = window.devicePixelRatio || 1;
    for (const canvas of this.canvases) {
      const [width, height] = [Math.round(frame.width * dpr), Math.round(frame.height * dpr)];
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
      }
      const context = canvas.getContext("2d");
      context.resetTransform();
      context.clearRect(0, 0, width, height);
      const scale = dpr * frame.scale;
      context.setTransform(scale, 0, 0, scale, -frame.x * scale, -frame.y * scale);
      this.drawInto(context, 1 / frame.scale);
    }
  }

  drawInto(context, px) {
    const { scene, shown, paths } = this;
    if (shown.confidence) {
      context.globalAlpha = 0.55;
      for (const cell of scene.confidence) {
        context.fillStyle = cell.color;
        context.fillRect(cell.at[0] - cell.side / 2, cell.at[1] - cell.side / 2, cell.side, cell.side);
      }
      context.globalAlpha = 1;
    }
    if (shown.grid) this.drawGrid(context, px);
    if (shown.annotations) {
      scene.annotations.forEach((annotation, i) => {
        context.lineWidth = 2 * px;
        context.strokeStyle = annotation.color;
        context.setLineDash(annotation.slide === "source" ? [8 * px, 5 * px] : []);
        context.stroke(paths.annotations[i]);
      });
      context.setLineDash([]);
    }
    if (shown.fragments) this.drawFragments(context, px);
    if (shown.anchors) this.drawAnchors(context, px);
  }

  drawFragments(context, px) {
    for (const path of this.paths.unpaired) fillHatched(context, path, context.getTransform());
    this.scene.fragments.forEach((fragment, i) => {
      // A light line below keeps the colour readable on dark tissue.
      context.lineWidth = 5 * px;
      context.strokeStyle = "rgba(255,255,255,.7)";
      context.stroke(this.paths.fragments[i]);
      context.lineWidth = 2.5 * px;
      context.strokeStyle = fragment.color;
      context.stroke(this.paths.fragments[i]);
      const [left, top] = fragment.bounds;
      context.font = `bold ${15 * px}px sans-serif`;
      context.lineWidth = 4 * px;
      context.strokeStyle = "#fff";
      context.strokeText(`${fragment.number}`, left, top - 6 * px);
      context.fillStyle = fragment.color;
      context.fillText(`${fragment.number}`, left, top - 6 * px);
    });
  }

  drawGrid(context, px) {
    for (const cell of this.scene.lattice) {
      const path = pathOf([cell.corners]);
      if (cell.folded) {
        context.fillStyle = `${FOLD}99`;
        context.fill(path);
      }
      context.lineWidth = 1 * px;
      context.strokeStyle = cell.folded ? FOLD : "rgba(0,60,110,.6)";
      context.stroke(path);
    }
  }

  drawAnchors(context, px) {
    for (const anchor of this.scene.anchors) {
      context.strokeStyle = context.fillStyle = anchor.inlier ? INLIER : OUTLIER;
      context.lineWidth = 2 * px;
      context.beginPath();
      context.moveTo(...anchor.at);
      context.lineTo(...anchor.mapped);
      context.stroke();
      context.beginPath();
      // Shape tells as well as colour: round agrees, a cross does not.
      if (anchor.inlier) context.arc(...anchor.at, 4 * px, 0, 7);
      else {
        const [x, y] = anchor.at;
        const r = 5 * px;
        context.moveTo(x - r, y - r);
        context.lineTo(x + r, y + r);
        context.moveTo(x - r, y + r);
        context.lineTo(x + r, y - r);
      }
      anchor.inlier ? context.fill() : context.stroke();
    }
  }

  anchorNear(x, y, reach) {
    if (!this.scene || !this.shown.anchors) return null;
    let best = null;
    let least = reach;
    for (const anchor of this.scene.anchors) {
      const distance = Math.hypot(anchor.at[0] - x, anchor.at[1] - y);
      if (distance < least) [best, least] = [anchor, distance];
    }
    return best;
  }

  // The source slide as it lies: paired outlines in their colours, the rest hatched.
  drawMap(canvas, picture) {
    const [width] = this.scene.source_size;
    const context = canvas.getContext("2d");
    canvas.width = picture.width;
    canvas.height = picture.height;
    context.drawImage(picture, 0, 0);
    const scale = picture.width / width;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    for (const outline of this.scene.unpaired_source) {
      fillHatched(context, pathOf(outline), context.getTransform());
    }
    for (const fragment of this.scene.fragments) {
      context.lineWidth = 2.5 / scale;
      context.strokeStyle = fragment.color;
      context.stroke(pathOf(fragment.source));
    }
  }
}
