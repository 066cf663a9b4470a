// The line to the kernel: tiles by request, generation and acknowledgement; see session.py.

const RETRY_MS = 8000;
const MOST_TRIES = 6;
const KEPT_BYTES = 96 * 2 ** 20;

class Link {
  constructor(model) {
    this.model = model;
    this.generation = 1;
    this.wanted = new Map(); // "item key" -> {item, key, ahead, tries, askedAt, waiters}
    this.fresh = new Set();
    this.kept = new Map(); // "item key" -> Blob, null for an empty tile; the last used last
    this.keptBytes = 0;
    this.frame = null;
    this.listeners = {};
    this.onMessage = (message, buffers) => this.receive(message, buffers);
    model.on("msg:custom", this.onMessage);
    this.timer = setInterval(() => this.retry(), 1000);
  }

  on(type, listener) {
    this.listeners[type] = listener;
  }

  send(message) {
    this.model.send(message);
  }

  close() {
    clearInterval(this.timer);
    this.model.off("msg:custom", this.onMessage);
    this.wanted.clear();
    this.kept.clear();
  }

  // Promise of a Blob, or of null for a tile that shows nothing.
  tile(item, key, ahead = false) {
    const name = `${item} ${key}`;
    if (this.kept.has(name)) {
      const blob = this.kept.get(name);
      this.kept.delete(name);
      this.kept.set(name, blob);
      return Promise.resolve(blob);
    }
    let one = this.wanted.get(name);
    if (!one || (one.ahead && !ahead)) {
      one = { item, key, ahead, tries: 0, askedAt: 0, waiters: one ? one.waiters : [] };
      this.wanted.set(name, one);
      this.fresh.add(name);
      this.schedule();
    }
    return new Promise((resolve, reject) => one.waiters.push({ resolve, reject }));
  }

  forget(item, key) {
    const name = `${item} ${key}`;
    const one = this.wanted.get(name);
    if (one && !one.ahead) {
      this.wanted.delete(name);
      this.fresh.delete(name);
    }
  }

  // The view jumped: what was asked for before is not waited for any more.
  cancel() {
    this.generation += 1;
    this.send({ type: "cancel", generation: this.generation });
    const now = performance.now();
    for (const [name, one] of this.wanted) {
      if (!one.ahead && now - one.askedAt > 0) {
        one.tries = 0;
        this.fresh.add(name); // whoever still waits for it is served under the new generation
      }
    }
    this.schedule();
  }

  schedule() {
    if (this.frame === null) {
      this.frame = requestAnimationFrame(() => {
        this.frame = null;
        this.ask();
      });
    }
  }

  ask() {
    const groups = new Map();
    for (const name of this.fresh) {
      const one = this.wanted.get(name);
      if (!one) continue;
      one.askedAt = performance.now();
      one.tries += 1;
      const group = `${one.item} ${one.ahead}`;
      if (!groups.has(group)) groups.set(group, { item: one.item, ahead: one.ahead, keys: [] });
      groups.get(group).keys.push(one.key);
    }
    this.fresh.clear();
    for (const group of groups.values()) {
      this.send({ type: "tiles", generation: this.generation, ...group });
    }
    this.tell();
  }

  retry() {
    const now = performance.now();
    for (const [name, one] of this.wanted) {
      if (one.askedAt && now - one.askedAt > RETRY_MS) {
        if (one.tries >= MOST_TRIES) this.refuse(one.item, one.key, "The kernel does not answer.");
        else this.fresh.add(name);
      }
    }
    if (this.fresh.size) this.schedule();
    this.tell();
  }

  tell() {
    const now = performance.now();
    const shown = [...this.wanted.values()].filter((one) => !one.ahead && one.askedAt);
    const late = shown.some((one) => now - one.askedAt > 1500);
    this.listeners.waiting?.(shown.length, late);
  }

  receive(message, buffers) {
    if (message.type === "tiles") {
      for (const tile of message.tiles) {
        const data = tile.buffer === null ? null : buffers[tile.buffer];
        this.keep(tile.item, tile.key, data ? new Blob([data], { type: tile.format }) : null);
      }
      this.send({ type: "ack", batch: message.batch });
      this.tell();
    } else if (message.type === "refused") {
      this.refuse(message.item, message.key, message.message);
    } else {
      this.listeners[message.type]?.(message, buffers);
    }
  }

  keep(item, key, blob) {
    const name = `${item} ${key}`;
    if (!this.kept.has(name)) {
      this.kept.set(name, blob);
      this.keptBytes += (blob ? blob.size : 0) + 200;
      for (const [oldest, old] of this.kept) {
        if (this.keptBytes <= KEPT_BYTES) break;
        this.kept.delete(oldest);
        this.keptBytes -= (old ? old.size : 0) + 200;
      }
    }
    const one = this.wanted.get(name);
    this.wanted.delete(name);
    if (one) for (const waiter of one.waiters) waiter.resolve(blob);
  }

  refuse(item, key, why) {
    const name = `${item} ${key}`;
    const one = this.wanted.get(name);
    this.wanted.delete(name);
    if (!one) return;
    for (const waiter of one.waiters) waiter.reject(new Error(why));
    if (!one.ahead) this.listeners.refused?.(item, why);
  }
}

// OpenSeadragon comes over the same line, once for a page: nothing is loaded from elsewhere.
function loadOpenSeadragon(link) {
  const home = Symbol.for("sar-align.openseadragon.6.1.1");
  window[home] ??= new Promise((resolve, reject) => {
    const timer = setInterval(() => link.send({ type: "library" }), 5000);
    link.on("library", async (_, buffers) => {
      clearInterval(timer);
      const code = new TextDecoder().decode(buffers[0]).replace(/\/\/# sourceMappingURL.*$/, "");
      const text = `const scope = {};
        export default (function (define, module, exports) {${code}
        ; return OpenSeadragon; }).call(scope);`;
      const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      try {
        resolve((await import(/* webpackIgnore: true */ url)).default);
      } catch (error) {
        window[home] = undefined;
        reject(error);
      } finally {
        URL.revokeObjectURL(url);
      }
    });
    link.send({ type: "library" });
  });
  return window[home];
}
