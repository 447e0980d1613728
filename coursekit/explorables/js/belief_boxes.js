// Belief boxes: outcome i is a box of width p_i and height ln(1/q_i). Their areas add up to the cross-entropy, of which
// the entropy is shaded and the KL divergence stands out. Beside them: what the belief that is being moved would cost.
import { COLOURS, INK, PAPER, add, axes, clamp, curve, explorable, fixed, handle, legend, path, place, set, span, sum } from "./kit.js";

const LEAST = 0.03; // no outcome gets less likely
const STEP = 0.01; // what an arrow key moves
const TOP = 3.55; // nats that the boxes have room for

const cuts = (values) => values.map((_, i) => sum(values.slice(0, i)));
const surprise = (probability) => -Math.log(probability);
const crossEntropy = (p, q) => sum(p.map((p_i, i) => p_i * surprise(q[i])));

/** The probabilities after boundary k (between outcomes k and k+1) has moved to `to`. */
function moved(values, k, to) {
  const pair = values[k] + values[k + 1];
  const share = clamp(to - cuts(values)[k], LEAST, pair - LEAST);
  return values.map((value, i) => (i === k ? share : i === k + 1 ? pair - share : value));
}

export default explorable(({ svg, state, width, height }) => {
  const outcomes = state.get("outcomes");
  const beside = width >= 560; // else the curve stands below
  const boxesWide = beside ? width - 290 : width - 70;
  const low = 410;
  height(beside ? low : low + 315, "Belief boxes: drag the boundaries of p and of q");
  const boxes = axes(svg, {
    left: 46, top: 30, width: boxesWide, height: 220, xs: [0, 1], ys: [0, TOP], yticks: [0, 1, 2, 3], ylabel: "height: surprise ln(1/q), in nats",
  });
  add(svg, "text", { x: boxes.left + boxesWide / 2, y: 268, "text-anchor": "middle" }, "width: how often, p");

  const inside = add(svg, "g", { "clip-path": boxes.clip, "aria-hidden": "true" });
  const layers = outcomes.map(() => ({
    shared: add(inside, "rect", { "data-part": "shared", fill: COLOURS.green, "fill-opacity": 0.5 }),
    more: add(inside, "rect", { "data-part": "more", fill: COLOURS.orange, "fill-opacity": 0.9 }),
    less: add(inside, "rect", { "data-part": "less", fill: "none", stroke: COLOURS.sky, "stroke-width": 2.5, "stroke-dasharray": "5 4" }),
    edge: add(inside, "rect", { fill: "none", stroke: INK, "stroke-width": 1.2 }),
    name: add(svg, "text", { "text-anchor": "middle", "aria-hidden": "true" }),
  }));
  const box = (rect, x, wide, from, to) => {
    set(rect, { x: boxes.x(x), width: Math.max(boxes.x(x + wide) - boxes.x(x), 0), y: boxes.y(to), height: Math.max(boxes.y(from) - boxes.y(to), 0) });
  };

  let active = 0; // the boundary of q whose cost is drawn
  const strips = ["p", "q"].map((row, number) => {
    const top = 282 + 46 * number;
    add(svg, "text", { x: 36, y: top + 19, "text-anchor": "end", "font-weight": "bold" }, row);
    return {
      row, top,
      fields: outcomes.map(() => add(svg, "rect", { y: top, height: 28, fill: number ? COLOURS.blue : COLOURS.grey, "fill-opacity": 0.22, stroke: INK })),
      texts: outcomes.map(() => add(svg, "text", { y: top + 19, "text-anchor": "middle", "aria-hidden": "true" })),
      grips: outcomes.slice(1).map((_, k) => handle(svg, {
        name: `${row}${k}`, plane: boxes, state,
        label: `${row === "p" ? "truth" : "belief"} ${row}: boundary between ${outcomes[k]} and ${outcomes[k + 1]}`,
        shape: (grip) => add(grip, "rect", { class: "ring", x: -5, y: -18, width: 10, height: 36, rx: 4, fill: INK, stroke: PAPER }),
        moved: ([steps], to) => {
          const values = state.get(row);
          if (row === "q") active = k;
          state.move({ [row]: moved(values, k, to ? to[0] : cuts(values)[k + 1] + steps * STEP) });
        },
      })),
    };
  });
  const last = legend(svg, 12, 398, boxesWide + 40, [[COLOURS.green, "", "entropy", "field"], [COLOURS.orange, "", "dearer than known", "field"], [COLOURS.sky, "4 3", "cheaper", "open"]]);

  const cost = axes(svg, {
    left: beside ? width - 200 : 46, top: beside ? 30 : low + 30 + (last - 398), width: beside ? 190 : width - 70, height: beside ? 220 : 170,
    xs: [0, 1], ys: [0, 2.6], xticks: [0, 0.5, 1], yticks: [0, 1, 2], xlabel: "the boundary of q", ylabel: "cost in nats",
  });
  const valley = curve(svg, cost, COLOURS.blue);
  const floor = curve(svg, cost, COLOURS.green, { dash: "7 4" });
  const bar = curve(svg, cost, COLOURS.orange, { width: 6 });
  const dot = add(svg, "circle", { r: 6, fill: COLOURS.blue, stroke: PAPER });
  legend(svg, cost.left - 4, cost.top + cost.height + 62, 400, [[COLOURS.blue, "", "cross-entropy H(p, q)"]]);
  legend(svg, cost.left - 4, cost.top + cost.height + 81, 400, [[COLOURS.green, "7 4", "entropy H(p)"]]);
  legend(svg, cost.left - 4, cost.top + cost.height + 100, 400, [[COLOURS.orange, "", "KL(p‖q)"]]);

  return (say) => {
    const [p, q] = [state.get("p"), state.get("q")];
    const [cross, entropy] = [crossEntropy(p, q), crossEntropy(p, p)];
    const at = cuts(p);
    layers.forEach(({ shared, more, less, edge, name }, i) => {
      const [truth, belief] = [surprise(p[i]), surprise(q[i])];
      box(shared, at[i], p[i], 0, Math.min(truth, belief));
      box(more, at[i], p[i], truth, belief);
      box(less, at[i], p[i], belief, truth);
      box(edge, at[i], p[i], 0, belief);
      set(name, { x: boxes.x(at[i] + p[i] / 2), y: Math.max(boxes.y(Math.max(truth, belief)) - 6, 44) });
      name.textContent = p[i] * boxesWide > 8 * outcomes[i].length ? outcomes[i] : "";
    });
    for (const { row, top, fields, texts, grips } of strips) {
      const values = state.get(row);
      cuts(values).forEach((x, i) => {
        const wide = values[i] * boxesWide;
        set(fields[i], { x: boxes.x(x), width: wide });
        set(texts[i], { x: boxes.x(x + values[i] / 2) });
        const both = `${outcomes[i]} ${fixed(values[i], 2)}`;
        texts[i].textContent = wide > 8 * both.length + 12 ? both : wide > 44 ? fixed(values[i], 2) : "";
        if (i) place(grips[i - 1], boxes.x(x), top + 14, `${outcomes[i - 1]} ${values[i - 1].toFixed(2)}, ${outcomes[i]} ${values[i].toFixed(2)}`, x);
      });
    }
    const [from, pair] = [cuts(q)[active], q[active] + q[active + 1]];
    const wandering = span(from + 0.004, from + pair - 0.004, 90);
    const costs = (to) => crossEntropy(p, q.map((v, i) => (i === active ? to - from : i === active + 1 ? from + pair - to : v)));
    valley.setAttribute("d", cost.line(wandering.map((to) => [to, costs(to)])));
    floor.setAttribute("d", cost.line([[0, entropy], [1, entropy]]));
    const [x, y] = [cost.x(from + q[active]), cost.y(Math.min(cross, 2.6))];
    bar.setAttribute("d", path([[x, cost.y(entropy)], [x, y]]));
    set(dot, { cx: x, cy: y });
    say`The area of all boxes is the cross-entropy, ${["cross", cross, 4]} nats: the entropy ${["entropy", entropy, 4]} that nobody can avoid, and ${["kl", cross - entropy, 4]} of KL divergence that the belief adds.`;
  };
});
