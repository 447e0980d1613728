// What one training step of a large vocabulary holds in memory: tables of N tokens by V words, cut into tiles that are lit
// while they are alive. Four ways to compute the same loss and the same gradient; below, all numbers that are held at each
// moment of the step.
import { COLOURS, INK, add, axes, curve, explorable, fixed, menu, set, slider, sum } from "./kit.js";

const TABLES = ["logits z", "ln p", "gradient of ln p", "gradient of z"];
const FORMS = [
  ["plain", "whole tables"], ["rows", "chunks of rows, gradient in forward"],
  ["again", "chunks of rows, computed again"], ["words", "pieces of the vocabulary"],
];

/** The moments of a step: what is done, which of the k parts of each table are alive, whether the gradients of x and W are. */
function momentsOf(form, k) {
  const all = Array.from({ length: k }, (_, i) => i);
  const [none, parts] = [[], all.map((i) => [i])];
  if (form === "plain") {
    return [
      ["forward: the logits", [all, none, none, none], false],
      ["forward: their logarithmic softmax, which is kept", [all, all, none, none], false],
      ["backward: the gradient of ln p, all 0 but one number in each row", [none, all, all, none], false],
      ["backward: the gradient of the logits", [none, all, all, all], false],
      ["backward: the gradients of x and W", [none, none, none, all], true],
    ];
  }
  if (form === "rows") {
    return parts.flatMap((part, i) => [
      [`chunk ${i + 1}: logits and ln p`, [part, part, none, none], true],
      [`chunk ${i + 1}: softmax − one-hot, added to the gradients of x and W`, [none, none, none, part], true],
    ]);
  }
  if (form === "again") {
    return [
      ...parts.map((part, i) => [`forward, chunk ${i + 1}: logits and ln p, then thrown away`, [part, part, none, none], false]),
      ...parts.flatMap((part, i) => [
        [`backward, chunk ${i + 1}: logits and ln p once more`, [part, part, none, none], true],
        [`backward, chunk ${i + 1}: both gradients`, [none, part, part, part], true],
      ]),
    ];
  }
  return [
    ...parts.map((part, i) => [`forward, piece ${i + 1}: logits, into a maximum and a sum for each row`, [part, none, none, none], false]),
    ...parts.map((part, i) => [`backward, piece ${i + 1}: logits once more, turned into their gradient`, [none, none, none, part], true]),
  ];
}

export default explorable(({ svg, controls, state, width, height }) => {
  const [N, V, D] = ["rows", "words", "features"].map((name) => state.get(name));
  const across = width >= 520 ? 4 : 2;
  const wide = (width - 20) / across - 14;
  const [tall, pitch] = [96, 138];
  const low = 34 + (4 / across) * pitch;
  height(low + 190, "The tables of one training step, and what is alive of them");
  const parts = () => (state.get("form") === "plain" ? 1 : state.get("cuts"));
  const steps = () => momentsOf(state.get("form"), parts());
  const at = () => Math.min(state.get("moment"), steps().length);
  const follow = [
    menu(controls, { name: "form", label: "form", options: FORMS, state, put: (form) => ({ form }) }),
    slider(controls, { name: "cuts", label: "cut into", min: 1, max: 16, step: 1, state }),
    slider(controls, {
      name: "moment", label: "moment", min: 0, max: 1, step: 0.001, state, take: () => (at() - 0.5) / steps().length,
      put: (share) => ({ moment: Math.min(steps().length, 1 + Math.floor(share * steps().length)) }), words: () => `${at()} of ${steps().length}`,
    }),
  ];
  const tables = TABLES.map((name, i) => {
    const [left, top] = [12 + (i % across) * (wide + 14), 30 + Math.floor(i / across) * pitch];
    add(svg, "text", { x: left, y: top - 7 }, name);
    const tiles = Array.from({ length: 16 }, () => add(svg, "rect", { fill: COLOURS.orange, stroke: COLOURS.orange }));
    add(svg, "rect", { x: left, y: top, width: wide, height: tall, fill: "none", stroke: INK });
    return { left, top, tiles };
  });
  add(svg, "text", { x: 12, y: low - pitch + tall + 13 }, `each: ${N.toLocaleString("en")} tokens down, ${V.toLocaleString("en")} words across`);
  const chart = axes(svg, { left: 46, top: low + 14, width: width - 70, height: 116, xs: [0, 1], ys: [0, 3.3], yticks: [0, 1, 2, 3], xlabel: "the moments of a step, in their order", ylabel: "numbers held, in tables of N · V" });
  const bars = curve(svg, chart, COLOURS.blue, { width: 2 });
  set(bars, { fill: COLOURS.blue, "fill-opacity": 0.25 });
  const now = add(svg, "rect", { y: chart.y(3.3), height: chart.y(0) - chart.y(3.3), fill: COLOURS.orange, "fill-opacity": 0.35 });
  const top = curve(svg, chart, COLOURS.grey, { dash: "5 4", width: 1.5 });
  const peakWords = add(svg, "text", { "text-anchor": "end", x: chart.left + chart.width - 4 });

  return (say) => {
    for (const one of follow) one();
    const [form, k] = [state.get("form"), parts()];
    const moments = steps();
    const held = moments.map(([, lit, gradients]) => (sum(lit.map((each) => each.length)) / k) * N * V + (gradients ? (N + V) * D : 0));
    const [words, alive] = moments[at() - 1];
    tables.forEach(({ left, top: upper, tiles }, i) => {
      tiles.forEach((tile, j) => {
        const upright = form === "words";
        const lit = j < k && alive[i].includes(j);
        set(tile, {
          x: left + (upright ? (j * wide) / k : 0), y: upper + (upright ? 0 : (j * tall) / k),
          width: upright ? wide / k : wide, height: upright ? tall : tall / k,
          "fill-opacity": lit ? 0.85 : 0, "stroke-opacity": lit ? 1 : j < k ? 0.25 : 0, visibility: j < k ? "visible" : "hidden",
        });
      });
    });
    const count = moments.length;
    const level = (value) => value / (N * V);
    bars.setAttribute("d", chart.line([[0, 0], ...held.flatMap((value, i) => [[i / count, level(value)], [(i + 1) / count, level(value)]]), [1, 0]]));
    set(now, { x: chart.x((at() - 1) / count), width: chart.width / count });
    const peak = Math.max(...held);
    top.setAttribute("d", chart.line([[0, level(peak)], [1, level(peak)]]));
    set(peakWords, { y: chart.y(Math.min(level(peak), 3.02)) - 5 }).textContent = `peak ${fixed(level(peak), 2)}`;
    const mib = (value) => (value * 4) / 2 ** 20;
    say`${words[0].toUpperCase()}${words.slice(1)}. Held at this moment: ${["held", mib(held[at() - 1]), 1]} MiB in float32, at the worst moment of the step ${["peak", mib(peak), 1]} MiB. One whole table would be ${["table", mib(N * V), 1]} MiB.`;
  };
});
