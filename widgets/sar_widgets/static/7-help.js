const VIEW_KEYS = [
  ["1 … 7", "side by side, overlay, swipe, checkerboard, flicker, edges, haematoxylin"],
  ["Space", "hide or show the source"],
  ["[  ]", "opacity, or where the swipe divides"],
  ["+  −  0  Z", "zoom in, out, whole slide, full resolution"],
  ["arrows", "move"],
  [",  .", "previous, next fragment"],
  ["G  K  D  O  X", "layers: fragments, anchors, grid, confidence, annotations"],
  ["?", "this help"],
];
const REVIEW_KEYS = [
  ["A  R  F", "accept, reject (asks for a reason), needs a fix"],
  ["U  Shift+U", "undo, redo"],
  ["N  P", "next, back, without deciding"],
  ["C", "comment; Esc leaves the field"],
];

function helpPanel(review) {
  const keys = [...VIEW_KEYS, ...(review ? REVIEW_KEYS : [])];
  const rows = keys.map(([key, what]) =>
    make("div", { class: "sar-help-row" }, make("kbd", { text: key }), make("span", { text: what })),
  );
  const about = "The source is warped onto the target. Both panes show the target's frame; the small "
    + "map shows the source as it lies on its slide. Hatched tissue has no counterpart.";
  return make(
    "div",
    { class: "sar-help", role: "dialog", "aria-label": "Keys", hidden: true },
    ...rows,
    make("p", { text: about }),
  );
}
