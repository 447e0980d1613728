// Two weights: the cost's ellipses, and the price for weights as a diamond (L1) or a circle (L2). Where they touch is the
// best that the price leaves; with L1 it jumps onto an axis, and a weight is exactly 0.
import { COLOURS, INK, PAPER, add, axes, clamp, curve, explorable, fixed, handle, knob, legend, menu, place, set, slider } from "./kit.js";

const REACH = 3;
const ROUNDS = 400;

/** The weights of least cost + price, coordinate by coordinate; each step is exact. */
function best([[a, b], [, d]], middle, lambda, price) {
  const w = [0, 0];
  const pull = (i) => (i ? [d, b * (w[0] - middle[0])] : [a, b * (w[1] - middle[1])]);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const i of [0, 1]) {
      const [steep, other] = pull(i);
      const free = steep * middle[i] - other; // the slope of the cost at w_i = 0 is −2 free
      w[i] = price === "L1" ? (Math.sign(free) * Math.max(0, Math.abs(free) - lambda / 2)) / steep : free / (steep + lambda);
    }
  }
  return w;
}

export default explorable(({ svg, controls, state, width, height }) => {
  const side = Math.min(width - 60, 430);
  height(side + 118, "Cost and price of two weights: drag the middle of the ellipses");
  const follow = [
    menu(controls, { name: "price", label: "price", options: [["L1", "L1: |w₁| + |w₂|"], ["L2", "L2: w₁² + w₂²"]], state }),
    slider(controls, { name: "strength", label: "λ", min: 0, max: 8, step: 0.1, state, words: (v) => v.toFixed(1) }),
  ];
  const plane = axes(svg, { left: 44, top: 24, width: side, height: side, xs: [-REACH, REACH], ys: [-REACH, REACH], xticks: [-2, 0, 2], yticks: [-2, 0, 2], xlabel: "weight w₁", ylabel: "weight w₂", form: (v) => fixed(v, 0) });
  add(svg, "path", { d: `M${plane.x(-REACH)} ${plane.y(0)}h${side}M${plane.x(0)} ${plane.y(-REACH)}v${-side}`, stroke: INK, "stroke-opacity": 0.5 });
  const ring = curve(svg, plane, COLOURS.orange, { width: 2.5 });
  set(ring, { fill: COLOURS.orange, "fill-opacity": 0.15 });
  const levels = [0, 1, 2, 3].map((i) => curve(svg, plane, COLOURS.blue, { width: i ? 1.2 : 2.2, dash: i ? "5 4" : "" }));
  const trail = curve(svg, plane, COLOURS.grey, { dash: "2 3", width: 2 });
  const dot = add(svg, "path", { d: "M0 -9L9 0L0 9L-9 0Z", fill: COLOURS.orange, stroke: PAPER });
  const grip = handle(svg, {
    name: "middle", label: "weights of least cost", plane, state, directions: "xy", shape: knob(COLOURS.blue),
    moved: ([dx, dy], to) => {
      const at = to ?? state.get("middle").map((v, i) => v + 0.1 * (i ? dy : dx));
      state.move({ middle: at.map((v) => Math.round(20 * clamp(v, -REACH, REACH)) / 20) });
    },
  });
  legend(svg, 28, side + 84, width - 30, [[COLOURS.blue, "", "equal cost"], [COLOURS.orange, "", "equal price"], [COLOURS.grey, "2 3", "the way of the best as λ grows"]]);
  const turns = Array.from({ length: 73 }, (_, i) => (i * Math.PI) / 36);

  return (say) => {
    for (const one of follow) one();
    const [H, middle, lambda, price] = ["curvature", "middle", "strength", "price"].map((name) => state.get(name));
    const w = best(H, middle, lambda, price);
    const [u, v] = [w[0] - middle[0], w[1] - middle[1]];
    const cost = H[0][0] * u * u + 2 * H[0][1] * u * v + H[1][1] * v * v;
    const paid = price === "L1" ? Math.abs(w[0]) + Math.abs(w[1]) : w[0] ** 2 + w[1] ** 2;
    const radius = price === "L1" ? paid : Math.sqrt(paid);
    const shape = price === "L1" ? [[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]] : turns.map((t) => [Math.cos(t), Math.sin(t)]);
    ring.setAttribute("d", plane.line(shape.map(([x, y]) => [radius * x, radius * y])));
    [cost, cost + 1.5, cost + 4, cost + 8].forEach((level, i) => {
      levels[i].setAttribute("d", plane.line(turns.map((t) => {
        const [x, y] = [Math.cos(t), Math.sin(t)];
        const far = Math.sqrt(level / (H[0][0] * x * x + 2 * H[0][1] * x * y + H[1][1] * y * y));
        return [middle[0] + far * x, middle[1] + far * y];
      })));
    });
    trail.setAttribute("d", plane.line(Array.from({ length: 41 }, (_, i) => best(H, middle, (i / 5) ** 2 / 4, price))));
    set(dot, { transform: `translate(${plane.x(w[0])} ${plane.y(w[1])})` });
    place(grip, plane.x(middle[0]), plane.y(middle[1]), `${fixed(middle[0], 1)}, ${fixed(middle[1], 1)}`, middle[0], [-REACH, REACH]);
    const zeros = w.filter((v) => v === 0).length;
    const words = ["Neither weight is 0.", "One weight is exactly 0: the corner of the diamond holds it.", "Both weights are 0."][zeros];
    say`With λ = ${fixed(lambda, 1)} the best weights are ${["w1", w[0], 3]} and ${["w2", w[1], 3]}: cost ${["cost", cost, 3]}, price λ · ${["price", paid, 3]}. ${zeros === 1 && price === "L2" ? "One weight is 0." : words}`;
  };
});
