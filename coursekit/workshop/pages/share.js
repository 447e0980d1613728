// Answers that their authors let the room see: without a name, as text that runs nowhere, and large for a projector.

import { el, keep, setText } from "./draw.js";

const find = (id) => document.getElementById(id);

const STAGES = {
  asked: "One learner was asked, and has not answered yet.",
  yes: "Its author agrees that the room sees it.",
  no: "Whoever was asked would rather not, or has it no more. You may ask another.",
  changed: "Whoever was asked has another answer by now. You may ask another.",
};
const QUESTION = "An answer from the room, whose author agrees that you see it. What does it do? What should it do?";

export function drawRequests(requests, say) {
  find("nothing-shared").hidden = requests.length > 0;
  keep(find("requests"), requests.toReversed(), (each) => each.id, () => make(say), (row, each) => {
    row.request = each;
    setText(row.querySelector("h3"), each.exercise);
    setText(row.querySelector("p"), STAGES[each.stage]);
    setText(row.querySelector("pre"), each.code);
    row.querySelector("pre").hidden = row.querySelector(".actions").hidden = !each.code;
  });
}

function make(say) {
  const row = el("li");
  const send = () => say({ kind: "push", text: QUESTION, code: row.request.code });
  row.append(
    el("h3"), el("p"), el("pre"),
    el("div", { className: "actions" },
      el("button", { type: "button", onclick: () => enlarge(row.request) }, "Show it large"),
      el("button", { type: "button", onclick: send }, "Send it to everybody")),
  );
  return row;
}

// What is wrong with it stays unsaid: that is for the room to find
function enlarge(request) {
  setText(find("h-large"), `An answer to ${request.exercise}`);
  setText(find("large-code"), request.code);
  find("large").showModal();
}
