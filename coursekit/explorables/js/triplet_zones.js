// A triplet in the plane: the anchor's rings part the negatives into hard, semi-hard and easy ones, and arrows show where
// the loss pulls each of the three. All three can be dragged.
import { COLOURS, INK, PAPER, add, axes, clamp, explorable, fixed, handle, knob, legend, place, set, slider } from "./kit.js";

const EPS = 1e-6; // torch adds it to each signed difference
const REACH = 3;
const less = (a, b) => [a[0] - b[0] + EPS, a[1] - b[1] + EPS];
const size = ([x, y]) => Math.hypot(x, y);

export default explorable(({ svg, controls, state, width, height }) => {
  const side = Math.min(width - 60, 440);
  height(side + 120, "A triplet: drag anchor, positive and negative");
  const follow = [slider(controls, { name: "margin", label: "margin", min: 0.1, max: 2, step: 0.1, state, words: (v) => v.toFixed(1) })];
  const plane = axes(svg, { left: 44, top: 12, width: side, height: side, xs: [-REACH, REACH], ys: [-REACH, REACH], xticks: [-2, 0, 2], yticks: [-2, 0, 2], xlabel: "first coordinate", form: (v) => fixed(v, 0) });
  const unit = side / (2 * REACH);
  const zones = add(svg, "g", { "clip-path": plane.clip, "aria-hidden": "true" });
  const semi = add(zones, "circle", { fill: COLOURS.yellow, "fill-opacity": 0.22, stroke: INK, "stroke-dasharray": "7 4", "stroke-width": 1.5 });
  const hard = add(zones, "circle", { fill: COLOURS.orange, "fill-opacity": 0.4, stroke: INK, "stroke-width": 1.5 });
  const names = ["hard", "semi-hard", "easy"].map((name) => Object.assign(add(zones, "text", { "text-anchor": "middle" }), { textContent: name }));
  const lines = [COLOURS.blue, COLOURS.pink].map((colour, i) => add(svg, "path", { stroke: colour, "stroke-width": 2, "stroke-dasharray": i ? "5 3" : "none" }));
  const arrows = [0, 1, 2].map(() => add(svg, "path", { stroke: INK, "stroke-width": 3, fill: "none" }));
  const hands = [["anchor", "square", INK], ["positive", "circle", COLOURS.blue], ["negative", "triangle", COLOURS.pink]].map(([name, marker, colour]) => ({
    name,
    words: add(svg, "text", { "font-weight": "bold" }),
    grip: handle(svg, {
      name, label: name, plane, state, directions: "xy", shape: knob(colour, marker),
      moved: ([dx, dy], to) => {
        const at = to ?? state.get(name).map((v, i) => v + 0.1 * (i ? dy : dx));
        state.move({ [name]: at.map((v) => Math.round(100 * clamp(v, -REACH, REACH)) / 100) });
      },
    }),
  }));
  legend(svg, 30, side + 76, width - 40, [[COLOURS.blue, "", "d(a, p)"], [COLOURS.pink, "5 3", "d(a, n)"], [INK, "", "the pull, minus the gradient"]]);

  return (say) => {
    for (const one of follow) one();
    const [a, p, n, margin] = ["anchor", "positive", "negative", "margin"].map((name) => state.get(name));
    const [toP, toN] = [less(a, p), less(a, n)];
    const [near, far] = [size(toP), size(toN)];
    const loss = Math.max(0, margin + near - far);
    const zone = far < near ? "hard" : loss > 0 ? "semi-hard" : "easy";
    const [x, y] = [plane.x(a[0]), plane.y(a[1])];
    set(hard, { cx: x, cy: y, r: near * unit });
    set(semi, { cx: x, cy: y, r: (near + margin) * unit });
    [near / 2, near + margin / 2, near + margin + 0.25].forEach((radius, i) => set(names[i], { x, y: y + radius * unit + 4 }));
    lines[0].setAttribute("d", `M${x} ${y}L${plane.x(p[0])} ${plane.y(p[1])}`);
    lines[1].setAttribute("d", `M${x} ${y}L${plane.x(n[0])} ${plane.y(n[1])}`);
    const live = loss > 0 ? 1 : 0;
    const [u, v] = [toP.map((d) => (live * d) / near), toN.map((d) => (live * d) / far)]; // slopes of the two distances
    const pulls = [[v[0] - u[0], v[1] - u[1]], u, v.map((d) => -d)];
    hands.forEach(({ name, grip, words }, i) => {
      const at = state.get(name);
      const [px, py] = [plane.x(at[0]), plane.y(at[1])];
      place(grip, px, py, `${fixed(at[0], 1)}, ${fixed(at[1], 1)}`, at[0], [-REACH, REACH]);
      set(words, { x: px + 12, y: py - 10 }).textContent = name;
      const [dx, dy] = [pulls[i][0] * 42, -pulls[i][1] * 42];
      const long = Math.hypot(dx, dy);
      const [ux, uy] = [dx / long, dy / long];
      const [ex, ey] = [px + dx, py + dy];
      arrows[i].setAttribute("d", long > 2 ? `M${px} ${py}L${ex} ${ey}M${ex - 9 * ux - 6 * uy} ${ey - 9 * uy + 6 * ux}L${ex} ${ey}L${ex - 9 * ux + 6 * uy} ${ey - 9 * uy - 6 * ux}` : "");
    });
    say`d(a, p) is ${["near", near, 3]}, d(a, n) is ${["far", far, 3]}: a ${zone} negative. The loss is max(0, ${fixed(margin, 1)} + d(a, p) − d(a, n)) = ${["loss", loss, 4]}${live ? ", and all three are pulled; the anchor with " : ": nobody is pulled; the anchor with "}${["pull", size(pulls[0]), 3]}.`;
  };
});
