class View {
  constructor(model, host) {
    this.model = model;
    this.link = new Link(model);
    this.review = model.get("review");
    this.build(host);
    this.start();
  }

  build(host) {
    const pane = (layer, text) => {
      const osd = make("div", { class: "sar-osd" });
      const canvas = make("canvas", { class: "sar-layers", "aria-hidden": true });
      const node = make("div", { class: `sar-pane sar-pane-${layer}` }, osd);
      const label = make("div", { class: "sar-pane-label", text });
      const frame = make("div", { class: `sar-slot sar-slot-${layer}` }, node, canvas, label);
      return { osd, canvas, node, label, frame };
    };
    this.target = pane("target", "Target");
    this.source = pane("source", "Source, warped");
    this.handle = make("div", { class: "sar-handle", hidden: true });
    this.bar = make("div", { class: "sar-scale" }, make("i"), make("span"));
    this.hint = make("div", { class: "sar-hint", hidden: true });
    this.stage = make(
      "div",
      { class: "sar-stage", style: `height:${this.model.get("height")}px` },
      this.target.frame,
      this.source.frame,
      this.handle,
      this.bar,
      this.hint,
    );
    this.title = make("div", { class: "sar-title" });
    this.reasons = make("div", { class: "sar-reasons" });
    this.message = make("div", { class: "sar-message", role: "alert", hidden: true });
    this.busy = make("div", { class: "sar-busy", role: "status", hidden: true });
    this.fragments = make("div", { class: "sar-fragments", role: "group", "aria-label": "Fragments" });
    this.map = make("canvas", { class: "sar-map", role: "img", "aria-label": "Source slide" });
    this.help = helpPanel(this.review);
    this.modes = new Modes(this.stage, this.source.node, this.target.node, this.handle);
    this.layers = new Layers([this.target.canvas, this.source.canvas]);
    this.root = make(
      "div",
      {
        class: "sar-viewer",
        tabindex: 0,
        role: "application",
        "aria-label": "Alignment viewer; press ? for the keys",
        "data-lm-suppress-shortcuts": "true",
      },
      make("div", { class: "sar-head" }, this.title, this.busy),
      this.reasons,
      this.toolbar(),
      this.stage,
      make("div", { class: "sar-side-panel" }, this.map, this.fragments),
      this.help,
      this.message,
    );
    this.root.addEventListener("keydown", (event) => this.key(event));
    // OpenSeadragon takes mouse presses for itself; the keys have to come here all the same.
    this.stage.addEventListener("pointerdown", () => this.root.focus({ preventScroll: true }), true);
    this.stage.addEventListener("pointermove", (event) => this.hover(event));
    this.dragSwipe();
    host.append(this.root);
    this.sizes = new ResizeObserver(() => this.panes?.resize());
    this.sizes.observe(this.stage);
  }

  toolbar() {
    this.modeButtons = MODES.map(([mode, text], i) =>
      make("button", {
        type: "button",
        class: "sar-button",
        "data-mode": mode,
        title: `${text} (${i + 1})`,
        "aria-keyshortcuts": `${i + 1}`,
        text,
        onclick: () => this.setMode(mode),
      }),
    );
    this.layerButtons = LAYERS.map(([layer, text]) =>
      make("button", {
        type: "button",
        class: "sar-button sar-layer",
        "data-layer": layer,
        text,
        onclick: () => this.toggle(layer),
      }),
    );
    this.slider = make("input", {
      type: "range",
      min: 0,
      max: 100,
      value: 50,
      class: "sar-slider",
      "aria-label": "Opacity of the source, or place of the swipe",
      oninput: () => this.setShare(this.slider.value / 100),
    });
    const group = (label, nodes) =>
      make("div", { class: "sar-group", role: "group", "aria-label": label }, ...nodes);
    const help = make("button", {
      type: "button",
      class: "sar-button",
      text: "?",
      title: "Keys (?)",
      "aria-label": "Keys",
      onclick: () => this.toggleHelp(),
    });
    return make(
      "div",
      { class: "sar-tools" },
      group("Mode", [...this.modeButtons, this.slider]),
      group("Layers", [...this.layerButtons, help]),
    );
  }

  async start() {
    this.link.on("item", (message, buffers) => this.open(message, buffers));
    this.link.on("ahead", (message) => message.items.forEach((one) => this.panes?.prepare(one)));
    this.link.on("idle", (message) => this.close(message.message));
    this.link.on("problem", (message) => this.problem(message));
    this.link.on("error", (message) => this.say(message.message));
    this.link.on("refused", (item, why) => {
      this.say(why);
      this.panes?.broken.add(item);
      this.bars?.update();
    });
    this.link.on("waiting", (count, late) => {
      this.busy.hidden = !(count && late);
      this.busy.textContent = `Kernel busy, ${count} tiles waiting`;
    });
    this.say("Loading the viewer …");
    try {
      const library = await loadOpenSeadragon(this.link);
      if (this.closed) return;
      this.panes = new Panes(
        library,
        this.link,
        { source: this.source.osd, target: this.target.osd },
        () => this.draw(),
      );
    } catch (error) {
      this.say(`The viewer cannot start: ${error.message}`);
      return;
    }
    this.panes.onPainted = (item) => {
      if (!this.panes.ready) return;
      this.root.dataset.painted = item;
      this.link.send({ type: "painted", item });
      this.bars?.update();
    };
    if (this.review) {
      this.bars = new ReviewBar(this.link, this.panes);
      this.bars.onDone = () => this.root.focus({ preventScroll: true });
      this.stage.before(this.bars.node);
    }
    this.onMode = () => this.applyMode();
    this.model.on("change:mode", this.onMode);
    this.model.on("change:opacity", this.onMode);
    this.applyMode();
    this.updateLayers();
    this.say("Opening the slides …");
    this.link.send({ type: "hello" });
  }

  open(message, buffers) {
    const { scene, state } = message;
    if (this.panes.item === scene.item) {
      this.bars?.show(scene.item, scene, state);
      return;
    }
    this.say("");
    delete this.root.dataset.painted;
    this.root.dataset.item = scene.item;
    this.title.textContent = `${scene.source} → ${scene.target}`;
    const risk = `risk ${Math.round(100 * scene.risk)} %, ${scene.outcome}`;
    const said = state?.status ? `, ${state.status}` : "";
    this.reasons.textContent = [risk + said, scene.failure, ...scene.reasons].filter(Boolean).join(" · ");
    this.layers.open(scene);
    this.panes.open(scene);
    this.listFragments(scene);
    this.bars?.show(scene.item, scene, state);
    this.picture(buffers[0]);
  }

  async picture(data) {
    this.map.hidden = !data;
    if (!data) return;
    const scene = this.layers.scene;
    const picture = await createImageBitmap(new Blob([data], { type: "image/jpeg" }));
    if (this.layers.scene === scene) this.layers.drawMap(this.map, picture);
    picture.close();
  }

  listFragments(scene) {
    const rows = scene.fragments.map((fragment) => {
      const swatch = make("i", { class: "sar-swatch" });
      swatch.style.background = fragment.color;
      return make(
        "button",
        {
          type: "button",
          class: "sar-button sar-fragment",
          title: fragment.about,
          onclick: () => this.panes.show(fragment.bounds),
        },
        swatch,
        make("span", { text: `${fragment.number}: ${fragment.about}` }),
      );
    });
    const lost = scene.unpaired_source.length + scene.unpaired_target.length;
    const note = `${scene.unpaired_source.length} source and ${scene.unpaired_target.length} target `
      + "pieces have no counterpart (hatched).";
    this.fragments.replaceChildren(...rows, ...(lost ? [make("p", { text: note })] : []));
    this.fragmentAt = -1;
  }

  close(text) {
    this.panes.item = null;
    this.title.textContent = "";
    this.reasons.textContent = "";
    delete this.root.dataset.item;
    for (const viewer of Object.values(this.panes.viewers)) viewer.close();
    this.layers.scene = null;
    for (const canvas of [...this.layers.canvases, this.map]) canvas.width = canvas.width;
    this.fragments.replaceChildren();
    this.bars?.show(null, null, null);
    this.say(text);
  }

  problem(message) {
    this.close(message.message);
    this.title.textContent = message.name;
    this.root.dataset.item = message.item;
    this.bars?.show(null, null, message.state);
  }

  say(text) {
    this.message.hidden = !text;
    this.message.textContent = text;
  }

  setMode(mode) {
    this.model.set("mode", mode);
    this.model.save_changes();
    this.applyMode();
  }

  applyMode() {
    this.modes.opacity = this.model.get("opacity");
    if (this.modes.mode !== this.model.get("mode") || !this.applied) {
      this.modes.set(this.model.get("mode"));
      this.applied = true;
      requestAnimationFrame(() => {
        this.panes?.resize();
        this.draw();
      });
    } else this.modes.apply();
    for (const button of this.modeButtons) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === this.modes.mode));
    }
    const share = this.modes.mode === "swipe" ? this.modes.split : this.modes.opacity;
    this.slider.value = 100 * share;
    this.slider.disabled = !["overlay", "swipe"].includes(this.modes.mode);
  }

  setShare(share) {
    const value = Math.min(1, Math.max(0, share));
    if (this.modes.mode === "swipe") {
      this.modes.split = value;
      this.modes.apply();
    } else {
      this.model.set("opacity", value);
      this.model.save_changes();
    }
    this.slider.value = 100 * value;
    this.modes.opacity = this.model.get("opacity");
    this.modes.apply();
  }

  dragSwipe() {
    const move = (event) => {
      const box = this.stage.getBoundingClientRect();
      this.setShare((event.clientX - box.left) / box.width);
    };
    this.handle.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      this.handle.setPointerCapture(event.pointerId);
      this.handle.addEventListener("pointermove", move);
    });
    this.handle.addEventListener("pointerup", () => this.handle.removeEventListener("pointermove", move));
  }

  toggle(layer) {
    this.layers.shown[layer] = !this.layers.shown[layer];
    this.updateLayers();
    this.draw();
  }

  updateLayers() {
    for (const button of this.layerButtons) {
      button.setAttribute("aria-pressed", String(this.layers.shown[button.dataset.layer]));
    }
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
  }

  draw() {
    const frame = this.panes?.frame();
    this.layers.draw(frame);
    if (!frame || !this.layers.scene) return;
    const { mpp } = this.layers.scene;
    const unit = mpp || 1;
    const length = niceBelow(((frame.width / 5) * unit) / frame.scale);
    this.bar.firstChild.style.width = `${(length / unit) * frame.scale}px`;
    this.bar.lastChild.textContent = lengthText(length, mpp);
  }

  hover(event) {
    const frame = this.panes?.frame();
    if (!frame) return;
    const slot = event.target.closest?.(".sar-slot");
    const box = (slot ?? this.stage).getBoundingClientRect();
    const x = frame.x + (event.clientX - box.left) / frame.scale;
    const y = frame.y + (event.clientY - box.top) / frame.scale;
    const anchor = this.layers.anchorNear(x, y, 10 / frame.scale);
    this.hint.hidden = !anchor;
    if (!anchor) return;
    const kind = anchor.inlier ? "Agrees" : "Does not agree";
    this.hint.textContent = anchor.residual ? `${kind}, residual ${anchor.residual}` : kind;
    const outer = this.stage.getBoundingClientRect();
    this.hint.style.left = `${event.clientX - outer.left + 14}px`;
    this.hint.style.top = `${event.clientY - outer.top + 14}px`;
  }

  key(event) {
    const typing = event.target.matches("input[type=text], select");
    if (event.key === "Escape") {
      this.bars?.closeReason();
      this.help.hidden = true;
      this.root.focus({ preventScroll: true });
      event.stopPropagation();
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    // Enter and Space press a focused button; everything else is a key of the viewer.
    if (event.target.matches("button") && ["Enter", " "].includes(event.key)) return;
    if (this.viewKey(event) || this.bars?.key(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  viewKey(event) {
    if (!this.panes?.scene) return event.key === "?" ? (this.toggleHelp(), true) : false;
    const mode = MODES[Number(event.key) - 1];
    if (mode && event.key !== "0") {
      this.setMode(mode[0]);
      return true;
    }
    const share = this.modes.mode === "swipe" ? this.modes.split : this.modes.opacity;
    const actions = {
      " ": () => this.modes.hide(!this.modes.hidden),
      "[": () => this.setShare(share - 0.1),
      "]": () => this.setShare(share + 0.1),
      "+": () => this.panes.zoom(1.5),
      "=": () => this.panes.zoom(1.5),
      "-": () => this.panes.zoom(1 / 1.5),
      0: () => this.panes.home(),
      z: () => this.panes.fullResolution(),
      ArrowLeft: () => this.panes.move(-0.2, 0),
      ArrowRight: () => this.panes.move(0.2, 0),
      ArrowUp: () => this.panes.move(0, -0.2),
      ArrowDown: () => this.panes.move(0, 0.2),
      ",": () => this.jump(-1),
      ".": () => this.jump(1),
      g: () => this.toggle("fragments"),
      k: () => this.toggle("anchors"),
      d: () => this.toggle("grid"),
      o: () => this.toggle("confidence"),
      x: () => this.toggle("annotations"),
      "?": () => this.toggleHelp(),
    };
    const action = actions[event.key] ?? actions[event.key.toLowerCase()];
    action?.();
    return Boolean(action);
  }

  jump(step) {
    const count = this.panes.scene.fragments.length;
    if (!count) return;
    const from = this.fragmentAt < 0 && step < 0 ? 0 : this.fragmentAt;
    this.fragmentAt = (from + step + count) % count;
    this.panes.show(this.panes.scene.fragments[this.fragmentAt].bounds);
  }

  destroy() {
    this.closed = true;
    this.sizes.disconnect();
    this.modes.close();
    if (this.onMode) {
      this.model.off("change:mode", this.onMode);
      this.model.off("change:opacity", this.onMode);
    }
    this.link.close();
    this.panes?.close();
    this.root.remove();
  }
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.destroy();
  },
};
