// Elements of the board. Whatever comes from people becomes text, and nothing here reads HTML.

export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// `backticks` become code; all else is text
export function prose(text) {
  return text.split("`").map((piece, at) => (at % 2 ? el("code", {}, piece) : piece));
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Keeps an element for each item, in the items' order: what is typed or focused in one stays while others change
export function keep(parent, items, keyOf, make, update) {
  const there = new Map([...parent.children].map((each) => [each.dataset.key, each]));
  items.forEach((item, place) => {
    const key = String(keyOf(item));
    let element = there.get(key);
    if (!element) {
      element = make(item);
      element.dataset.key = key;
    }
    there.delete(key);
    if (parent.children[place] !== element) parent.insertBefore(element, parent.children[place] ?? null);
    update(element, item);
  });
  for (const gone of there.values()) gone.remove();
}

const WORDS = { done: "all checks passed", passed: "passed", tried: "tried" };

export function stateWords(state) {
  return WORDS[state] ?? "not started";
}

export function sizeOf(number) {
  return number > 120 ? "0.8rem" : number > 40 ? "1.05rem" : "1.5rem";
}

// One exercise of the heat map: its name, its counts in words, a square for each learner
export function exerciseRow(exercise) {
  return el(
    "li", {},
    el("h3", {}, exercise.name),
    el("p", { className: "counts" }),
    el("div", { className: "squares", role: "img" }),
  );
}

export function updateExercise(row, exercise, board, nameOf) {
  const works = board.works[exercise.name] ?? {};
  const states = board.learners.map((each) => (works[each.id] ?? [])[0] ?? "");
  const passed = states.filter((state) => state === "passed" || state === "done").length;
  const tried = states.filter((state) => state === "tried").length;
  const words = `${passed} passed · ${tried} tried · ${states.length - passed - tried} not started`;
  setText(row.querySelector(".counts"), words);
  row.classList.toggle("now", board.open?.exercise === exercise.name);
  const squares = row.querySelector(".squares");
  squares.setAttribute("aria-label", `${exercise.name}: ${words}`);
  squares.style.setProperty("--size", sizeOf(states.length));
  while (squares.children.length < states.length) squares.append(el("i"));
  states.forEach((state, at) => {
    const square = squares.children[at];
    if (square.className !== state) square.className = state;
    const title = `${nameOf(board.learners[at])}: ${stateWords(state)}`;
    if (square.title !== title) square.title = title;
  });
}

// A distribution, and where there was a discussion, the one after it below it: in words and as lengths
export function bars(rounds, offers) {
  const choices = [...new Set([...offers, ...rounds.flatMap(Object.keys)])];
  const totals = rounds.map((each) => Object.values(each).reduce((sum, number) => sum + number, 0));
  const shown = rounds.map((_, at) => at).filter((at) => at === 0 || totals[at]);
  return choices.map((choice) => {
    const lengths = shown.map((at) => {
      const number = rounds[at][choice] ?? 0;
      const length = el("i");
      length.style.width = `${totals[at] ? (100 * number) / totals[at] : 0}%`;
      const when = shown.length > 1 ? ["before: ", "after: "][at] : "";
      return el("div", {}, length, el("b", {}, `${when}${number} of ${totals[at]}`));
    });
    return el("div", { className: "bar" }, el("span", {}, choice), ...lengths);
  });
}
