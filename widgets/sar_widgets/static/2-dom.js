// Small helpers. Text is only ever set as text: names and comments may hold anything.

function make(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  const { text, ...attributes } = options;
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

function makeSvg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function niceBelow(limit) {
  const power = 10 ** Math.floor(Math.log10(limit));
  return Math.max(...[1, 2, 5].map((n) => n * power).filter((n) => n <= limit * (1 + 1e-9)));
}

function lengthText(px, mpp) {
  if (!mpp) return `${px} px`;
  return px >= 1000 ? `${px / 1000} mm` : `${px} µm`;
}
