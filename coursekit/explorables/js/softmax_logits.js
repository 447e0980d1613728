// Logits to drag: their softmax, the loss, and what training does to each of them, p − q. Beside them: the loss along the
// logit that was moved last.
import { COLOURS, INK, PAPER, add, axes, button, clamp, curve, explorable, fixed, handle, knob, legend, menu, place, set, slider, span, sum } from "./kit.js";

const REACH = 6; // logits go from −6 to 6, before c is added to all

/** ln of the sum of e^z, without an overflow. */
const logSum = (z) => {
  const top = Math.max(...z);
  return top + Math.log(sum(z.map((v) => Math.exp(v - top))));
};
const targetOf = (K, right, epsilon) => Array.from({ length: K }, (_, k) => epsilon / K + (k === right ? 1 - epsilon : 0));
const lossOf = (z, q) => sum(z.map((v, k) => (q[k] ? q[k] * (logSum(z) - v) : 0)));

export default explorable(({ svg, controls, state, width, height }) => {
  const classes = state.get("classes");
  const K = classes.length;
  const beside = width >= 560;
  height(beside ? 420 : 720, "Logits and their softmax: drag a logit");
  const move = (changes) => state.move(changes);
  const follow = [
    menu(controls, { name: "right", label: "right class", options: classes.map((name, k) => [k, name]), state, put: (k) => ({ right: Number(k) }) }),
    slider(controls, { name: "epsilon", label: "smoothing ε", min: 0, max: 0.6, step: 0.05, state, words: (v) => v.toFixed(2) }),
    slider(controls, { name: "shift", label: "c added to all", min: -5, max: 5, step: 0.5, state, words: (v) => fixed(v, 1) }),
  ];
  button(controls, { name: "equal", words: "all equal" }, () => { move({ logits: Array(K).fill(0), shift: 0 }); state.settle(); });

  const wide = beside ? width - 320 : width - 60;
  const high = axes(svg, { left: 40, top: 28, width: wide, height: 180, xs: [0, 1], ys: [-11, 11], yticks: [-10, -5, 0, 5, 10], ylabel: "logit z, and where training pulls it", form: (v) => fixed(v, 0) });
  const low = axes(svg, { left: 40, top: 262, width: wide, height: 92, xs: [0, 1], ys: [0, 1], yticks: [0, 0.5, 1], ylabel: "p = softmax(z)" });
  const at = (k) => (k + 0.5) / K;
  const half = Math.min(34, wide / K / 2 - 4);
  const level = add(svg, "path", { stroke: COLOURS.grey, "stroke-dasharray": "3 3" });
  const stems = classes.map(() => add(svg, "path", { stroke: COLOURS.blue, "stroke-width": 3 }));
  const pulls = classes.map(() => add(svg, "path", { stroke: COLOURS.orange, "stroke-width": 4, fill: "none" }));
  const columns = classes.map((name, k) => {
    add(svg, "text", { x: low.x(at(k)), y: 372, "text-anchor": "middle" }, name);
    return {
      bar: add(svg, "rect", { x: low.x(at(k)) - half, width: 2 * half, fill: COLOURS.sky }),
      want: add(svg, "rect", { x: low.x(at(k)) - half, width: 2 * half, fill: "none", stroke: COLOURS.orange, "stroke-width": 2, "stroke-dasharray": "5 3" }),
      text: add(svg, "text", { x: low.x(at(k)), "text-anchor": "middle" }),
    };
  });
  let active = state.get("right");
  const grips = classes.map((name, k) => handle(svg, {
    name: `z${k}`, label: `logit of ${name}`, plane: high, state, directions: "y", shape: knob(COLOURS.blue),
    moved: ([, step], to) => {
      active = k;
      const logits = [...state.get("logits")];
      logits[k] = clamp(to ? to[1] - state.get("shift") : Math.round(10 * logits[k] + step) / 10, -REACH, REACH);
      move({ logits });
    },
  }));
  legend(svg, 14, beside ? 406 : 396, width, [[COLOURS.sky, "", "p", "field"], [COLOURS.orange, "4 3", "target q", "open"], [COLOURS.orange, "", "the pull, q − p"]]);

  const plane = axes(svg, { left: beside ? width - 222 : 40, top: beside ? 28 : 440, width: beside ? 210 : wide, height: beside ? 250 : 190, xs: [-REACH, REACH], ys: [0, 8], xticks: [-6, -3, 0, 3, 6], yticks: [0, 2, 4, 6, 8], ylabel: "loss in nats", form: (v) => fixed(v, 0) });
  const along = add(svg, "text", { x: plane.left + plane.width / 2, y: plane.top + plane.height + 37, "text-anchor": "middle" });
  const lossLine = curve(svg, plane, COLOURS.blue);
  const tangent = curve(svg, plane, COLOURS.orange, { dash: "7 4", width: 2 });
  const idea = curve(svg, plane, COLOURS.grey, { dash: "2 3", width: 1.5 });
  const dot = add(svg, "circle", { r: 6, fill: COLOURS.blue, stroke: PAPER });
  legend(svg, plane.left - 8, plane.top + plane.height + 58, 300, [[COLOURS.blue, "", "loss"], [COLOURS.orange, "7 4", "slope p − q"]]);
  legend(svg, plane.left - 8, plane.top + plane.height + 77, 300, [[COLOURS.grey, "2 3", `ln ${K}: no idea`]]);

  return (say) => {
    for (const one of follow) one();
    const [logits, shift, right] = [state.get("logits"), state.get("shift"), state.get("right")];
    const z = logits.map((v) => v + shift);
    const q = targetOf(K, right, state.get("epsilon"));
    const total = logSum(z);
    const p = z.map((v) => Math.exp(v - total));
    const loss = lossOf(z, q);
    level.setAttribute("d", `M${high.left} ${high.y(shift)}h${wide}`);
    classes.forEach((name, k) => {
      const [x, y, pull] = [high.x(at(k)), high.y(z[k]), q[k] - p[k]];
      stems[k].setAttribute("d", `M${x} ${high.y(shift)}V${y}`);
      const end = y - 60 * pull;
      const tip = pull > 0 ? 7 : -7;
      pulls[k].setAttribute("d", Math.abs(pull) > 0.02 ? `M${x + 16} ${y}V${end}M${x + 10} ${end + tip}L${x + 16} ${end}L${x + 22} ${end + tip}` : "");
      place(grips[k], x, y, `${fixed(z[k], 1)}, probability ${fixed(p[k], 2)}`, z[k], [-11, 11]);
      set(columns[k].bar, { y: low.y(p[k]), height: low.y(0) - low.y(p[k]) });
      set(columns[k].want, { y: low.y(q[k]), height: low.y(0) - low.y(q[k]) });
      set(columns[k].text, { y: low.y(Math.max(p[k], 0)) - 4 }).textContent = fixed(p[k], 3);
    });
    const swap = (v) => z.map((other, k) => (k === active ? v + shift : other));
    lossLine.setAttribute("d", plane.line(span(-REACH, REACH, 97).map((v) => [v, lossOf(swap(v), q)])));
    const slope = p[active] - q[active];
    tangent.setAttribute("d", plane.line([-REACH, REACH].map((v) => [v, loss + slope * (v - logits[active])])));
    idea.setAttribute("d", plane.line([[-REACH, Math.log(K)], [REACH, Math.log(K)]]));
    set(dot, { cx: plane.x(logits[active]), cy: plane.y(Math.min(loss, 8)) });
    along.textContent = `logit of ${classes[active]}, the others as they are`;
    const entropy = sum(q.map((v) => (v ? -v * Math.log(v) : 0)));
    const floor = state.get("epsilon") ? [", and never below ", ["floor", entropy, 4]] : ["", ""];
    say`The model gives ${classes[right]}, the right class, p = ${["p", p[right], 3]}. The loss is ${["loss", loss, 4]} nats${floor[0]}${floor[1]}; its slope with respect to the logit of ${classes[active]} is p − q = ${["slope", slope, 3]}. Adding c = ${fixed(shift, 1)} to all changes neither.`;
  };
});
