// What all explorables share: state, stage, axes, handles, controls. It is put above a module's own text where the two
// are used, since a browser takes no imports between files of a page that was opened from a disk.

const SVG = "http://www.w3.org/2000/svg";

// Okabe and Ito's colours, which differ for every kind of colour vision; each comes with a dash, a hatch or a label too
export const COLOURS = {
  blue: "#0072B2", orange: "#D55E00", green: "#009E73", pink: "#CC79A7", yellow: "#E69F00", sky: "#56B4E9", grey: "#7A828C",
};
export const INK = "currentColor"; // what is written is never coloured: it must be read on both grounds
export const PAPER = "var(--jp-layout-color0, Canvas)";

const STYLE = `
.explorable { font: 14px/1.45 system-ui, sans-serif; max-width: 680px; color: var(--jp-ui-font-color1, CanvasText); }
.explorable svg { display: block; touch-action: pan-y; user-select: none; overflow: visible; }
.explorable svg text { fill: currentColor; font-size: 13px; }
.explorable p.said { margin: 4px 0 0; min-height: 2.9em; }
.explorable .controls { display: flex; flex-wrap: wrap; gap: 4px 18px; align-items: center; margin: 0 0 6px; }
.explorable .controls label { display: flex; gap: 6px; align-items: center; }
.explorable .controls input[type=range] { width: 150px; accent-color: #0072B2; }
.explorable .controls output { min-width: 3.2em; font-variant-numeric: tabular-nums; }
.explorable button, .explorable select, .explorable input[type=text] { font: inherit; color: inherit; padding: 1px 8px;
  background: var(--jp-layout-color2, ButtonFace); border: 1px solid currentColor; border-radius: 4px; }
.explorable select option { color: FieldText; background: Field; }
.explorable button[aria-pressed=true] { background: #0072B2; color: #fff; border-color: #0072B2; }
.explorable [role=slider]:focus, .explorable [role=button]:focus { outline: none; }
.explorable [role=slider]:focus .ring, .explorable [role=button]:focus .ring { stroke: currentColor; stroke-width: 2.5; }
.explorable :is(input, select, button):focus-visible { outline: 2.5px solid currentColor; outline-offset: 1px; }
.explorable .status { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }`;

// ---------------------------------------------------------------- state

// One page, several outputs: they find each other's states and the kernel's models here, by their key
const here = (globalThis.coursekitExplorables ??= { states: new Map(), models: new Map() });

/** What an explorable shows. Without a kernel that is all there is; with one, Python's model is joined to it. */
export class State {
  constructor(values) {
    Object.assign(this, { values, draws: new Set(), settled: new Set(), model: null, saves: 0 });
  }
  get(name) { return this.values[name]; }
  /** Shows other values in every view, and keeps them from Python: a drag has hundreds of them. */
  move(changes) {
    Object.assign(this.values, changes);
    for (const draw of this.draws) draw();
  }
  /** The hand is lifted: Python hears of what is shown, and so do screen readers. */
  settle() {
    this.saves += 1;
    for (const said of this.settled) said();
    if (!this.model) return;
    for (const [name, value] of Object.entries(this.values)) this.model.set(name, value);
    this.model.save_changes();
  }
  join(model) {
    if (this.model === model) return;
    this.model = model;
    const names = Object.keys(this.values);
    const take = () => this.move(Object.fromEntries(names.map((name) => [name, model.get(name)])));
    for (const name of names) {
      model.on(`change:${name}`, () => {
        if (JSON.stringify(model.get(name)) !== JSON.stringify(this.values[name])) take();
      });
    }
    take();
  }
}

/** What an explorable's module exports: the two hooks of anywidget, and `show` for a page. */
export function explorable(make) {
  const show = (el, state) => stage(el, state, make);
  return {
    show,
    // The model is there before anything is shown. Where the picture's own script shows it (JupyterLab), no view is made.
    initialize({ model }) {
      const key = model.get("key");
      here.models.set(key, model);
      here.states.get(key)?.join(model);
    },
    render({ model, el }) { // VS Code, Colab
      const state = stateOf(model.get("key"), () => Object.fromEntries(model.get("names").map((name) => [name, model.get(name)])));
      state.join(model);
      return show(el, state);
    },
  };
}

function stateOf(key, values) {
  if (!key) return new State(values());
  if (!here.states.has(key)) here.states.set(key, new State(values()));
  const state = here.states.get(key);
  if (here.models.has(key)) state.join(here.models.get(key));
  return state;
}

/** Brings all pictures of a kind on this page to life. */
export async function enliven(kind, { show }) {
  for (const box of document.querySelectorAll(`[data-explorable="${kind}"]:not([data-alive], [data-waking])`)) {
    box.dataset.waking = "yes";
    const values = await unpacked(box.dataset.state);
    const state = stateOf(box.dataset.model, () => values);
    const el = document.createElement("div");
    show(el, state);
    box.replaceChildren(el);
    box.explorable = state; // for whoever asks the page
    box.dataset.alive = "yes";
  }
}

/** A state as it stands in a page: JSON, or, of a long one, its gzip in base64. */
async function unpacked(text) {
  if (!text.startsWith("gzip:")) return JSON.parse(text);
  const bytes = Uint8Array.from(atob(text.slice(5)), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

// ---------------------------------------------------------------- stage

/** Builds the view, builds it anew where its width changes, and draws it at every move of the state. */
function stage(el, state, make) {
  el.classList.add("explorable");
  // JupyterLab acts on keys in outputs (d, d deletes the cell), and gives the focus to the cell when the mouse is pressed
  el.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && !["Tab", "Escape"].includes(event.key)) event.stopPropagation();
  });
  el.addEventListener("click", (event) => event.target.closest?.("[tabindex], input, select, button")?.focus());
  let draw = () => {};
  let width = 0;
  const build = (wide) => {
    width = wide;
    el.replaceChildren();
    const style = el.appendChild(document.createElement("style"));
    style.textContent = STYLE;
    const controls = el.appendChild(document.createElement("div"));
    controls.className = "controls";
    const svg = add(el, "svg", { role: "group" });
    const said = el.appendChild(document.createElement("p"));
    said.className = "said";
    const status = el.appendChild(document.createElement("div"));
    status.className = "status";
    status.setAttribute("role", "status");
    const paint = make({ el, svg, controls, state, width, height: (pixels, label) => sized(svg, width, pixels, label) });
    draw = () => paint((strings, ...values) => sentence(said, strings, values));
    draw();
    if (!controls.children.length) controls.remove();
    settled = () => { status.textContent = said.textContent; };
  };
  let settled = () => {};
  const redraw = () => draw();
  const heard = () => settled();
  state.draws.add(redraw);
  state.settled.add(heard);
  build(fitting(el.clientWidth));
  const watch = new ResizeObserver(() => {
    if (el.clientWidth && fitting(el.clientWidth) !== width) build(fitting(el.clientWidth));
  });
  watch.observe(el);
  return () => { watch.disconnect(); state.draws.delete(redraw); state.settled.delete(heard); };
}

const fitting = (width) => Math.max(280, Math.min(640, width || 640));

function sized(svg, width, height, label) {
  set(svg, { viewBox: `0 0 ${width} ${height}`, width, height, "aria-label": label });
}

/** A sentence in which `${["kl", value, 4]}` is a number with a name: shown with 4 digits, kept with all of them. */
function sentence(said, strings, values) {
  said.replaceChildren();
  strings.forEach((text, i) => {
    said.append(text);
    if (i >= values.length) return;
    if (!Array.isArray(values[i])) return said.append(values[i]);
    const [name, value, digits] = values[i];
    const span = said.appendChild(document.createElement("span"));
    Object.assign(span.dataset, { number: name, value, digits });
    span.textContent = fixed(value, digits);
  });
}

/** A number as it is read: a true minus, no minus before a zero. */
export function fixed(value, digits) {
  const text = value.toFixed(digits);
  return text.replace(/^-(?=0(\.0*)?$)/, "").replace("-", "−");
}

// ---------------------------------------------------------------- drawing

export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

export function add(parent, tag, attributes = {}, text = "") {
  const node = set(document.createElementNS(SVG, tag), attributes);
  if (text !== "") node.textContent = text;
  return parent.appendChild(node);
}

export const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");

export const span = (from, to, count) => Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

export const sum = (values) => values.reduce((total, value) => total + value, 0);

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Nodes of one kind, as many as a state needs: `next()` in turn, then `rest()` hides those that are too many. */
export function pool(make) {
  const made = [];
  let used = 0;
  return {
    next() {
      if (used === made.length) made.push(make(used));
      const node = made[used];
      node.removeAttribute("display");
      used += 1;
      return node;
    },
    rest() {
      for (const node of made.slice(used)) node.setAttribute("display", "none");
      used = 0;
    },
  };
}

/** Axes with ticks and labels. `x` and `y` turn values into pixels, `at` turns an event into values. */
export function axes(svg, { left, top, width, height, xs, ys, xticks = [], yticks = [], xlabel = "", ylabel = "", form = String }) {
  const scale = ([low, high], from, length) => (value) => from + ((value - low) / (high - low)) * length;
  const x = scale(xs, left, width);
  const y = scale(ys, top + height, -height);
  const group = add(svg, "g", { "aria-hidden": "true" });
  for (const tick of yticks) {
    add(group, "path", { d: `M${left} ${y(tick)}h${width}`, stroke: INK, "stroke-opacity": 0.15 });
    add(group, "text", { x: left - 7, y: y(tick) + 4.5, "text-anchor": "end" }, form(tick));
  }
  for (const tick of xticks) {
    add(group, "path", { d: `M${x(tick)} ${top + height}v5`, stroke: INK });
    add(group, "text", { x: x(tick), y: top + height + 19, "text-anchor": "middle" }, form(tick));
  }
  add(group, "path", { d: `M${left} ${top}v${height}h${width}`, stroke: INK, fill: "none" });
  add(group, "text", { x: left + width / 2, y: top + height + 37, "text-anchor": "middle" }, xlabel);
  add(group, "text", { x: left - 4, y: top - 9, "text-anchor": "start" }, ylabel);
  const clip = `clip${Math.random().toString(36).slice(2)}`;
  add(add(group, "clipPath", { id: clip }), "rect", { x: left, y: top - 2, width: width + 2, height: height + 4 });
  const at = (event) => {
    const root = svg.ownerSVGElement ?? svg; // the axes may stand in a group
    const box = root.getBoundingClientRect();
    const zoom = box.width / root.viewBox.baseVal.width;
    const [px, py] = [(event.clientX - box.left) / zoom, (event.clientY - box.top) / zoom];
    return [xs[0] + ((px - left) / width) * (xs[1] - xs[0]), ys[0] + ((top + height - py) / height) * (ys[1] - ys[0])];
  };
  return { x, y, at, clip: `url(#${clip})`, line: (points) => path(points.map(([a, b]) => [x(a), y(b)])), left, top, width, height };
}

/** A curve of its own colour and dash, kept within its axes. */
export function curve(svg, plane, colour, { dash = "", width = 2.5, opacity = 1 } = {}) {
  return add(svg, "path", {
    fill: "none", stroke: colour, "stroke-width": width, "stroke-dasharray": dash, "stroke-opacity": opacity,
    "clip-path": plane.clip, "stroke-linejoin": "round",
  });
}

/** What a line or a field means: [colour, dash, words], from left to right, in as many rows as it takes. */
export function legend(svg, x, y, width, entries) {
  let [at, row] = [x, y];
  for (const [colour, dash, words, kind = "line"] of entries) {
    const wide = 34 + 7.1 * words.length;
    if (at > x && at + wide > x + width) [at, row] = [x, row + 19];
    if (kind === "line") add(svg, "path", { d: `M${at} ${row - 4}h24`, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dash });
    else add(svg, "rect", { x: at + 6, y: row - 10, width: 12, height: 12, fill: kind === "open" ? "none" : colour, stroke: colour, "stroke-width": 2, "stroke-dasharray": dash });
    add(svg, "text", { x: at + 29, y: row }, words);
    at += wide;
  }
  return row;
}

// ---------------------------------------------------------------- hands

/**
 * A handle to drag or to move by keys. `moved([dx, dy], to)` gets steps from a key, or the place under the pointer in the
 * plane's values. The caller puts it into its place with `place(handle, x, y, words, value)`.
 */
export function handle(svg, { name, label, plane, shape, directions = "x", state, moved }) {
  const grip = add(svg, "g", { role: "slider", tabindex: 0, "aria-label": label, "data-handle": name });
  grip.style.cursor = { x: "ew-resize", y: "ns-resize", xy: "move" }[directions];
  grip.style.touchAction = "none";
  add(grip, "circle", { r: 19, fill: "transparent" }); // large enough for a finger
  shape(grip);
  grip.addEventListener("pointerdown", (event) => { grip.setPointerCapture(event.pointerId); grip.focus({ preventScroll: true }); });
  grip.addEventListener("pointermove", (event) => {
    if (grip.hasPointerCapture(event.pointerId)) moved([0, 0], plane.at(event));
  });
  grip.addEventListener("lostpointercapture", () => state.settle());
  grip.addEventListener("keydown", (event) => {
    const level = directions === "y" ? [0, 1] : [1, 0];
    const flip = directions === "xy" ? [0, 1] : level; // up and down mean more and less where there is one direction
    const far = event.shiftKey ? 10 : 1;
    const by = {
      ArrowLeft: level.map((v) => -v * far), ArrowRight: level.map((v) => v * far), ArrowDown: flip.map((v) => -v * far),
      ArrowUp: flip.map((v) => v * far), PageDown: flip.map((v) => -10 * v), PageUp: flip.map((v) => 10 * v),
    }[event.key];
    if (!by) return;
    event.preventDefault(); // else the page scrolls
    moved(by, null);
    state.settle();
  });
  return grip;
}

export function place(grip, x, y, words, value, [low, high] = [0, 1]) {
  set(grip, { transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})`, "aria-valuetext": words });
  set(grip, { "aria-valuenow": value.toFixed(4), "aria-valuemin": low, "aria-valuemax": high });
}

export const knob = (colour, marker = "circle") => (grip) => {
  const look = { class: "ring", fill: colour, stroke: PAPER, "stroke-width": 1.5 };
  if (marker === "circle") add(grip, "circle", { r: 8, ...look });
  if (marker === "square") add(grip, "rect", { x: -7, y: -7, width: 14, height: 14, ...look });
  if (marker === "diamond") add(grip, "path", { d: "M0 -9L9 0L0 9L-9 0Z", ...look });
  if (marker === "triangle") add(grip, "path", { d: "M0 -9L9 7L-9 7Z", ...look });
};

/** A row of the controls: a slider of the browser's own, its name before it, its value after it. */
export function slider(controls, { name, label, min, max, step, state, words = String, put = (v) => ({ [name]: v }), take = () => state.get(name) }) {
  const row = controls.appendChild(document.createElement("label"));
  row.append(label);
  const input = row.appendChild(document.createElement("input"));
  Object.assign(input, { type: "range", min, max, step });
  input.dataset.control = name;
  const output = row.appendChild(document.createElement("output"));
  input.addEventListener("input", () => state.move(put(Number(input.value))));
  input.addEventListener("change", () => state.settle());
  return () => {
    const value = take();
    if (Number(input.value) !== value) input.value = value;
    output.textContent = words(value);
    input.setAttribute("aria-valuetext", output.textContent);
  };
}

/** A field for a word; `suggested` are offered. */
export function field(controls, { name, label, suggested, state, put }) {
  const row = controls.appendChild(document.createElement("label"));
  row.append(label);
  const input = row.appendChild(document.createElement("input"));
  Object.assign(input, { type: "text", size: 8 });
  input.dataset.control = name;
  const list = row.appendChild(document.createElement("datalist"));
  list.id = `list${Math.random().toString(36).slice(2)}`;
  for (const word of suggested) list.append(new Option(word));
  input.setAttribute("list", list.id);
  input.addEventListener("input", () => state.move(put(input.value)));
  input.addEventListener("change", () => state.settle());
  return () => { if (document.activeElement !== input) input.value = state.get(name); };
}

/** A menu. `options` are [value, words]. */
export function menu(controls, { name, label, options, state, put = (v) => ({ [name]: v }) }) {
  const row = controls.appendChild(document.createElement("label"));
  row.append(label);
  const select = row.appendChild(document.createElement("select"));
  select.dataset.control = name;
  for (const [value, words] of options) select.add(new Option(words, value));
  select.addEventListener("change", () => { state.move(put(select.value)); state.settle(); });
  return () => { select.value = state.get(name); };
}

export function button(controls, { name, words, pressed }, act) {
  const made = controls.appendChild(document.createElement("button"));
  made.type = "button";
  made.dataset.control = name;
  made.textContent = words;
  made.addEventListener("click", act);
  return () => { if (pressed) made.setAttribute("aria-pressed", pressed()); };
}
