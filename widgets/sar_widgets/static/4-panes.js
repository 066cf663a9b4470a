// Two OpenSeadragon viewers on one pyramid, always at the same place: equal sizes, one leads.

class Panes {
  constructor(OpenSeadragon, link, elements, onView) {
    this.osd = OpenSeadragon;
    this.link = link;
    this.item = null;
    this.onView = onView;
    this.broken = new Set(); // items of which a tile could not be had
    this.jumpZoom = 0;
    this.following = false;
    this.viewers = {};
    for (const layer of ["target", "source"]) {
      const viewer = OpenSeadragon({
        element: elements[layer],
        drawer: "canvas",
        showNavigationControl: false,
        keyboardNavEnabled: false,
        crossOriginPolicy: false,
        visibilityRatio: 0.3,
        minZoomImageRatio: 0.5,
        maxZoomPixelRatio: 8,
        gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
        timeout: 120000,
        imageLoaderLimit: 0,
        maxTilesPerFrame: 24,
        maxImageCacheCount: 400,
        animationTime: 0.3,
      });
      viewer.canvas.removeAttribute("tabindex");
      viewer.addHandler("viewport-change", () => this.follow(layer));
      viewer.addHandler("update-viewport", () => this.onView());
      this.viewers[layer] = viewer;
    }
  }

  get lead() {
    return this.viewers.target;
  }

  // The other pane goes where this one is, in the same frame: there is no drift to catch up.
  follow(layer) {
    if (this.following) return;
    this.following = true;
    const other = this.viewers[layer === "target" ? "source" : "target"];
    const view = this.viewers[layer].viewport;
    if (other.viewport && other.world.getItemCount()) {
      other.viewport.zoomTo(view.getZoom(true), null, true);
      other.viewport.panTo(view.getCenter(true), true);
    }
    this.following = false;
    const zoom = view.getZoom(true);
    if (Math.abs(Math.log2(zoom / (this.jumpZoom || zoom))) > 1.5) {
      this.jumpZoom = zoom;
      this.link.cancel();
    } else if (!this.jumpZoom) this.jumpZoom = zoom;
  }

  open(scene) {
    this.scene = scene;
    this.item = scene.item;
    this.painted = { source: false, target: false };
    this.jumpZoom = 0;
    for (const [layer, viewer] of Object.entries(this.viewers)) {
      viewer.open(this.tileSource(scene, layer));
      viewer.addOnceHandler("open", () => {
        const image = viewer.world.getItemAt(0);
        const check = () => {
          if (this.item === scene.item && image.getFullyLoaded()) this.note(layer, scene.item);
        };
        image.addHandler("fully-loaded-change", check);
        check();
      });
    }
  }

  note(layer, item) {
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (this.item !== item) return;
        this.painted[layer] = true;
        this.onPainted?.(item);
      }),
    );
  }

  get ready() {
    return this.item !== null && this.painted.source && this.painted.target;
  }

  tileSource(scene, layer) {
    const link = this.link;
    const empty = () => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 1;
      return canvas.getContext("2d");
    };
    return new this.osd.TileSource({
      width: scene.size[0],
      height: scene.size[1],
      tileSize: scene.tile_px,
      minLevel: 0,
      maxLevel: scene.max_level,
      getTileUrl: (level, x, y) => `${scene.item} ${layer}/${level}/${x}/${y}`,
      hasTransparency: () => true,
      downloadTileStart: (job) => {
        const [item, key] = job.src.split(" ");
        link.tile(item, key).then(
          (blob) => (blob ? job.finish(blob, null, "rasterBlob") : job.finish(empty(), null, "context2d")),
          (error) => job.fail(error.message, null),
        );
      },
      downloadTileAbort: (job) => link.forget(...job.src.split(" ")),
    });
  }

  // Ask for what the first view of an item will need, before it is shown.
  prepare(ahead) {
    const box = this.lead.viewport?.getContainerSize();
    if (!box) return;
    const [width, height] = ahead.size;
    const scale = Math.min(box.x / width, box.y / height) * (window.devicePixelRatio || 1);
    const best = Math.min(ahead.max_level, Math.max(0, Math.ceil(ahead.max_level + Math.log2(scale))));
    for (let level = 0; level <= best; level += 1) {
      const side = ahead.tile_px * 2 ** (ahead.max_level - level);
      for (let x = 0; x * side < width; x += 1) {
        for (let y = 0; y * side < height; y += 1) {
          for (const layer of ["target", "source"]) {
            this.link.tile(ahead.item, `${layer}/${level}/${x}/${y}`, true).catch(() => {});
          }
        }
      }
    }
  }

  // Screen pixels from target level-0 pixels: screen = (place - from) * scale.
  frame() {
    const view = this.lead.viewport;
    if (!view || !this.scene) return null;
    const box = view.getContainerSize();
    const scale = (box.x * view.getZoom(true)) / this.scene.size[0];
    const centre = view.getCenter(true).times(this.scene.size[0]);
    return {
      scale,
      width: box.x,
      height: box.y,
      x: centre.x - box.x / 2 / scale,
      y: centre.y - box.y / 2 / scale,
    };
  }

  show([left, top, right, bottom]) {
    const width = this.scene.size[0];
    const margin = 0.05 * Math.max(right - left, bottom - top);
    this.lead.viewport.fitBounds(
      new this.osd.Rect(
        (left - margin) / width,
        (top - margin) / width,
        (right - left + 2 * margin) / width,
        (bottom - top + 2 * margin) / width,
      ),
    );
  }

  move(x, y) {
    const view = this.lead.viewport;
    const box = view.getBounds();
    view.panBy(new this.osd.Point(x * box.width, y * box.height));
    view.applyConstraints();
  }

  zoom(factor) {
    this.lead.viewport.zoomBy(factor);
    this.lead.viewport.applyConstraints();
  }

  fullResolution() {
    const view = this.lead.viewport;
    view.zoomTo(view.imageToViewportZoom(1));
  }

  home() {
    this.lead.viewport.goHome();
  }

  resize() {
    for (const viewer of Object.values(this.viewers)) viewer.forceResize();
  }

  close() {
    for (const viewer of Object.values(this.viewers)) viewer.destroy();
  }
}
