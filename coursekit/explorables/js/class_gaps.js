// Scores of several classes to drag: each wrong class that comes within the margin of the right one costs its gap, and is
// pushed down; softmax's loss stands beside, which is never content.
import { COLOURS, INK, PAPER, add, axes, clamp, explorable, fixed, handle, knob, legend, menu, place, set, slider, sum } from "./kit.js";

const REACH = 4;

export default explorable(({ svg, controls, state, width, height }) => {
  const classes = state.get("classes");
  const K = classes.length;
  height(430, "Scores of classes: drag a score");
  const follow = [
    menu(controls, { name: "right", label: "right class", options: classes.map((name, k) => [k, name]), state, put: (k) => ({ right: Number(k) }) }),
    slider(controls, { name: "margin", label: "margin", min: 0, max: 3, step: 0.25, state, words: (v) => v.toFixed(2) }),
    menu(controls, { name: "power", label: "p", options: [[1, "1"], [2, "2"]], state, put: (p) => ({ power: Number(p) }) }),
  ];
  const wide = width - 56;
  const high = axes(svg, { left: 44, top: 28, width: wide, height: 210, xs: [0, 1], ys: [-REACH, REACH], yticks: [-4, -2, 0, 2, 4], ylabel: "score", form: (v) => fixed(v, 0) });
  const low = axes(svg, { left: 44, top: 276, width: wide, height: 84, xs: [0, 1], ys: [0, 5], yticks: [0, 2, 4], ylabel: "what each class costs" });
  const at = (k) => (k + 0.5) / K;
  const half = Math.min(30, wide / K / 2 - 6);
  const zone = add(svg, "rect", { x: 44, width: wide, fill: COLOURS.orange, "fill-opacity": 0.18 });
  const edge = add(svg, "path", { stroke: COLOURS.orange, "stroke-width": 2, "stroke-dasharray": "7 4" });
  const level = add(svg, "path", { stroke: COLOURS.green, "stroke-width": 2 });
  const pulls = classes.map(() => add(svg, "path", { stroke: INK, "stroke-width": 3, fill: "none" }));
  const soft = classes.map(() => add(svg, "path", { stroke: COLOURS.sky, "stroke-width": 3, fill: "none" }));
  const bars = classes.map((name, k) => {
    add(svg, "text", { x: low.x(at(k)), y: 378, "text-anchor": "middle" }, name);
    return { bar: add(svg, "rect", { x: low.x(at(k)) - half, width: 2 * half, fill: COLOURS.orange }), text: add(svg, "text", { x: low.x(at(k)), "text-anchor": "middle" }) };
  });
  const grips = classes.map((name, k) => handle(svg, {
    name: `score${k}`, label: `score of ${name}`, plane: high, state, directions: "y", shape: (g) => { knob(COLOURS.blue, "circle")(g); },
    moved: ([, step], to) => {
      const scores = [...state.get("scores")];
      scores[k] = clamp(to ? Math.round(20 * to[1]) / 20 : Math.round(10 * scores[k] + step) / 10, -REACH, REACH);
      state.move({ scores });
    },
  }));
  legend(svg, 20, 412, width - 20, [[COLOURS.green, "", "the right score"], [COLOURS.orange, "7 4", "less the margin"], [INK, "", "pull"], [COLOURS.sky, "", "softmax's pull"]]);

  const arrow = (x, y, pull) => {
    const end = y - 70 * pull;
    const tip = pull > 0 ? 6 : -6;
    return Math.abs(pull) > 0.015 ? `M${x} ${y}V${end}M${x - 5} ${end + tip}L${x} ${end}L${x + 5} ${end + tip}` : "";
  };

  return (say) => {
    for (const one of follow) one();
    const [scores, right, margin, power] = ["scores", "right", "margin", "power"].map((name) => state.get(name));
    const gaps = scores.map((s, k) => (k === right ? 0 : Math.max(0, margin - scores[right] + s)));
    const costs = gaps.map((gap) => gap ** power / K);
    const slopes = gaps.map((gap, k) => (k === right || !gap ? 0 : (power * gap ** (power - 1)) / K));
    slopes[right] = -sum(slopes);
    const top = Math.max(...scores);
    const total = sum(scores.map((s) => Math.exp(s - top)));
    const p = scores.map((s) => Math.exp(s - top) / total);
    const y = high.y(scores[right] - margin);
    level.setAttribute("d", `M44 ${high.y(scores[right])}h${wide}`);
    edge.setAttribute("d", `M44 ${Math.min(y, 238)}h${wide}`);
    set(zone, { y: 28, height: Math.max(0, Math.min(y, 238) - 28) });
    classes.forEach((name, k) => {
      const [x, py] = [high.x(at(k)), high.y(scores[k])];
      place(grips[k], x, py, `${fixed(scores[k], 1)}, costs ${fixed(costs[k], 2)}`, scores[k], [-REACH, REACH]);
      pulls[k].setAttribute("d", arrow(x + 18, py, -slopes[k]));
      soft[k].setAttribute("d", arrow(x - 18, py, Number(k === right) - p[k]));
      set(bars[k].bar, { y: low.y(Math.min(5, costs[k] * K)), height: low.y(0) - low.y(Math.min(5, costs[k] * K)) });
      set(bars[k].text, { y: low.y(Math.min(4.4, costs[k] * K)) - 4 }).textContent = k === right ? "–" : fixed(costs[k] * K, 2);
    });
    const inside = gaps.filter((gap) => gap > 0).length;
    say`${String(inside)} of ${String(K - 1)} wrong classes are within the margin of ${classes[right]}. The loss is ${["loss", sum(costs), 4]}, the sum of the bars divided by ${String(K)}; its slope with respect to the score of ${classes[right]} is ${["slope", slopes[right], 3]}. Cross-entropy costs ${["cross", Math.log(total) + top - scores[right], 4]} nats, and always pulls.`;
  };
});
