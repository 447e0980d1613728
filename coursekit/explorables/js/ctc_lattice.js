// The lattice of a word: a row for each state, a column for each frame. What a network says is dragged; the paths, their
// sum and what the sum asks of the network follow. Used for the forward pass (lesson 11) and for the gradient (lesson 12).
import { COLOURS, INK, PAPER, add, axes, button, clamp, explorable, field, fixed, handle, knob, legend, menu, place, pool, set, slider, sum } from "./kit.js";

const HUES = { "α": COLOURS.blue, "β": COLOURS.green, "γ": COLOURS.orange };
const MEANS = { "α": "the past", "β": "the future", "γ": "past and future" };
const MOVES = [["stay", COLOURS.grey, "2 4"], ["step", COLOURS.blue, ""], ["jump", COLOURS.orange, "7 4"]];
const BEST = 5;

const softmax = (logits) => {
  const top = Math.max(...logits);
  const powers = logits.map((z) => Math.exp(z - top));
  return powers.map((v) => v / sum(powers));
};

/** The classes of a word, and each frame's logits: those that were given, or a toy network's that hears the word. */
function network(state) {
  const word = state.get("word");
  const given = state.get("table");
  if (given.length) {
    const classes = state.get("classes");
    return { classes, labels: [...word].map((letter) => classes.indexOf(letter)), logits: given.map((row) => row.map(Math.log)) };
  }
  const letters = [...new Set(word)];
  const labels = [...word].map((letter) => 1 + letters.indexOf(letter));
  const noise = state.get("noise");
  const logits = noise.map((row, t) => {
    const z = row.slice(0, letters.length + 1).map((v) => 0.5 * v);
    z[0] += 0.6;
    labels.forEach((label, i) => {
      const middle = ((i + 0.5) * noise.length) / labels.length;
      z[label] += 2.2 * Math.exp(-(((t + 0.5 - middle) / 0.9) ** 2));
    });
    return z.map((v) => v * state.get("sharpness"));
  });
  return { classes: ["–", ...letters], labels, logits };
}

/** From which states each state is reached, by name of the move. */
const waysInto = (states, s) => [[s, 0], [s - 1, 1], [s - 2, 2]].filter(([from, move]) => from >= 0 && (move < 2 || states[s] !== states[s - 2]));

function sums(states, y) {
  const [T, S] = [y.length, states.length];
  const zeros = () => Array.from({ length: T }, () => new Float64Array(S));
  const [alpha, beta] = [zeros(), zeros()];
  for (let t = 0; t < T; t += 1) {
    for (let s = 0; s < S; s += 1) {
      const before = t ? sum(waysInto(states, s).map(([from]) => alpha[t - 1][from])) : Number(s < 2);
      alpha[t][s] = before * y[t][states[s]];
    }
  }
  for (let t = T - 1; t >= 0; t -= 1) {
    for (let s = 0; s < S; s += 1) {
      if (t === T - 1) beta[t][s] = Number(s >= S - 2);
      else for (const [to] of [[s], [s + 1], [s + 2]]) {
        if (to < S && waysInto(states, to).some(([from]) => from === s)) beta[t][s] += beta[t + 1][to] * y[t + 1][states[to]];
      }
    }
  }
  const p = alpha[T - 1][S - 1] + (S > 1 ? alpha[T - 1][S - 2] : 0);
  return { alpha, beta, p };
}

/** The most probable paths, each a list of states, the best first. */
function bestPaths(states, y) {
  const best = (ways) => ways.sort((a, b) => b.p - a.p).slice(0, BEST);
  let row = states.map((z, s) => (s < 2 ? [{ p: y[0][z], path: [s] }] : []));
  for (const frame of y.slice(1)) {
    row = states.map((z, s) => best(waysInto(states, s).flatMap(([from]) => row[from].map(({ p, path }) => ({ p: p * frame[z], path: [...path, s] })))));
  }
  return best(row.slice(-2).flat());
}

export default explorable(({ svg, controls, state, width, height }) => {
  const shades = state.get("shades");
  const toy = state.get("noise").length > 0;
  const frames = toy ? state.get("noise").length : state.get("table").length;
  const beside = width >= 560;
  const low = 360; // where the lattice and its frames end
  height(beside ? 520 : 740, "The lattice of a word: drag the frame, and what the network says in it");
  const changed = (changes) => ({ push: [], ...changes });
  const follow = [];
  if (toy) follow.push(field(controls, { name: "word", label: "word", suggested: state.get("words"), state, put: (text) => changed({ word: text.toLowerCase().replace(/[^a-z]/g, "").slice(0, 6) || "a" }) }));
  else follow.push(menu(controls, { name: "word", label: "word", options: state.get("words").map((word) => [word, word || "(empty)"]), state }));
  if (shades.length > 1) follow.push(menu(controls, { name: "shade", label: "shaded", options: shades.map((name) => [name, `${name}, ${MEANS[name]}`]), state }));
  follow.push(slider(controls, { name: "frame", label: "frame", min: 1, max: frames, step: 1, state }));
  if (toy) follow.push(slider(controls, { name: "sharpness", label: "sharpness", min: 0, max: 2, step: 0.1, state, words: (v) => v.toFixed(1), put: (sharpness) => changed({ sharpness }) }));
  button(controls, { name: "reset", words: "network as it was" }, () => { state.move({ push: [] }); state.settle(); });

  const wide = beside ? width - 235 : width - 50;
  const plane = axes(svg, { left: 34, top: 18, width: wide, height: low - 60, xs: [0.4, frames + 0.9], ys: [1, 0], xticks: Array.from({ length: frames }, (_, i) => i + 1), xlabel: "frame" });
  const band = add(svg, "rect", { y: 18, height: low - 60, fill: INK, "fill-opacity": 0.09 });
  const quiet = Array.from({ length: 6 }, (_, i) => add(svg, "path", { stroke: COLOURS.grey, "stroke-opacity": 0.45, "stroke-width": 0.7 + 1.3 * i, fill: "none" }));
  const moves = MOVES.map(([, colour, dash]) => add(svg, "path", { stroke: colour, "stroke-width": 2.4, "stroke-dasharray": dash, fill: "none" }));
  const forbidden = add(svg, "path", { stroke: COLOURS.pink, "stroke-width": 2, "stroke-dasharray": "3 3", fill: "none" });
  const crosses = add(svg, "path", { stroke: COLOURS.pink, "stroke-width": 2.6 });
  const best = add(svg, "path", { stroke: INK, "stroke-width": 1.4, fill: "none" });
  const nodes = pool(() => add(svg, "circle", { "aria-hidden": "true" }));
  const names = pool(() => add(svg, "text", { x: 22, "text-anchor": "middle", "font-weight": "bold" }));
  const inside = shades.includes("γ"); // where the numbers stand: in the states, or beside them
  const values = pool(() => {
    const text = add(svg, "text", { "aria-hidden": "true", "text-anchor": inside ? "middle" : "start" });
    text.style.fontSize = inside ? "9px" : "11px";
    return text;
  });
  const ends = pool(() => add(svg, "circle", { fill: "none", stroke: COLOURS.green, "stroke-width": 2.5 }));
  const grip = handle(svg, {
    name: "frame", label: "frame", plane, state, shape: (g) => add(g, "path", { class: "ring", d: "M-9 10L0 0L9 10V20H-9Z", fill: INK, stroke: PAPER }),
    moved: ([step], to) => state.move({ frame: clamp(to ? Math.round(to[0]) : state.get("frame") + step, 1, frames) }),
  });
  legend(svg, 30, low + 16, wide, [...MOVES.map(([name, colour, dash]) => [colour, dash, name]), [COLOURS.pink, "3 3", "forbidden jump"], [INK, "", "best path"]]);

  const [barLeft, barTop] = beside ? [width - 165, 30] : [44, 560];
  const bars = axes(svg, { left: barLeft, top: barTop, width: beside ? 150 : width - 80, height: beside ? low - 100 : 120, xs: [0, 1], ys: [1, 0], xticks: [0, 0.5, 1] });
  const title = add(svg, "text", { x: barLeft - 14, y: barTop - 12 });
  const says = pool(() => add(svg, "rect", { fill: COLOURS.sky }));
  const asks = pool(() => add(svg, "rect", { fill: COLOURS.orange, "fill-opacity": 0.35, stroke: COLOURS.orange, "stroke-dasharray": "4 2", "stroke-width": 1.6 }));
  const classNames = pool(() => add(svg, "text", { x: barLeft - 8, "text-anchor": "end", "font-weight": "bold" }));
  const grips = pool((k) => handle(svg, {
    name: `says${k}`, label: "what the network says", plane: bars, state, shape: knob(COLOURS.blue),
    moved: ([step], to) => {
      const { logits } = pushed();
      const t = state.get("frame") - 1;
      const now = softmax(logits[t])[k];
      const wanted = clamp(to ? to[0] : now + 0.01 * step, 0.001, 0.98);
      const push = logits.map((row, u) => row.map((_, j) => (state.get("push")[u]?.[j] ?? 0) + (u === t && j === k ? Math.log(wanted / (1 - wanted)) - Math.log(now / (1 - now)) : 0)));
      state.move({ push });
    },
  }));
  if (shades.includes("γ")) legend(svg, barLeft - 14, barTop + (beside ? low - 60 : 158), 190, [[COLOURS.sky, "", "network", "field"], [COLOURS.orange, "3 2", "γ asks", "open"]]);
  const pathTexts = pool(() => { const text = add(svg, "text", { x: 34 }); text.style.fontFamily = "monospace"; return text; });
  const listed = low + (beside ? 66 : 84);
  add(svg, "text", { x: 34, y: listed }, "The most probable paths, and their sum so far:");

  function pushed() {
    const made = network(state);
    const push = state.get("push");
    return { ...made, logits: made.logits.map((row, t) => row.map((z, k) => z + (push[t]?.[k] ?? 0))) };
  }

  return (say) => {
    for (const one of follow) one();
    const { classes, labels, logits } = pushed();
    const states = [0, ...labels.flatMap((label) => [label, 0])];
    const y = logits.map(softmax);
    const { alpha, beta, p } = sums(states, y);
    const [shade, frame, S] = [state.get("shade"), state.get("frame"), states.length];
    const gamma = alpha.map((row, t) => row.map((a, s) => (a * beta[t][s]) / p));
    const shares = { "α": alpha, "β": beta.map((row, t) => row.map((b, s) => b * y[t][states[s]])), "γ": gamma }[shade].map((row) => row.map((v) => v / sum([...row]) || 0));
    const [x, at] = [plane.x, (s) => plane.y((s + 0.5) / S)];
    const radius = Math.min(10, 125 / S);
    const lit = (t) => ({ "α": t < frame, "β": t >= frame - 1, "γ": true })[shade];

    set(band, { x: x(frame - 0.45), width: x(frame + 0.45) - x(frame - 0.45) });
    place(grip, x(frame), low - 40, `${frame} of ${frames}`, frame, [1, frames]);
    const [thin, three] = [quiet.map(() => ""), ["", "", ""]];
    let [never, crossed] = ["", ""];
    for (let t = 1; t < frames; t += 1) {
      for (let s = 0; s < S; s += 1) {
        for (const [from, move] of waysInto(states, s)) {
          const d = `M${x(t).toFixed(1)} ${at(from).toFixed(1)}L${x(t + 1).toFixed(1)} ${at(s).toFixed(1)}`;
          const alive = alpha[t - 1][from] > 0 && (shade === "α" || beta[t][s] > 0);
          if (!alive) continue;
          const flow = (alpha[t - 1][from] * y[t][states[s]] * beta[t][s]) / p;
          if (shade === "γ") thin[Math.min(5, Math.round(5 * flow))] += flow > 1e-3 ? d : "";
          else thin[0] += d;
          if (t === frame - 1 && shade === "α") three[move] += d;
        }
        if (t === frame - 1 && s > 2 && s % 2 && states[s] === states[s - 2] && alpha[t - 1][s - 2] > 0) {
          const [mx, my] = [(x(t) + x(t + 1)) / 2, (at(s - 2) + at(s)) / 2];
          never += `M${x(t)} ${at(s - 2)}L${x(t + 1)} ${at(s)}`;
          crossed += `M${mx - 5} ${my - 5}l10 10m-10 0l10 -10`;
        }
      }
    }
    quiet.forEach((path, i) => path.setAttribute("d", thin[i]));
    moves.forEach((path, i) => path.setAttribute("d", three[i]));
    forbidden.setAttribute("d", never);
    crosses.setAttribute("d", crossed);
    states.forEach((z, s) => {
      set(names.next(), { y: at(s) + 4.5 }).textContent = classes[z];
      for (let t = 0; t < frames; t += 1) {
        if (shade === "α" ? alpha[t][s] === 0 || !lit(t) : gamma[t][s] === 0) {
          set(nodes.next(), { cx: x(t + 1), cy: at(s), r: 1.6, fill: COLOURS.grey, stroke: "none" });
          continue;
        }
        const dawdled = gamma[t][s] === 0; // no path from here arrives in time
        set(nodes.next(), {
          cx: x(t + 1), cy: at(s), r: radius, stroke: INK, "stroke-opacity": 0.7, "stroke-dasharray": dawdled ? "2 3" : "none",
          fill: lit(t) ? `color-mix(in srgb, ${HUES[shade]} ${(100 * shares[t][s]).toFixed(1)}%, ${PAPER})` : PAPER,
        });
      }
      if (s >= S - 2) set(ends.next(), { cx: x(frames), cy: at(s), r: radius + 3 });
      const value = (shade === "α" ? alpha : shares)[frame - 1][s];
      const text = set(values.next(), { x: x(frame) + (inside ? 0 : radius + 1), y: at(s) + (inside ? 3 : -3) });
      if (inside) text.textContent = gamma[frame - 1][s] && value >= 0.005 ? value.toFixed(2).replace(/^0/, "") : "";
      else text.textContent = value ? value.toPrecision(1).replace("e-", "e−") : "";
    });
    const top = bestPaths(states, y);
    best.setAttribute("d", top.length ? `M${top[0].path.map((s, t) => `${x(t + 1).toFixed(1)} ${at(s).toFixed(1)}`).join("L")}` : "");
    let total = 0;
    top.forEach((one, i) => {
      total += one.p;
      const spelt = one.path.map((s) => classes[states[s]]).join("");
      set(pathTexts.next(), { y: listed + 19 + 17 * i }).textContent = `${spelt}  ${one.p.toPrecision(3)}  ${total.toPrecision(3)}`;
    });

    const asked = classes.map((_, k) => sum(states.map((z, s) => (z === k ? gamma[frame - 1][s] : 0))));
    const told = y[frame - 1];
    const thick = (bars.height / classes.length) * 0.36;
    title.textContent = `the network in frame ${frame}`;
    classes.forEach((name, k) => {
      const middle = bars.y((k + 0.5) / classes.length);
      set(classNames.next(), { y: middle + 4.5 }).textContent = name;
      set(says.next(), { x: bars.left, y: middle - thick, width: bars.x(told[k]) - bars.left, height: thick });
      if (shades.includes("γ")) set(asks.next(), { x: bars.left, y: middle, width: bars.x(asked[k]) - bars.left, height: thick });
      const one = grips.next();
      one.setAttribute("aria-label", `what the network says of ${name === "–" || name === "-" ? "the blank" : name} in frame ${frame}`);
      place(one, bars.x(told[k]), middle - thick / 2, fixed(told[k], 2), told[k]);
    });
    for (const each of [nodes, names, values, ends, says, asks, classNames, grips, pathTexts]) each.rest();

    const word = state.get("word") ? `“${state.get("word")}”` : "the empty word";
    if (!top.length) return say`${word} does not fit into ${String(frames)} frames: P = ${["p", 0, 4]}.`;
    const ofBest = [["best", top[0].p / p, 3], ["five", total / p, 3]];
    if (!shades.includes("γ")) {
      return say`All paths of ${word} together have the probability ${["p", p, 5]}: −ln P = ${["loss", -Math.log(p), 4]} nats. The best path alone has ${ofBest[0]} of it, the five best ${ofBest[1]}.`;
    }
    const [most, wants] = [told.indexOf(Math.max(...told)), asked.indexOf(Math.max(...asked))];
    const named = (k) => (k ? classes[k] : "the blank");
    return say`−ln P of ${word} is ${["loss", -Math.log(p), 4]} nats; its best path has ${ofBest[0]} of P. In frame ${String(frame)} the network says ${named(most)} most, ${["says", told[most], 3]}, and γ asks for ${named(wants)} most, ${["asks", asked[wants], 3]}; the slope of its logit is ${["slope", told[wants] - asked[wants], 3]}.`;
  };
});
