// What a lesson's own drawing function has drawn, moved by controls: shapes in pixels, found among the frames that came
// along, or asked of the kernel, one question at a time: for the newest state, and those that the hand is on its way to.
import { INK, PAPER, add, explorable, set } from "./kit.js";

const THEME = { ink: INK, paper: PAPER, grid: INK };
const MARKS = {
  o: (r) => `M${-r} 0A${r} ${r} 0 1 0 ${r} 0A${r} ${r} 0 1 0 ${-r} 0Z`,
  s: (r) => `M${-r} ${-r}H${r}V${r}H${-r}Z`,
  "^": (r) => `M0 ${-r}L${r} ${r}H${-r}Z`,
  v: (r) => `M0 ${r}L${r} ${-r}H${-r}Z`,
  D: (r) => `M0 ${-r * 1.3}L${r * 1.3} 0L0 ${r * 1.3}L${-r * 1.3} 0Z`,
  x: (r) => `M${-r} ${-r}L${r} ${r}M${r} ${-r}L${-r} ${r}`,
  "+": (r) => `M${-r} 0H${r}M0 ${-r}V${r}`,
  "|": (r) => `M0 ${-r}V${r}`,
  _: (r) => `M${-r} 0H${r}`,
  "*": (r) => `M0 ${-r}L${r * 0.3} ${-r * 0.3}H${r}L${r * 0.45} ${r * 0.2}L${r * 0.6} ${r}L0 ${r * 0.5}L${-r * 0.6} ${r}L${-r * 0.45} ${r * 0.2}L${-r} ${-r * 0.3}H${-r * 0.3}Z`,
};
const mark = (name) => MARKS[name] ?? MARKS.o;
const AHEAD = 4; // states that are asked for before the hand has come to them
const colour = (name) => THEME[name] ?? name ?? "none";

const look = (shape, prefix = "") => ({
  fill: colour(shape[`${prefix}fill`]), "fill-opacity": shape[`${prefix}fo`] ?? 1, stroke: colour(shape[`${prefix}stroke`]),
  "stroke-opacity": shape.stroke === "grid" ? 0.15 : shape[`${prefix}so`] ?? 1, "stroke-width": shape[`${prefix}width`] ?? (shape.stroke === "grid" ? 1 : 0),
  "stroke-dasharray": shape[`${prefix}dash`] ?? "none",
});

/** Hands out clip paths and hatches, each made once for a picture. */
function supplies(svg) {
  const made = new Map();
  const once = (key, make) => {
    if (!made.has(key)) {
      const id = `s${Math.random().toString(36).slice(2)}`;
      make(id);
      made.set(key, `url(#${id})`);
    }
    return made.get(key);
  };
  return {
    clip: ([x, y, width, height]) => once(`${x} ${y} ${width} ${height}`, (id) => {
      add(add(svg, "clipPath", { id }), "rect", { x: x - 1, y: y - 1, width: width + 2, height: height + 2 });
    }),
    hatch: (stroke) => once(stroke, (id) => {
      const pattern = add(svg, "pattern", { id, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
      add(pattern, "path", { d: "M0 0V7", stroke: colour(stroke), "stroke-width": 2 });
    }),
  };
}

const DRAW = {
  path(g, shape, supply) {
    add(g, "path", { d: shape.d, ...look(shape) });
    if (shape.hatch) add(g, "path", { d: shape.d, fill: supply.hatch(shape.stroke ?? "ink"), stroke: "none" });
  },
  marks(g, shape) {
    for (const [x, y] of shape.at) add(g, "path", { d: mark(shape.m)(shape.r), transform: `translate(${x} ${y})`, ...look(shape) });
  },
  text(g, shape, supply, larger) {
    const lines = shape.s.split("\n");
    lines.forEach((line, i) => {
      const text = add(g, "text", { x: shape.x, y: shape.y + i * shape.size * 1.2, "text-anchor": shape.a }, line);
      text.setAttribute("style", `font-size:${(shape.size * larger).toFixed(1)}px;${shape.bold ? "font-weight:bold;" : ""}${shape.mono ? "font-family:monospace;" : ""}white-space:pre`);
      if (shape.turn) set(text, { transform: `rotate(-90 ${shape.x} ${shape.y})` });
    });
  },
  image(g, { x, y, w, h, href }) {
    const image = add(g, "image", { x, y, width: w, height: h, href, preserveAspectRatio: "none" });
    image.style.imageRendering = "pixelated";
  },
  arrow(g, { from: [x0, y0], to: [x1, y1], stroke, width }) {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const length = Math.hypot(dx, dy);
    if (length < 1) return;
    const [ux, uy] = [dx / length, dy / length];
    const head = Math.min(14, length);
    const [bx, by] = [x1 - ux * head, y1 - uy * head];
    add(g, "path", { d: `M${x0} ${y0}L${bx} ${by}`, stroke: colour(stroke), "stroke-width": width });
    add(g, "path", { d: `M${x1} ${y1}L${bx - uy * 6} ${by + ux * 6}L${bx + uy * 6} ${by - ux * 6}Z`, fill: colour(stroke) });
  },
  legend(g, { box: [x, y, width, height], loc, cols, size, of }, supply, larger) {
    const font = size * larger;
    const line = font * 1.35;
    const wide = of.map(({ s }) => 36 + s.length * font * 0.56);
    const rows = Math.ceil(of.length / cols);
    const column = Array.from({ length: cols }, (_, c) => Math.max(0, ...wide.slice(c * rows, (c + 1) * rows)));
    const whole = column.reduce((a, b) => a + b, 0);
    // matplotlib's places: 1 upper right, 2 upper left, 3 lower left, 4 lower right, 5 and 7 right, 6 left, 8 below, 9 above, 10 centre
    const side = { 2: 0, 3: 0, 6: 0, 8: 0.5, 9: 0.5, 10: 0.5 }[loc] ?? 1;
    const down = { 3: 1, 4: 1, 8: 1, 5: 0.5, 6: 0.5, 7: 0.5, 10: 0.5 }[loc] ?? 0;
    const [left, top] = [x + 8 + (width - 16 - whole) * side, y + 4 + (height - 8 - rows * line) * down];
    of.forEach((entry, i) => {
      const c = Math.floor(i / rows);
      const [at, middle] = [left + column.slice(0, c).reduce((a, b) => a + b, 0), top + ((i % rows) + 0.5) * line];
      if (entry.fill) {
        const d = `M${at + 2} ${middle - 5}h22v10h-22Z`;
        add(g, "path", { d, ...look(entry) });
        if (entry.hatch) add(g, "path", { d, fill: supply.hatch(entry.stroke ?? "ink") });
      } else if (entry.width) add(g, "path", { d: `M${at} ${middle}h26`, ...look(entry), fill: "none" });
      if (entry.m) add(g, "path", { d: mark(entry.m)(5), transform: `translate(${at + 13} ${middle})`, ...look(entry, "m_") });
      const text = add(g, "text", { x: at + 32, y: middle + font * 0.35 }, entry.s);
      text.setAttribute("style", `font-size:${font.toFixed(1)}px`);
    });
  },
};

/** Of each control, by name, the options of which a picture came along: all of them, or, of many, a few; all where none came. */
function optionsAlong(list, keys) {
  return Object.fromEntries(list.map(({ name, words }, at) => {
    const drawn = new Set(keys.map((key) => key[at]));
    return [name, words.map((_, i) => i).filter((i) => !keys.length || drawn.has(i))];
  }));
}

/** The controls of a lesson: each is an index into its words, or a text. */
function controlsOf(box, list, state, change) {
  const along = optionsAlong(list, Object.keys(state.get("drawn").frames).map((key) => JSON.parse(key)));
  return list.map(({ name, label, kind, words }) => {
    const row = box.appendChild(document.createElement("label"));
    row.append(label);
    const put = (value) => change({ ...state.get("values"), [name]: value });
    if (kind === "range") {
      const input = row.appendChild(document.createElement("input"));
      Object.assign(input, { type: "range", min: 0, step: 1 });
      input.dataset.control = name;
      const output = row.appendChild(document.createElement("output"));
      const stops = () => (state.model ? words.map((_, i) => i) : along[name]); // without a kernel: what came along
      input.addEventListener("input", () => put(stops()[input.value]));
      input.addEventListener("change", () => state.settle());
      return (value) => {
        input.max = stops().length - 1;
        const stop = stops().indexOf(value);
        if (Number(input.value) !== stop) input.value = stop;
        output.textContent = words[value];
        input.setAttribute("aria-valuetext", words[value]);
      };
    }
    const field = row.appendChild(document.createElement(kind === "menu" ? "select" : "input"));
    field.dataset.control = name;
    if (kind === "menu") words.forEach((word, i) => field.add(new Option(word, i)));
    else {
      field.type = "text";
      field.size = 10;
      const list = row.appendChild(document.createElement("datalist"));
      list.id = `l${Math.random().toString(36).slice(2)}`;
      for (const word of words) list.append(new Option(word));
      field.setAttribute("list", list.id);
    }
    field.addEventListener("change", () => { put(kind === "menu" ? Number(field.value) : field.value); state.settle(); });
    return (value) => { if (document.activeElement !== field || kind === "menu") field.value = value; };
  });
}

export default explorable(({ svg, controls, state, width, height }) => {
  const [wide, tall] = state.get("size");
  height(tall, "");
  const zoom = Math.min(width / wide, 1);
  set(svg, { viewBox: `0 0 ${wide} ${tall}`, width: wide * zoom, height: tall * zoom });
  const larger = Math.min(Math.max(0.75 / zoom, 1), 1.4); // on a narrow page the letters shrink less than the picture
  const supply = supplies(svg);
  const names = state.get("controls").map(({ name }) => name);
  const [kinds, words] = ["kind", "words"].map((what) => Object.fromEntries(state.get("controls").map((each) => [each.name, each[what]])));
  const keyOf = (values) => JSON.stringify(names.map((name) => values[name]));
  const key = () => keyOf(state.get("values"));
  const shown = [];
  let current = null;
  const follow = controlsOf(controls, state.get("controls"), state, (values) => state.move({ values }));

  state.answers ??= new Map(); // what the kernel has drawn, by key
  const has = (values) => values in state.get("drawn").frames || state.answers.has(values) || state.get("answer").key === values;
  let last = state.get("values");
  let way = null; // where the hand goes: a control, and up or down
  const turned = () => {
    const values = state.get("values");
    const moved = names.filter((name) => values[name] !== last[name]);
    if (moved.length === 1 && kinds[moved[0]] === "range") way = [moved[0], Math.sign(values[moved[0]] - last[moved[0]])];
    else if (moved.length) way = null;
    last = { ...values };
  };
  const ask = () => {
    const { model } = state;
    if (!model || state.asked) return; // one question at a time: no backlog while a hand drags
    const ahead = way ? Array.from({ length: AHEAD }, (_, i) => ({ ...last, [way[0]]: last[way[0]] + way[1] * (i + 1) })) : [];
    const states = [last, ...ahead.filter((values) => values[way[0]] in words[way[0]])].filter((values) => !has(keyOf(values)));
    if (!states.length) return;
    if (state.asking !== model) {
      state.asking = model;
      model.on("msg:custom", (answer) => {
        state.answers.set(answer.key, answer);
        if (answer.key === state.asked) state.asked = null;
        state.move({});
      });
    }
    state.asked = keyOf(states.at(-1));
    model.send({ states });
  };

  return (say) => {
    names.forEach((name, i) => follow[i](state.get("values")[name]));
    turned();
    const { pool, frames } = state.get("drawn");
    const answer = state.get("answer"); // what Python has drawn unasked
    const frame = frames[key()] ?? state.answers.get(key()) ?? (answer.key === key() ? answer : null);
    ask();
    if (!frame) {
      const newest = [...state.answers.values()].at(-1) ?? answer;
      if (newest.key !== undefined && newest !== current) paint(newest, pool, say);
      if (current !== null && !state.model) say`${current.said} Run this cell to move it.`;
      return;
    }
    if (frame !== current) paint(frame, pool, say);
  };

  function paint(frame, pool, say) {
    current = frame;
    frame.shapes.forEach((shape, i) => {
      const [mark, full] = typeof shape === "number" ? [shape, pool[shape]] : [JSON.stringify(shape), shape];
      if (shown[i]?.mark === mark) return;
      if (!shown[i]) shown[i] = { g: add(svg, "g", { "aria-hidden": "true" }) };
      const { g } = shown[i];
      shown[i].mark = mark;
      g.replaceChildren();
      if (full.clip) g.setAttribute("clip-path", supply.clip(full.clip));
      else g.removeAttribute("clip-path");
      DRAW[full.t](g, full, supply, larger);
    });
    for (let i = frame.shapes.length; i < shown.length; i += 1) {
      shown[i].g.replaceChildren();
      shown[i].mark = null;
    }
    say`${frame.said}`;
  }
});
