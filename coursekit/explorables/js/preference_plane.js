// DPO in its plane: how much more likely than the reference the policy has made the chosen answer, and the rejected one.
// The loss sees the difference alone, so both may fall while it does.
import { COLOURS, INK, PAPER, add, axes, clamp, curve, explorable, fixed, handle, knob, legend, place, set, slider } from "./kit.js";

const REACH = 4;
const LEVELS = [0.1, 0.3, Math.LN2, 1.2, 2];
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

export default explorable(({ svg, controls, state, width, height }) => {
  const side = Math.min(width - 70, 430);
  height(side + 122, "DPO: drag the point of the chosen and the rejected answer");
  const follow = [slider(controls, { name: "beta", label: "β", min: 0.1, max: 2, step: 0.1, state, words: (v) => v.toFixed(1) })];
  const plane = axes(svg, { left: 50, top: 26, width: side, height: side, xs: [-REACH, REACH], ys: [-REACH, REACH], xticks: [-4, -2, 0, 2, 4], yticks: [-4, -2, 0, 2, 4], xlabel: "chosen: ln π/π_ref", ylabel: "rejected: ln π/π_ref", form: (v) => fixed(v, 0) });
  const fall = add(svg, "rect", { x: plane.x(-REACH), y: plane.y(0), width: side / 2, height: side / 2, fill: COLOURS.grey, "fill-opacity": 0.18 });
  add(svg, "text", { x: plane.x(-3.9), y: plane.y(-3.8) }, "both fall");
  const lines = LEVELS.map((level) => ({ level, line: curve(svg, plane, COLOURS.blue, { dash: level === Math.LN2 ? "" : "6 4", width: level === Math.LN2 ? 2.5 : 1.5 }), words: add(svg, "text", { "aria-hidden": "true" }) }));
  const pull = add(svg, "path", { stroke: COLOURS.orange, "stroke-width": 3.5, fill: "none" });
  const grip = handle(svg, {
    name: "point", label: "log-ratios of the chosen and the rejected answer", plane, state, directions: "xy", shape: knob(COLOURS.orange, "diamond"),
    moved: ([dx, dy], to) => {
      const [chosen, rejected] = (to ?? [state.get("chosen") + 0.1 * dx, state.get("rejected") + 0.1 * dy]).map((v) => Math.round(50 * clamp(v, -REACH, REACH)) / 50);
      state.move({ chosen, rejected });
    },
  });
  legend(svg, 30, side + 88, width - 30, [[COLOURS.blue, "", "loss ln 2: as the reference"], [COLOURS.blue, "6 4", "other levels"], [COLOURS.orange, "", "the pull"]]);

  return (say) => {
    for (const one of follow) one();
    const [chosen, rejected, beta] = [state.get("chosen"), state.get("rejected"), state.get("beta")];
    const lead = beta * (chosen - rejected);
    const loss = softplus(-lead);
    const slope = -beta / (1 + Math.exp(lead));
    for (const { level, line, words } of lines) {
      const gap = -Math.log(Math.expm1(level)) / beta; // chosen − rejected at which the loss is `level`
      line.setAttribute("d", plane.line([[-9, -9 - gap], [9, 9 - gap]]));
      const x = clamp(gap < 0 ? 3.2 + gap : 3.2, -3.4, 3.2);
      const inside = Math.abs(x - gap) < REACH - 0.2;
      set(words, { x: plane.x(x) + 5, y: plane.y(x - gap) + 14, visibility: inside ? "visible" : "hidden" }).textContent = fixed(level, 2);
    }
    const [px, py, long] = [plane.x(chosen), plane.y(rejected), -slope * 55 + 8];
    const [ex, ey] = [px + long, py + long];
    pull.setAttribute("d", `M${px} ${py}L${ex} ${ey}M${ex - 11} ${ey}H${ex}V${ey - 11}`);
    place(grip, px, py, `chosen ${fixed(chosen, 1)}, rejected ${fixed(rejected, 1)}`, chosen, [-REACH, REACH]);
    const both = chosen < 0 && rejected < 0 ? " Both answers have become less likely than they were." : "";
    say`The lead is β(${fixed(chosen, 2)} − ${rejected < 0 ? `(${fixed(rejected, 2)})` : fixed(rejected, 2)}) = ${["lead", lead, 3]}, the loss ${["loss", loss, 4]}. Its slope is ${["slope", slope, 3]} with respect to the chosen log-ratio, and the opposite with respect to the rejected one.${both}`;
  };
});
