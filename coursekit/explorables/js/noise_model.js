// Build your own noise: a density over the measurements, and below it minus its logarithm, which is the loss. The centre
// is dragged; the kind of noise decides what a stray measurement costs, and how hard it pulls.
import { COLOURS, INK, PAPER, add, axes, button, clamp, curve, explorable, fixed, handle, legend, menu, place, set, slider, span, sum } from "./kit.js";

/** ln Γ(x) for x > 0, by Lanczos's sum: right to 15 digits. */
function lnGamma(x) {
  const parts = [676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
  const t = x + 6.5;
  const series = parts.reduce((total, part, i) => total + part / (x + i), 0.99999999999980993);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series);
}

/** Of each noise: minus the logarithm of its density at an error d, and the slope of that. */
const NOISES = {
  Gauss: (s) => ({ loss: (d) => (d / s) ** 2 / 2 + Math.log(s) + Math.log(2 * Math.PI) / 2, slope: (d) => d / s ** 2 }),
  Laplace: (s) => ({ loss: (d) => Math.abs(d) / s + Math.log(2 * s), slope: (d) => Math.sign(d) / s }),
  Student: (s, nu) => {
    const constant = lnGamma(nu / 2) - lnGamma((nu + 1) / 2) + Math.log(nu * Math.PI) / 2 + Math.log(s);
    return { loss: (d) => constant + ((nu + 1) / 2) * Math.log1p((d / s) ** 2 / nu), slope: (d) => ((nu + 1) * d) / (nu * s ** 2 + d ** 2) };
  },
};

const mean = (values, weights = values.map(() => 1)) => sum(values.map((v, i) => v * weights[i])) / sum(weights);
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

/** The centre of least cost. Student's cost may have several valleys: from the best place of a grid it goes downhill. */
function bestCentre(values, noise, s, nu) {
  if (noise === "Gauss") return mean(values);
  if (noise === "Laplace") return median(values);
  const { loss } = NOISES.Student(s, nu);
  const cost = (c) => sum(values.map((y) => loss(y - c)));
  const places = span(Math.min(...values), Math.max(...values), 401);
  let c = places.reduce((best, place) => (cost(place) < cost(best) ? place : best));
  for (let i = 0; i < 300; i += 1) c = mean(values, values.map((y) => 1 / (nu * s ** 2 + (y - c) ** 2)));
  return c;
}

/** Centre and width of least cost together: each in turn. */
function fit(values, noise, nu, least) {
  let [c, s] = [median(values), 5];
  for (let i = 0; i < 400; i += 1) {
    c = bestCentre(values, noise, s, nu);
    if (noise === "Gauss") s = Math.sqrt(mean(values.map((y) => (y - c) ** 2)));
    else if (noise === "Laplace") s = mean(values.map((y) => Math.abs(y - c)));
    else s = Math.sqrt(mean(values.map((y) => ((nu + 1) * (y - c) ** 2) / (nu + ((y - c) / s) ** 2))));
    if (noise !== "Student") break;
  }
  return { centre: c, spread: Math.max(least, s) };
}

const LEAST = 1.5;
const WIDEST = 25;

export default explorable(({ svg, controls, state, width, height }) => {
  const values = state.get("values");
  const [low, high] = state.get("reach");
  height(width < 560 ? 545 : 505, "A density of noise over measurements, and the loss that it makes: drag the centre");
  const follow = [
    menu(controls, { name: "noise", label: "noise", options: [["Gauss", "Gauss"], ["Laplace", "Laplace"], ["Student", "Student's t"]], state }),
    slider(controls, { name: "spread", label: "width", min: LEAST, max: WIDEST, step: 0.1, state, words: (v) => v.toFixed(1) }),
    slider(controls, { name: "nu", label: "ν", min: 1, max: 10, step: 0.5, state, words: (v) => v.toFixed(1) }),
  ];
  const dial = controls.lastElementChild; // of ν, which the others have none of
  button(controls, { name: "fit", words: "best fit" }, () => { state.move(fit(values, state.get("noise"), state.get("nu"), LEAST)); state.settle(); });
  const wide = width - 66;
  const ticks = span(low, high, 5);
  const common = { left: 46, width: wide, xs: [low, high], xticks: ticks, form: (v) => String(v).replace("-", "−") };
  const above = axes(svg, { ...common, top: 30, height: 150, ys: [0, 0.26], yticks: [0, 0.1, 0.2], ylabel: "density of the noise" });
  const below = axes(svg, { ...common, top: 246, height: 170, ys: [0, 16], yticks: [0, 5, 10, 15], ylabel: "minus its logarithm: the loss, in nats", xlabel: state.get("label") });
  const heaps = new Map();
  for (const y of values) {
    const heap = heaps.get(Math.round(y)) ?? 0;
    heaps.set(Math.round(y), heap + 1);
    add(svg, "circle", { cx: above.x(y), cy: 176 - 6.4 * heap, r: 2.6, fill: COLOURS.grey });
  }
  const bell = curve(svg, above, COLOURS.blue);
  const valley = curve(svg, below, COLOURS.orange);
  const dots = values.map(() => add(svg, "circle", { r: 3, fill: COLOURS.grey, stroke: PAPER, "clip-path": below.clip }));
  const stray = values.reduce((far, y, i) => (Math.abs(y - median(values)) > Math.abs(values[far] - median(values)) ? i : far), 0);
  const pull = add(svg, "path", { stroke: INK, "stroke-width": 3, fill: "none" });
  const best = add(svg, "path", { stroke: COLOURS.green, "stroke-width": 2, "stroke-dasharray": "3 3" });
  const round = (v) => Math.round(10 * v) / 10;
  const centre = handle(svg, {
    name: "centre", label: "centre of the noise", plane: above, state, shape: (g) => add(g, "path", { class: "ring", d: "M-9 10L0 0L9 10V20H-9Z", fill: INK, stroke: PAPER }),
    moved: ([step], to) => state.move({ centre: clamp(round(to ? to[0] : state.get("centre") + 0.1 * step), low, high) }),
  });
  legend(svg, 30, 478, wide, [[COLOURS.blue, "", "density"], [COLOURS.orange, "", "loss"], [COLOURS.green, "3 3", "best centre at this width"], [INK, "", "how the farthest pulls the centre"]]);

  return (say) => {
    for (const one of follow) one();
    const [noise, c, s, nu] = [state.get("noise"), state.get("centre"), state.get("spread"), state.get("nu")];
    const { loss, slope } = NOISES[noise](s, nu);
    const xs = span(low, high, 241);
    bell.setAttribute("d", above.line(xs.map((x) => [x, Math.exp(-loss(x - c))])));
    valley.setAttribute("d", below.line([...xs, c].sort((a, b) => a - b).map((x) => [x, Math.min(60, loss(x - c))])));
    values.forEach((y, i) => set(dots[i], { cx: below.x(y), cy: below.y(Math.min(60, loss(y - c))) }));
    const found = bestCentre(values, noise, s, nu);
    best.setAttribute("d", `M${above.x(found)} 30V180M${below.x(found)} 246v170`);
    place(centre, above.x(c), 180, fixed(c, 1), c, [low, high]);
    dial.style.display = noise === "Student" ? "" : "none";
    const far = values[stray] - c;
    const [cost, force] = [loss(far), Math.abs(slope(far))];
    const [from, floor, toward] = [below.x(c), below.y(0.9), far < 0 ? -1 : 1];
    const end = from + toward * Math.max(3, 160 * force);
    pull.setAttribute("d", `M${from} ${floor}H${end}M${end - 6 * toward} ${floor - 5}L${end} ${floor}L${end - 6 * toward} ${floor + 5}`);
    const total = sum(values.map((y) => loss(y - c)));
    const down = -sum(values.map((y) => slope(y - c)));
    const name = { Gauss: "Gauss's", Laplace: "Laplace's", Student: "Student's" }[noise];
    say`With ${name} noise the ${String(values.length)} measurements cost ${["nll", total, 2]} nats; the slope with respect to the centre is ${["slope", down, 3]}, and ${["best", found, 2]} is the best centre at this width. The farthest measurement, ${fixed(values[stray], 0)}, costs ${["far", cost, 2]} nats and pulls with ${["pull", force, 3]}.`;
  };
});
