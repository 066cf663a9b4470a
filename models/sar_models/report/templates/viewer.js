"use strict";
(() => {
  document.documentElement.classList.add("scripted");
  const viewer = document.getElementById("viewer");
  if (!viewer) return;
  const get = (id) => document.getElementById(id);
  const picture = get("viewer-picture"), source = get("viewer-source");
  const overlay = get("viewer-overlay"), divider = get("viewer-divider");
  const clip = get("viewer-clip-rect"), slider = get("viewer-value");
  const label = get("viewer-label");
  const stained = get("viewer-stained"), stain = get("viewer-stain");
  const width = Number(viewer.dataset.width), height = Number(viewer.dataset.height);
  const modes = [...viewer.querySelectorAll("input[name=mode]")];
  const values = { swipe: 50, fade: 50, blink: 40 };
  const sliderLabels = { swipe: "Divider", fade: "Opacity", blink: "Speed" };
  const hints = [...viewer.querySelectorAll(".hint[data-mode]")];
  let mode = "swipe", held = false, timer = 0, shown = true;
  let zoom = 1, left = 0, top = 0;

  const draw = () => {
    const value = values[mode] ?? 0;
    const x = width * value / 100;
    clip.setAttribute("width", x);
    divider.setAttribute("transform", `translate(${x} 0)`);
    divider.setAttribute("visibility", mode === "swipe" && !held ? "visible" : "hidden");
    overlay.setAttribute("visibility", mode === "overlay" && !held ? "visible" : "hidden");
    source.removeAttribute("clip-path");
    source.removeAttribute("mask");
    let opacity = 1;
    if (held) opacity = 0;
    else if (mode === "swipe") source.setAttribute("clip-path", "url(#viewer-clip)");
    else if (mode === "checker") source.setAttribute("mask", "url(#checkerboard)");
    else if (mode === "fade") opacity = value / 100;
    else if (mode === "blink") opacity = shown ? 1 : 0;
    source.setAttribute("opacity", opacity);
    picture.setAttribute("viewBox", `${left} ${top} ${width / zoom} ${height / zoom}`);
    picture.classList.toggle("pans", zoom > 1 && mode !== "swipe");
  };
  const tick = () => {
    clearTimeout(timer);
    if (mode !== "blink") return;
    shown = !shown;
    draw();
    timer = setTimeout(tick, 1500 - 13 * values.blink);
  };
  const choose = (name) => {
    mode = name;
    shown = true;
    modes.forEach((input) => { input.checked = input.value === name; });
    slider.parentElement.classList.toggle("idle", !(name in values));
    slider.value = values[name] ?? 0;
    label.textContent = sliderLabels[name] ?? "";
    hints.forEach((hint) => { hint.hidden = hint.dataset.mode !== name; });
    tick();
    draw();
  };
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  const zoomTo = (factor) => {
    const middle = [left + width / zoom / 2, top + height / zoom / 2];
    zoom = Math.min(Math.max(factor, 1), 8);
    left = clamp(middle[0] - width / zoom / 2, width - width / zoom);
    top = clamp(middle[1] - height / zoom / 2, height - height / zoom);
    draw();
  };
  const place = (event) => {
    const box = picture.getBoundingClientRect();
    const scale = Math.min(box.width / width, box.height / height);
    const offset = (box.width - width * scale) / 2;
    return left + (event.clientX - box.left - offset) / scale / zoom;
  };

  modes.forEach((input) => input.addEventListener("change", () => choose(input.value)));
  stain?.addEventListener("change", () => {
    stained.setAttribute("href", stain.checked ? "#registered-restained" : "#registered-source");
  });
  slider.addEventListener("input", () => { values[mode] = Number(slider.value); draw(); });
  get("zoom-in").addEventListener("click", () => zoomTo(zoom * 1.6));
  get("zoom-out").addEventListener("click", () => zoomTo(zoom / 1.6));
  get("zoom-reset").addEventListener("click", () => zoomTo(1));
  picture.addEventListener("pointerdown", (event) => {
    picture.setPointerCapture(event.pointerId);
    if (mode === "swipe") { values.swipe = clamp(100 * place(event) / width, 100); slider.value = values.swipe; draw(); }
  });
  picture.addEventListener("pointermove", (event) => {
    if (!picture.hasPointerCapture(event.pointerId)) return;
    if (mode === "swipe") {
      values.swipe = clamp(100 * place(event) / width, 100);
      slider.value = values.swipe;
    } else if (zoom > 1) {
      const scale = width / zoom / picture.getBoundingClientRect().width;
      left = clamp(left - event.movementX * scale, width - width / zoom);
      top = clamp(top - event.movementY * scale, height - height / zoom);
    }
    draw();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const number = "12345".indexOf(event.key);
    if (number >= 0) choose(modes[number].value);
    if (event.code === "KeyS" && stain) stain.click();
    if (event.code === "Space" && event.target.tagName !== "BUTTON" && event.target !== stain) { event.preventDefault(); held = true; draw(); }
  });
  document.addEventListener("keyup", (event) => {
    if (event.code === "Space") { held = false; draw(); }
  });
  choose("swipe");
})();
