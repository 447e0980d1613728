// Where does a classifier's loss lie flat? Drag its end. The floors are those that can be written down before a training
// begins, from the sizes of the classes and the smoothing alone; the sentence says on which of them the curve lies.
import { COLOURS, PAPER, add, axes, clamp, curve, explorable, fixed, handle, knob, menu, place, slider, span, sum } from "./kit.js";

const entropy = (q) => sum(q.map((v) => (v > 0 ? -v * Math.log(v) : 0)));
const DASHES = ["2 3", "7 4", "10 3 2 3", ""];
const SHORT = ["nothing", "frequencies", "softmax twice", "right"]; // where there is little room
const SHADES = [COLOURS.grey, COLOURS.blue, COLOURS.orange, COLOURS.green];

/** [name, height, what it means] of every floor, for classes of these sizes. */
function floorsOf(counts, epsilon) {
  const [K, all] = [counts.length, sum(counts)];
  const smooth = (share) => (1 - epsilon) * share + epsilon / K;
  const often = counts.map((n) => smooth(n / all));
  // The softmax of a one-hot row has e/(e + K − 1) at the right class, and 1/(e + K − 1) at each other one
  const twice = Math.log(Math.E + K - 1) - smooth(1);
  return [
    ["says nothing", Math.log(K), "the model says nothing: it has not begun to learn. Look at the learning rate, and at whether a gradient arrives"],
    ["knows the frequencies", entropy(often), "the model knows how often each class comes, and nothing of the input. Look at what goes in"],
    ["a softmax too many", twice, "a model that is right every time costs this much if a softmax stands before the loss. Take it away"],
    ["right every time", smooth(1) < 1 ? entropy([smooth(1), ...Array(K - 1).fill(epsilon / K)]) : 0, "this is all that the targets leave: the training is done"],
  ];
}

/** The highest floor that the curve is on or above, but for a little; −1 where it is below all of them. */
function under(floors, end) {
  const below = floors.map(([, height], i) => [height, i]).filter(([height]) => height <= end + 0.005);
  return below.length ? below.sort((a, b) => b[0] - a[0])[0][1] : -1;
}

export default explorable(({ svg, controls, state, width, height }) => {
  const names = state.get("choices");
  const tall = 250;
  height(tall + 82, "A training curve and its possible floors: drag the end of the curve");
  const follow = [
    menu(controls, { name: "chosen", label: "classes", options: names.map((name, i) => [i, name]), state, put: (i) => ({ chosen: Number(i) }) }),
    slider(controls, { name: "epsilon", label: "smoothing ε", min: 0, max: 0.4, step: 0.05, state, words: (v) => v.toFixed(2) }),
  ];
  const narrow = width < 480;
  const room = narrow ? 140 : 215;
  const [left, wide] = [46, width - 52 - room];
  let plane = null;
  let drawn = "";
  const stage = add(svg, "g");
  let parts = null;

  /** The plane depends on how many classes there are: it is built anew where they change. */
  const build = (top) => {
    stage.replaceChildren();
    const apart = [0.2, 0.5, 1, 2].find((each) => top / each < 6) ?? 5;
    const ticks = span(0, 5, 6).map((i) => i * apart).filter((tick) => tick < 1.15 * top);
    plane = axes(stage, { left, top: 24, width: wide, height: tall, xs: [0, 1], ys: [-0.25 * top, 1.15 * top], yticks: ticks, xlabel: "training", ylabel: "loss in nats", form: (v) => fixed(v, apart < 1 ? 1 : 0) });
    parts = {
      lines: DASHES.map((dash, i) => curve(stage, plane, SHADES[i], { dash, width: 1.8 })),
      leads: DASHES.map((_, i) => add(stage, "path", { stroke: SHADES[i], "stroke-width": 1, fill: "none" })),
      words: DASHES.map(() => add(stage, "text", { x: left + wide + 22 })),
      loss: curve(stage, plane, COLOURS.pink, { width: 3 }),
    };
    add(stage, "path", { d: `M${left} ${plane.y(0)}h${wide}`, stroke: "currentColor", "stroke-opacity": 0.6 });
    parts.grip = handle(stage, {
      name: "end", label: "the loss at the end", plane, state, directions: "y", shape: knob(COLOURS.pink, "diamond"),
      moved: ([, step], to) => {
        const lnK = Math.log(state.get("data")[state.get("chosen")].length);
        state.move({ end: Math.round(200 * clamp(to ? to[1] : state.get("end") + 0.01 * step, -0.2 * lnK, 1.1 * lnK)) / 200 });
      },
    });
  };

  return (say) => {
    for (const one of follow) one();
    const [counts, epsilon] = [state.get("data")[state.get("chosen")], state.get("epsilon")];
    const lnK = Math.log(counts.length);
    if (drawn !== names[state.get("chosen")]) build(lnK);
    drawn = names[state.get("chosen")];
    const end = clamp(state.get("end"), -0.2 * lnK, 1.1 * lnK);
    const floors = floorsOf(counts, epsilon);
    // Words beside the picture, from the highest floor down, a line of text apart
    let free = 30;
    floors.map((floor, i) => [i, ...floor]).sort((a, b) => Number(b[2].toFixed(6)) - Number(a[2].toFixed(6))).forEach(([i, name, level]) => {
      const y = plane.y(level);
      const text = Math.max(free, y + 4.5);
      free = text + 17;
      parts.lines[i].setAttribute("d", plane.line([[0, level], [1, level]]));
      parts.leads[i].setAttribute("d", `M${left + wide} ${y}L${left + wide + 18} ${text - 4.5}`);
      parts.words[i].setAttribute("y", text);
      parts.words[i].textContent = `${fixed(level, 2)} ${narrow ? SHORT[i] : name}`;
    });
    parts.loss.setAttribute("d", plane.line(span(0, 1, 81).map((t) => [t, end + (lnK - end) * Math.exp(-9 * t)])));
    place(parts.grip, plane.x(1), plane.y(end), `${fixed(end, 3)} nats`, end, [-0.2 * lnK, 1.1 * lnK]);
    const at = under(floors, end);
    const [nothing, often, twice, right] = floors.map(([, level]) => level);
    const numbers = [["nothing", nothing, 4], ["often", often, 4], ["twice", twice, 4], ["right", right, 4]];
    const above = at < 0 ? 0 : Math.max(0, end - floors[at][1]);
    const verdict = end < -0.004
      ? "below 0: no probability costs less than nothing. What goes in are no log-probabilities"
      : at < 0 ? "below what a perfect model costs: too good to be true. Padding may count, or an input holds its target"
      : above < 0.006 ? `on a floor: ${floors[at][2]}`
      : `${fixed(above, 3)} above ${fixed(floors[at][1], 3)}, “${floors[at][0]}”: still falling, or some of the samples are misread`;
    say`The curve lies flat at ${["end", end, 3]}, ${verdict}. The floors: ${numbers[0]} says nothing, ${numbers[1]} knows the frequencies, ${numbers[2]} a softmax too many, ${numbers[3]} right every time.`;
  };
});
