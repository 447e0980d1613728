// Measurements on a line, one of them to drag, and a candidate to drag under them. Each measurement pulls the candidate:
// in proportion to its distance (squared error), with 1 (absolute error), or with δ at most (Huber).
import { COLOURS, INK, PAPER, add, axes, clamp, curve, explorable, fixed, handle, knob, legend, place, set, slider, sum } from "./kit.js";

const mean = (values) => sum(values) / values.length;
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return half % 1 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}
/** Where the pulls of at most δ cancel: they only grow with c, so it is found by halving. */
function huber(values, delta) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  for (let i = 0; i < 60; i += 1) {
    const c = (low + high) / 2;
    if (sum(values.map((y) => clamp(c - y, -delta, delta))) > 0) high = c;
    else low = c;
  }
  return (low + high) / 2;
}

export default explorable(({ svg, controls, state, width, height }) => {
  const [low, high] = state.get("reach");
  const stray = state.get("stray");
  height(width < 560 ? 525 : 510, "Measurements that pull a candidate: drag the odd one, and the candidate c");
  const follow = [slider(controls, { name: "delta", label: "Huber's δ", min: 0.5, max: 20, step: 0.5, state, words: (v) => v.toFixed(1) })];
  const wide = width - 60;
  const ticks = [-2, -1, 0, 1, 2].map((i) => i * 25).filter((v) => v >= low && v <= high);
  const common = { left: 46, width: wide, xs: [low, high], form: (v) => fixed(v, 0) };
  const line = axes(svg, { ...common, top: 84, height: 96, ys: [0, 12], xticks: ticks, xlabel: state.get("label") });
  const reach = 2 * (high - low);
  const squared = axes(svg, { ...common, top: 262, height: 88, ys: [-reach * 0.3, reach * 0.9], yticks: [-50, 0, 50, 100, 150].filter((v) => v >= -reach * 0.3 && v <= reach * 0.9), ylabel: "squared: pull 2(c − y)" });
  const absolute = axes(svg, { ...common, top: 390, height: 70, ys: [-1.6, 1.6], yticks: [-1, 0, 1], ylabel: "absolute: pull ±1, and Huber's, divided by δ" });
  const guides = [squared, absolute].map((plane) => add(svg, "path", { stroke: INK, "stroke-opacity": 0.5, d: `M46 ${plane.y(0)}h${wide}` }));
  const candidates = [["mean", COLOURS.orange, ""], ["median", COLOURS.blue, "7 4"], ["Huber", COLOURS.green, "2 3"]].map(([name, colour, dash], i) => ({
    name, stroke: add(svg, "path", { stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dash }), words: add(svg, "text", { y: 18 + 17 * i }), level: 22 + 17 * i,
  }));
  const dots = state.get("values").map((_, i) => (i === stray ? null : add(svg, "circle", { r: 3, fill: COLOURS.grey })));
  const stems = state.get("values").map(() => add(svg, "path", { stroke: COLOURS.orange, "stroke-width": 2 }));
  const ones = state.get("values").map(() => add(svg, "circle", { r: 2.6, fill: COLOURS.blue }));
  const limited = curve(svg, absolute, COLOURS.green, { dash: "2 3" });
  const cut = add(svg, "path", { stroke: INK, "stroke-dasharray": "4 3" });
  const one = handle(svg, {
    name: "stray", label: "the measurement to move", plane: line, state, shape: knob(COLOURS.pink, "diamond"),
    moved: ([step], to) => {
      const values = [...state.get("values")];
      values[stray] = clamp(to ? Math.round(to[0]) : values[stray] + step, low, high);
      state.move({ values });
    },
  });
  const grip = handle(svg, {
    name: "c", label: "candidate c", plane: line, state, shape: (g) => add(g, "path", { class: "ring", d: "M-9 10L0 0L9 10V20H-9Z", fill: INK, stroke: PAPER }),
    moved: ([step], to) => state.move({ c: clamp(to ? Math.round(10 * to[0]) / 10 : Math.round(10 * state.get("c") + step) / 10, low, high) }),
  });
  legend(svg, 30, 496, wide, [[COLOURS.pink, "", "yours to drag", "field"], [COLOURS.orange, "", "squared"], [COLOURS.blue, "7 4", "absolute"], [COLOURS.green, "2 3", "Huber"]]);

  return (say) => {
    for (const each of follow) each();
    const [values, c, delta] = [state.get("values"), state.get("c"), state.get("delta")];
    const best = [mean(values), median(values), huber(values, delta)];
    candidates.forEach(({ name, stroke, words, level }, i) => {
      const x = line.x(best[i]);
      stroke.setAttribute("d", `M${x} ${level}V180`);
      words.textContent = `${name} ${fixed(best[i], 2)}`;
      set(words, { x: x + 6, y: level + 8, "text-anchor": "start" });
      if (x > width - 110) set(words, { x: x - 6, "text-anchor": "end" });
    });
    const heaps = new Map();
    values.forEach((y, i) => {
      const heap = Math.round(y);
      const height = heaps.get(heap) ?? 0;
      heaps.set(heap, height + 1);
      if (dots[i]) set(dots[i], { cx: line.x(y), cy: line.y(0.6 + 1.1 * height) });
      const x = squared.x(y);
      stems[i].setAttribute("d", `M${x} ${squared.y(0)}V${squared.y(2 * (c - y))}`);
      set(ones[i], { cx: x, cy: absolute.y(Math.sign(c - y)) });
    });
    limited.setAttribute("d", absolute.line([low, c - delta, c + delta, high].map((y) => [clamp(y, low, high), clamp((c - y) / delta, -1, 1)])));
    cut.setAttribute("d", `M${line.x(c)} 184V460`);
    place(one, line.x(values[stray]), line.y(0.8), fixed(values[stray], 0), values[stray], [low, high]);
    place(grip, line.x(c), 180, fixed(c, 1), c, [low, high]);
    const [below, above] = [values.filter((y) => y < c).length, values.filter((y) => y > c).length];
    const slopes = [2 * (c - best[0]), (below - above) / values.length, mean(values.map((y) => clamp(c - y, -delta, delta)))];
    say`Your measurement is at ${fixed(values[stray], 0)}: mean ${["mean", best[0], 2]}, median ${["median", best[1], 2]}, Huber's best ${["huber", best[2], 2]}. At c = ${fixed(c, 1)} the mean pull is ${["squared", slopes[0], 2]} by squares, ${["absolute", slopes[1], 2]} by sides (${String(below)} below, ${String(above)} above) and ${["limited", slopes[2], 2]} with Huber.`;
  };
});
