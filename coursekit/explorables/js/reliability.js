// A reliability diagram: what a model says, against how often it is so. pos_weight lifts all that is said, ln w brings it
// back, and a threshold to drag decides who is found.
import { COLOURS, INK, PAPER, add, axes, clamp, curve, explorable, fixed, handle, legend, menu, place, pool, set, slider, sum } from "./kit.js";

const BINS = 10;
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

export default explorable(({ svg, controls, state, width, height }) => {
  const [weights, labels] = [state.get("weights"), state.get("labels")];
  const [yes, no] = state.get("answers");
  const beside = width >= 560;
  height(beside ? 400 : 660, "Reliability diagram: choose pos_weight, drag the threshold");
  const follow = [
    slider(controls, { name: "chosen", label: "pos_weight w", min: 0, max: weights.length - 1, step: 1, state, words: (i) => String(weights[i]) }),
    menu(controls, { name: "off", label: "reported", options: [[0, "σ(x)"], [1, "σ(x − ln w)"]], state, put: (v) => ({ off: Number(v) }) }),
  ];
  const wide = beside ? 320 : width - 70;
  const plane = axes(svg, { left: 46, top: 28, width: wide, height: 250, xs: [0, 1], ys: [0, 1], xticks: [0, 0.25, 0.5, 0.75, 1], yticks: [0, 0.25, 0.5, 0.75, 1], xlabel: "probability that the model says", ylabel: `share that is ${yes}` });
  const ideal = curve(svg, plane, COLOURS.grey, { dash: "5 4", width: 1.5 });
  ideal.setAttribute("d", plane.line([[0, 0], [1, 1]]));
  const chain = curve(svg, plane, COLOURS.blue, { width: 1.8 });
  const dots = pool(() => add(svg, "circle", { fill: COLOURS.blue, "fill-opacity": 0.8, stroke: PAPER }));
  const cut = add(svg, "path", { stroke: INK, "stroke-width": 2, "stroke-dasharray": "2 3" });
  const grip = handle(svg, {
    name: "threshold", label: "threshold", plane, state, shape: (g) => add(g, "path", { class: "ring", d: "M-9 10L0 0L9 10V20H-9Z", fill: INK, stroke: PAPER }),
    moved: ([step], to) => state.move({ threshold: clamp(to ? to[0] : Math.round(100 * state.get("threshold") + step) / 100, 0.01, 0.99) }),
  });
  legend(svg, 40, 358, wide, [[COLOURS.blue, "", "a tenth of the scale"], [COLOURS.grey, "5 4", "says what is so"]]);

  const [left, top] = beside ? [416, 60] : [46, 440];
  const room = beside ? width - 450 : width - 80;
  add(svg, "text", { x: left, y: top - 26, "font-weight": "bold" }, "at this threshold");
  const rows = [[`found`, COLOURS.green, ""], [`missed`, COLOURS.green, "open"], ["false alarms", COLOURS.orange, ""], [`rightly left alone`, COLOURS.orange, "open"]].map(([words, colour, kind], i) => ({
    bar: add(svg, "rect", { x: left, y: top + 46 * i, height: 20, fill: kind ? "none" : colour, stroke: colour, "stroke-width": 2, "stroke-dasharray": kind ? "4 3" : "none" }),
    text: add(svg, "text", { x: left, y: top - 6 + 46 * i }),
    words,
  }));

  return (say) => {
    for (const one of follow) one();
    const w = weights[state.get("chosen")];
    const lift = state.get("off") ? Math.log(w) : 0;
    const x = state.get("logits")[state.get("chosen")].map((v) => v - lift);
    const p = x.map(sigmoid);
    const threshold = state.get("threshold");
    const bins = Array.from({ length: BINS }, () => [0, 0, 0]);
    const counts = [0, 0, 0, 0];
    p.forEach((said, i) => {
      const bin = bins[Math.min(BINS - 1, Math.floor(said * BINS))];
      bin[0] += 1; bin[1] += said; bin[2] += labels[i];
      counts[(labels[i] ? 0 : 2) + Number(said < threshold)] += 1; // found, missed, false alarms, left alone
    });
    const seen = bins.filter(([n]) => n).map(([n, told, so]) => [n, told / n, so / n]);
    chain.setAttribute("d", plane.line(seen.map(([, told, so]) => [told, so])));
    for (const [n, told, so] of seen) set(dots.next(), { cx: plane.x(told), cy: plane.y(so), r: 3 + 0.7 * Math.sqrt(n) });
    dots.rest();
    cut.setAttribute("d", `M${plane.x(threshold)} 28v250`);
    place(grip, plane.x(threshold), 278, fixed(threshold, 2), threshold);
    rows.forEach(({ bar, text, words }, i) => {
      set(bar, { width: Math.max(1, (room * counts[i]) / Math.max(counts[0] + counts[1], counts[2] + counts[3])) });
      text.textContent = `${words} ${counts[i]}`;
    });
    const [found, missed, alarms] = counts;
    const mean = sum(p) / p.length;
    const share = sum(labels) / labels.length;
    const loss = sum(x.map((v, i) => softplus(v) - labels[i] * v)) / x.length;
    const precision = found + alarms ? found / (found + alarms) : 0;
    say`The model says ${["mean", mean, 3]} on average; ${["share", share, 3]} are ${yes}. Above the threshold ${fixed(threshold, 2)} it finds ${["recall", found / (found + missed), 3]} of the ${yes}; of those that it names, ${["precision", precision, 3]} are ${yes} and the others ${no}. As a probability it costs ${["loss", loss, 4]} nats per case.`;
  };
});
