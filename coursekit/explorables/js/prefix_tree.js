// Prefix beam search as a tree: a column for each frame, a node for each prefix with its two bars, and how each was reached.
// What the network says in a frame is dragged; how many prefixes are kept is a slider.
import { COLOURS, INK, PAPER, add, axes, clamp, explorable, fixed, handle, knob, legend, pool, set, slider, sum } from "./kit.js";

const NONE = "∅"; // the prefix of no labels
const MOST = 15; // prefixes in a column

/** The prefixes after each frame, the best first: how they end, how they were reached, and which are kept. */
function search(table, width) {
  let kept = [{ labels: [], b: 1, l: 0 }];
  const columns = [[{ ...kept[0], kept: true, from: [] }]];
  for (const frame of table) {
    const found = new Map();
    const reach = (labels) => {
      const key = labels.join();
      if (!found.has(key)) found.set(key, { labels, b: 0, l: 0, from: [] });
      return found.get(key);
    };
    kept.forEach(({ labels, b, l }, i) => {
      const same = reach(labels);
      same.b += (b + l) * frame[0];
      same.from.push([i, "same"]);
      for (let c = 1; c < frame.length; c += 1) {
        const longer = reach([...labels, c]);
        const again = labels.at(-1) === c;
        if (again) same.l += l * frame[c];
        longer.l += (again ? b : b + l) * frame[c];
        if (again ? b : b + l) longer.from.push([i, "longer"]);
      }
    });
    const sorted = [...found.values()].filter(({ b, l }) => b + l > 0).sort((x, y) => y.b + y.l - x.b - x.l);
    sorted.forEach((prefix, i) => { prefix.kept = i < width; });
    kept = sorted.slice(0, width);
    columns.push(sorted);
  }
  return columns;
}

export default explorable(({ svg, controls, state, width, height }) => {
  const letters = state.get("classes");
  const T = state.get("table").length;
  const beside = width >= 560;
  const even = state.get("table").map((row) => row.map(() => 1 / row.length));
  const rows = Math.min(MOST, search(even, Infinity)[T].length); // where nothing is ruled out there are no more
  const rowHeight = 24;
  const low = 44 + Math.max(rows * rowHeight, 190);
  height(beside ? low + 50 : low + 250, "Prefixes after each frame: choose the beam, drag what the network says");
  const follow = [
    slider(controls, { name: "width", label: "prefixes kept", min: 1, max: 8, step: 1, state }),
    slider(controls, { name: "frame", label: "frame", min: 1, max: T, step: 1, state }),
  ];
  const wide = beside ? width - 175 : width - 16;
  const step = wide / (T + 1);
  const [word, longest] = [0.3 * step, 0.42 * step];
  const x = (t) => 8 + t * step;
  const y = (row) => 52 + row * rowHeight;
  const band = add(svg, "rect", { y: 26, width: step - 4, height: low - 24, fill: INK, "fill-opacity": 0.09 });
  for (let t = 0; t <= T; t += 1) add(svg, "text", { x: x(t), y: 18, "aria-hidden": "true" }, t ? `after ${t}` : "start");
  const edges = { same: [COLOURS.grey, "2 4"], longer: [COLOURS.blue, ""], lost: [COLOURS.grey, "1 5"] };
  const lines = Object.fromEntries(Object.entries(edges).map(([kind, [colour, dash]]) => [kind, add(svg, "path", { stroke: colour, "stroke-dasharray": dash, "stroke-width": kind === "lost" ? 1 : 1.8, fill: "none" })]));
  const names = pool(() => add(svg, "text", { "font-weight": "bold" }));
  const ofBlank = pool(() => add(svg, "rect", { height: 13, fill: PAPER, stroke: COLOURS.sky, "stroke-width": 2 }));
  const ofLabel = pool(() => add(svg, "rect", { height: 13, fill: COLOURS.orange, stroke: COLOURS.orange, "stroke-width": 2 }));
  legend(svg, 8, low + 24, beside ? wide + 150 : wide, [[COLOURS.sky, "", "p_b, ends in blank", "open"], [COLOURS.orange, "", "p_ℓ, ends in its label", "field"], [COLOURS.grey, "2 4", "stays"], [COLOURS.blue, "", "one label longer"]]);

  const [barLeft, barTop] = beside ? [width - 118, 56] : [44, low + 116];
  const bars = axes(svg, { left: barLeft, top: barTop, width: beside ? 104 : width - 80, height: beside ? 150 : 90, xs: [0, 1], ys: [1, 0], xticks: [0, 0.5, 1] });
  const title = add(svg, "text", { x: barLeft - 18, y: barTop - 14 });
  const says = letters.map((_, k) => add(svg, "rect", { x: bars.left, height: 12, fill: COLOURS.sky }));
  letters.forEach((letter, k) => add(svg, "text", { x: barLeft - 10, y: bars.y((k + 0.5) / letters.length) + 5, "text-anchor": "end", "font-weight": "bold" }, letter));
  const grips = letters.map((letter, k) => handle(svg, {
    name: `says${k}`, label: `probability of ${letter}`, plane: bars, state, shape: knob(COLOURS.blue),
    moved: ([by], to) => {
      const t = state.get("frame") - 1;
      const row = state.get("table")[t];
      const wanted = clamp(to ? Math.round(100 * to[0]) / 100 : row[k] + 0.01 * by, 0.01, 0.98);
      const table = state.get("table").map((each, u) => (u === t ? each.map((v, j) => (j === k ? wanted : (v * (1 - wanted)) / (1 - row[k]))) : each));
      state.move({ table });
    },
  }));

  const spelt = (labels) => labels.map((c) => letters[c]).join("");
  return (say) => {
    for (const one of follow) one();
    const [table, frame] = [state.get("table"), state.get("frame")];
    const columns = search(table, state.get("width"));
    const parts = { same: "", longer: "", lost: "" };
    set(band, { x: x(frame) - 4 });
    columns.forEach((column, t) => {
      const scale = longest / Math.max(...column.map(({ b, l }) => b + l));
      column.slice(0, MOST).forEach(({ labels, b, l, kept, from }, row) => {
        const opacity = kept ? 1 : 0.35;
        set(names.next(), { x: x(t), y: y(row) + 5, opacity }).textContent = spelt(labels) || NONE;
        set(ofBlank.next(), { x: x(t) + word, y: y(row) - 6.5, width: Math.max(b * scale, 0.01), opacity: b ? opacity : 0 });
        set(ofLabel.next(), { x: x(t) + word + b * scale, y: y(row) - 6.5, width: Math.max(l * scale, 0.01), opacity: l ? opacity : 0 });
        for (const [i, kind] of from) {
          const start = x(t - 1) + word + longest + 6;
          parts[kept ? kind : "lost"] += `M${start.toFixed(1)} ${y(i)}L${(x(t) - 4).toFixed(1)} ${y(row)}`;
        }
      });
    });
    names.rest(); ofBlank.rest(); ofLabel.rest();
    for (const [kind, d] of Object.entries(parts)) lines[kind].setAttribute("d", d);
    title.textContent = `network, frame ${frame}`;
    const row = table[frame - 1];
    row.forEach((p, k) => {
      const at = bars.y((k + 0.5) / row.length);
      set(says[k], { y: at - 6, width: bars.x(p) - bars.left });
      set(grips[k], { transform: `translate(${bars.x(p).toFixed(2)} ${at.toFixed(2)})`, "aria-valuetext": fixed(p, 2), "aria-valuenow": p.toFixed(4), "aria-valuemin": 0, "aria-valuemax": 1 });
    });
    const [best] = columns[T];
    const exact = search(table, Infinity)[T].find(({ labels }) => labels.join() === best.labels.join());
    const path = table.map((each) => each.indexOf(Math.max(...each)));
    const read = path.filter((c, t) => c && c !== path[t - 1]);
    const known = exact.b + exact.l;
    const lost = known - best.b - best.l;
    const note = lost > 1e-12 ? ` All its paths together have ${fixed(known, 4)}: the beam lost some on the way.` : "";
    say`After ${String(T)} frames “${spelt(best.labels) || "nothing"}” is best, with p_b = ${["b", best.b, 4]} and p_ℓ = ${["l", best.l, 4]}, together ${["p", best.b + best.l, 4]}. The best path alone has ${["path", path.reduce((p, c, t) => p * table[t][c], 1), 4]} and reads “${spelt(read) || "nothing"}”.${note}`;
  };
});
