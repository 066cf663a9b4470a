// Deciding: the bar below the viewer. Nothing counts before the kernel says that it is on the disk.

const REASONS = [
  "Misaligned",
  "Mirrored or turned",
  "Wrong fragment",
  "Folded",
  "Wrong pair of slides",
  "Poor image",
];

class ReviewBar {
  constructor(link, panes) {
    this.link = link;
    this.panes = panes;
    this.waiting = false;
    this.item = null;
    const button = (text, key, action, kind) =>
      make("button", {
        type: "button",
        class: `sar-button ${kind ?? ""}`,
        title: `${text} (${key})`,
        "aria-keyshortcuts": key,
        text: `${text} (${key})`,
        onclick: action,
      });
    this.accept = button("Accept", "A", () => this.decide("accept"), "sar-accept");
    this.reject = button("Reject", "R", () => this.askReason(), "sar-reject");
    this.fix = button("Needs fix", "F", () => this.decide("needs-fix"), "sar-fix");
    this.undo = button("Undo", "U", () => this.act("undo"));
    this.redo = button("Redo", "Shift+U", () => this.act("redo"));
    this.back = button("Back", "P", () => this.act("skip", { step: -1 }));
    this.next = button("Next", "N", () => this.act("skip", { step: 1 }));
    this.what = make("select", { "aria-label": "Decide on", class: "sar-select" });
    this.comment = make("input", {
      type: "text",
      class: "sar-input sar-comment",
      placeholder: "Comment (C)",
      "aria-label": "Comment",
      maxlength: 2000,
    });
    this.status = make("span", { class: "sar-status", role: "status", "aria-live": "polite" });
    this.progress = make("span", { class: "sar-progress" });
    const list = `sar-reasons-${Math.random().toString(36).slice(2)}`;
    this.reason = make("input", {
      type: "text",
      class: "sar-input",
      list,
      placeholder: "What is wrong?",
      "aria-label": "Reason for the rejection",
      maxlength: 2000,
    });
    this.dialog = make(
      "form",
      { class: "sar-reason", hidden: true, "aria-label": "Reject" },
      this.reason,
      make("datalist", { id: list }, ...REASONS.map((value) => make("option", { value }))),
      make("button", { type: "submit", class: "sar-button sar-reject", text: "Reject" }),
      make("button", {
        type: "button",
        class: "sar-button",
        text: "Cancel (Esc)",
        onclick: () => this.closeReason(),
      }),
    );
    const submit = (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (this.reason.value.trim()) this.decide("reject", this.reason.value);
      else this.say("A rejection needs a reason.", true);
    };
    this.dialog.addEventListener("submit", submit);
    // Notebooks have uses of their own for Enter, so it is not left to the form.
    this.reason.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.repeat && !event.isComposing) submit(event);
    });
    this.node = make(
      "div",
      { class: "sar-review", role: "toolbar", "aria-label": "Decision" },
      make(
        "div",
        { class: "sar-row" },
        this.accept,
        this.reject,
        this.fix,
        this.what,
        this.comment,
        this.undo,
        this.redo,
        this.back,
        this.next,
      ),
      this.dialog,
      make("div", { class: "sar-row" }, this.progress, this.status),
    );
    link.on("decided", (message) => this.decided(message));
    this.update();
  }

  show(item, scene, state) {
    this.item = item;
    this.waiting = false;
    this.closeReason(false);
    this.comment.value = "";
    const choices = [make("option", { value: "", text: "Whole pair" })];
    for (const f of scene?.fragments ?? []) {
      choices.push(make("option", { value: f.id, text: `Fragment ${f.number}` }));
    }
    this.what.replaceChildren(...choices);
    this.progress.textContent = state
      ? `${state.decided} of ${state.total} decided, ${state.session} now`
      : "";
    this.update();
  }

  // Keys and buttons do nothing until what is decided on has been seen.
  update() {
    const seen = this.item !== null && this.panes.ready && !this.waiting;
    // What could not be seen whole can be rejected, not accepted.
    this.accept.disabled = !seen || this.panes.broken.has(this.item);
    this.reject.disabled = this.fix.disabled = !seen;
    if (this.item !== null && !this.waiting) {
      this.node.dataset.ready = String(seen);
    } else this.node.dataset.ready = "false";
  }

  decide(decision, reason = "") {
    const button = decision === "accept" ? this.accept : this.reject;
    if (button.disabled) {
      this.say("Both layers have to be painted first.", true);
      return;
    }
    this.waiting = true;
    this.update();
    this.say("Saving …");
    this.link.send({
      type: "decide",
      item: this.item,
      decision,
      reason,
      comment: this.comment.value,
      fragment: this.what.value || null,
    });
  }

  act(type, more = {}) {
    this.say("");
    this.link.send({ type, ...more });
  }

  decided(message) {
    this.waiting = false;
    this.say(message.message, !message.ok);
    if (message.ok) {
      this.closeReason();
      this.comment.value = "";
      if (message.state) {
        const { decided, total, session } = message.state;
        this.progress.textContent = `${decided} of ${total} decided, ${session} now`;
      }
    }
    this.update();
  }

  say(text, bad = false) {
    this.status.textContent = text;
    this.status.classList.toggle("sar-bad", bad);
  }

  askReason() {
    if (this.reject.disabled) {
      this.say("Both layers have to be painted first.", true);
      return;
    }
    this.dialog.hidden = false;
    this.reason.value = "";
    this.reason.focus();
  }

  closeReason(focus = true) {
    if (this.dialog.hidden) return;
    this.dialog.hidden = true;
    if (focus) this.onDone?.();
  }

  key(event) {
    const key = event.key.toLowerCase();
    const actions = {
      a: () => this.decide("accept"),
      r: () => this.askReason(),
      f: () => this.decide("needs-fix"),
      u: () => this.act(event.shiftKey ? "redo" : "undo"),
      n: () => this.act("skip", { step: 1 }),
      p: () => this.act("skip", { step: -1 }),
      c: () => this.comment.focus(),
    };
    if (!actions[key]) return false;
    // A key that is held down must not decide on what comes next.
    if (!event.repeat) actions[key]();
    return true;
  }
}
