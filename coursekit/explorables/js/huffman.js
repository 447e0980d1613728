// Twenty questions: letters and how often each comes, and the best questions for them, as Huffman's tree. Change how often
// a letter comes, and the tree follows: a letter of probability p is found after about log2(1/p) questions.
import { COLOURS, INK, PAPER, add, axes, clamp, explorable, fixed, handle, knob, legend, place, pool, set, sum, button } from "./kit.js";

/** The code length of each letter, and the tree as nested pairs. */
function tree(p) {
  let nodes = p.map((weight, letter) => ({ weight, letter, first: letter }));
  while (nodes.length > 1) {
    nodes.sort((a, b) => a.weight - b.weight || b.first - a.first);
    const [a, b, ...rest] = nodes;
    nodes = [...rest, { weight: a.weight + b.weight, pair: [b, a], first: Math.min(a.first, b.first) }];
  }
  const depths = [];
  const walk = (node, depth) => {
    if (node.pair) node.pair.forEach((half) => walk(half, depth + 1));
    else depths[node.letter] = depth;
  };
  walk(nodes[0], 0);
  return { root: nodes[0], depths };
}

export default explorable(({ svg, controls, state, width, height }) => {
  const letters = state.get("letters");
  const K = letters.length;
  height(470, "The best questions for a letter: drag how often one comes");
  button(controls, { name: "equal", words: "all equal" }, () => { state.move({ p: Array(K).fill(1 / K) }); state.settle(); });
  button(controls, { name: "halves", words: "a half, a quarter, …" }, () => {
    state.move({ p: letters.map((_, k) => 2 ** -Math.min(k + 1, K - 1)) });
    state.settle();
  });
  const wide = width - 60;
  const plane = axes(svg, { left: 48, top: 26, width: wide, height: 110, xs: [0, 1], ys: [0, 1], yticks: [0, 0.5, 1], ylabel: "how often each letter comes" });
  const at = (k) => plane.x((k + 0.5) / K);
  const half = Math.min(24, wide / K / 2 - 4);
  const bars = letters.map((name, k) => add(svg, "rect", { x: at(k) - half, width: 2 * half, fill: COLOURS.sky }));
  const grips = letters.map((name, k) => handle(svg, {
    name: `p${k}`, label: `how often ${name} comes`, plane, state, directions: "y", shape: knob(COLOURS.blue),
    moved: ([, step], to) => {
      const p = state.get("p");
      const wanted = clamp(to ? to[1] : p[k] + 0.01 * step, 0.005, 0.95);
      state.move({ p: p.map((v, j) => (j === k ? wanted : (v * (1 - wanted)) / (1 - p[k]))) });
    },
  }));
  letters.forEach((name, k) => add(svg, "text", { x: at(k), y: 154, "text-anchor": "middle", "font-weight": "bold" }, name));
  const edges = add(svg, "path", { stroke: COLOURS.grey, "stroke-width": 1.6, fill: "none" });
  const answers = pool(() => { const text = add(svg, "text", { "text-anchor": "middle", "aria-hidden": "true" }); text.style.fontSize = "11px"; return text; });
  const forks = pool(() => add(svg, "circle", { r: 4, fill: INK }));
  const leaves = pool(() => add(svg, "circle", { r: 11, fill: PAPER, stroke: COLOURS.blue, "stroke-width": 2 }));
  const names = pool(() => add(svg, "text", { "text-anchor": "middle", "font-weight": "bold" }));
  legend(svg, 30, 460, wide, [[COLOURS.grey, "", "yes to the left, no to the right"]]);

  return (say) => {
    const p = state.get("p");
    const { root, depths } = tree(p);
    const deepest = Math.max(...depths);
    const level = Math.min(46, 250 / deepest);
    let next = 0;
    let lines = "";
    const draw = (node, depth) => {
      const y = 186 + level * depth;
      if (!node.pair) {
        const x = 34 + ((next + 0.5) / K) * wide;
        next += 1;
        set(leaves.next(), { cx: x, cy: y });
        set(names.next(), { x, y: y + 4.5 }).textContent = letters[node.letter];
        return x;
      }
      const ends = node.pair.map((part) => draw(part, depth + 1));
      const x = (ends[0] + ends[1]) / 2;
      ends.forEach((end, i) => {
        lines += `M${x} ${y}L${end} ${y + level - (node.pair[i].pair ? 0 : 11)}`;
        set(answers.next(), { x: (x + end) / 2 + (i ? 9 : -9), y: y + level / 2 }).textContent = i ? "0" : "1";
      });
      set(forks.next(), { cx: x, cy: y });
      return x;
    };
    draw(root, 0);
    edges.setAttribute("d", lines);
    for (const each of [answers, forks, leaves, names]) each.rest();
    letters.forEach((name, k) => {
      set(bars[k], { y: plane.y(p[k]), height: plane.y(0) - plane.y(p[k]) });
      place(grips[k], at(k), plane.y(p[k]), `${fixed(p[k], 2)}, found after ${depths[k]} questions`, p[k]);
    });
    const mean = sum(p.map((v, k) => v * depths[k]));
    const entropy = sum(p.map((v) => -v * Math.log2(v)));
    const k = p.indexOf(Math.max(...p));
    say`The best questions need ${["mean", mean, 3]} on average; the entropy is ${["entropy", entropy, 3]} bits, and no questions need less than that. ${letters[k]} comes most: it has ${["surprise", -Math.log2(p[k]), 2]} bits, and is found after ${String(depths[k])}.`;
  };
});
