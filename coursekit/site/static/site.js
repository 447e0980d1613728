// Predictions ask on a page as they do in a notebook: choose, commit, be told. Nothing is kept, and nothing counts.
// Without this script each is a list of choices with its answer folded below.
"use strict";

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** How far a number may be off, as the list of what may be answered says it; null where it is not a number that is asked for. */
function nearness(offers) {
  const said = offers.length === 1 && offers[0].match(/^a number: (?:within (\S+) is near enough|it has to be exact)$/);
  return said ? Number(said[1] ?? 0) : null;
}

function ask(box, number) {
  const list = box.querySelector("ul");
  const answer = box.querySelector("details");
  const right = answer.querySelector("b").textContent.replace(/\.$/, "");
  const offers = [...list.children].map((item) => item.textContent);
  const near = nearness(offers);
  const name = `prediction-${number}`;
  const fields = near === null
    ? offers.map((offer) => element("label", {}, element("input", { type: "radio", name, value: offer }), ` ${offer}`))
    : [element("label", {}, "Number: ", element("input", { type: "text", name, inputmode: "decimal", size: 12 }), ` (${offers[0].slice("a number: ".length)})`)];
  const button = element("button", { type: "submit" }, "Commit");
  const said = element("p", { role: "status" });
  const question = box.querySelector("div").textContent;
  const form = element("form", {}, element("fieldset", { "aria-label": question }, ...fields), button, said);
  if (near === null) {
    button.disabled = true;
    form.addEventListener("change", () => { button.disabled = false; });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = new FormData(form).get(name).trim();
    const value = Number(given.replace(/[−–]/, "-") || NaN);
    if (near !== null && !Number.isFinite(value)) {
      said.textContent = "Write a number such as 0.25 or 1e6.";
      return;
    }
    // the page has the right number with four digits
    const holds = near === null ? given === right : Math.abs(value - right) <= near * (1 + 1e-9) + (near && 5e-4 * Math.abs(right));
    said.textContent = `You said: ${given}. ${holds ? "That holds." : "Not so."}`;
    for (const field of form.querySelectorAll("input")) field.disabled = true;
    button.remove();
    answer.open = true;
  });
  list.replaceWith(form);
}

document.querySelectorAll(".coursekit-question").forEach(ask);
// Two parts of the theme that have the same name to those who hear the page
document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "The course");
document.querySelector(".toc-drawer")?.setAttribute("aria-label", "This page");
// On paper nothing can be unfolded
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("article details:not(.source, .hint)")) folded.open = true;
});
