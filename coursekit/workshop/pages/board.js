// The board: listens to the room, shows what it is like, and says what the instructor says.

import { bars, el, exerciseRow, keep, prose, setText, stateWords, updateExercise } from "./draw.js";
import { drawRequests } from "./share.js";

const find = (id) => document.getElementById(id);
const MOST = 8; // mistakes that are shown

// The key comes behind the address, which is shown to a room: it is taken out of it and kept for this tab alone
if (/^#[\w-]{43}$/.test(location.hash)) {
  sessionStorage.setItem("token", location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}
const headers = { Authorization: `Bearer ${sessionStorage.getItem("token") ?? ""}` };

const state = { about: null, board: null, lesson: null, names: false, chosen: false };

// ---- asking the server -------------------------------------------------------------------------------------------

function status(words, lost = false) {
  setText(find("status"), words);
  find("status").classList.toggle("lost", lost);
}

const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function say(body) {
  const content = JSON.stringify({ id: newId(), ...body });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const answer = await fetch("/api/say", {
        method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: content,
      });
      if (answer.ok) return true;
      if (answer.status < 500) {
        status((await answer.json()).error, true);
        return false;
      }
    } catch { /* the network: with the same id it is said once, however often it is sent */ }
    await new Promise((done) => setTimeout(done, 700));
  }
  status("This was not sent: the server does not answer. Try again.", true);
  return false;
}

async function* events() {
  const answer = await fetch("/api/board", { headers });
  if (answer.status === 401 || answer.status === 403) {
    yield { refused: (await answer.json()).error };
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const pieces = (waiting + value).split("\n\n");
    waiting = pieces.pop();
    for (const piece of pieces) {
      if (piece.startsWith("event: over")) yield { over: true };
      else if (piece.startsWith("data: ")) yield { board: JSON.parse(piece.slice(6)) };
    }
  }
}

async function listen() {
  for (let wait = 500; ; wait = Math.min(2 * wait, 5000)) {
    try {
      if (!state.about) await about();
      for await (const told of events()) {
        if (told.refused) return status(`${told.refused} The line to open it stands where the workshop was started.`, true);
        if (told.over) return status("This session is over.", true);
        wait = 500;
        status("Live");
        if (told.board.learners) {
          state.board = told.board;
          draw();
        }
      }
    } catch { /* it is tried again */ }
    status("The server does not answer. What is shown is from before; it is asked again.", true);
    await new Promise((done) => setTimeout(done, wait));
  }
}

async function about() {
  const answer = await fetch("/api/material", { headers });
  if (!answer.ok) return;
  state.about = await answer.json();
  setText(find("title"), state.about.title);
  document.title = `${state.about.title}: board`;
  const address = state.about.address || location.origin;
  find("join").replaceChildren("Join: ", el("code", {}, `join("${address}", "${state.about.code}")`));
  find("lesson").replaceChildren(
    ...state.about.lessons.map((each) => el("option", { value: each.name }, `${each.number}. ${each.title}`)),
  );
  show(state.about.lessons[0]);
}

// ---- what is shown -----------------------------------------------------------------------------------------------

const nameOf = (learner) => (state.names && learner.name ? learner.name : `Learner ${learner.number}`);

function show(lesson) {
  state.lesson = lesson;
  find("lesson").value = lesson.name;
  const options = lesson.exercises.map((each) => el("option", {}, each.name));
  find("open").exercise.replaceChildren(...options);
  find("send").to.replaceChildren(
    el("option", { value: "" }, "everybody"),
    ...lesson.exercises.map((each) => el("option", { value: each.name }, `all who are at ${each.name}`)),
  );
  find("ask").from.replaceChildren(
    el("option", { value: "" }, "a question of your own"),
    ...lesson.questions.map((each, at) => el("option", { value: at }, each.text)),
  );
  hints();
  draw();
}

function hints() {
  const exercise = state.lesson.exercises.find((each) => each.name === find("send").to.value);
  find("send").hint.replaceChildren(
    el("option", { value: "" }, exercise ? "none" : "choose an exercise above"),
    ...(exercise?.hints ?? []).map((each) => el("option", { value: each }, each)),
  );
}

// Until somebody has chosen a lesson, the one that most of the room is at
function follow() {
  const tried = (lesson) =>
    lesson.exercises.reduce((sum, each) => sum + Object.keys(state.board.works[each.name] ?? {}).length, 0);
  const busiest = state.about.lessons.reduce((best, each) => (tried(each) > tried(best) ? each : best));
  if (!state.chosen && busiest !== state.lesson && tried(busiest) > tried(state.lesson)) show(busiest);
}

function draw() {
  const { board, lesson } = state;
  if (!board || !lesson) return;
  follow();
  const learners = new Map(board.learners.map((each) => [each.id, each]));
  find("nobody").hidden = board.learners.length > 0;
  keep(find("exercises"), state.lesson.exercises, (each) => each.name, exerciseRow,
    (row, each) => updateExercise(row, each, board, nameOf));
  drawMistakes(board, learners);
  drawRequests(board.requests, say);
  drawStuck(board, learners);
  drawQuestions(board);
  drawPredictions(board);
  if (find("everybody").open) drawEverybody(board);
  keep(find("cards"), board.cards.toReversed().slice(0, 5), (each) => each.id, () => el("li"), (row, card) =>
    setText(row, `“${card.text.slice(0, 80)}” to ${card.to}: ${card.taken} took it, ${card.left} left it`));
  clock();
}

const order = (mistake) => -mistake.learners.length;

function drawMistakes(board, learners) {
  const here = new Set(state.lesson.exercises.map((each) => each.name));
  const found = board.mistakes.filter((each) => here.has(each.exercise)).sort((a, b) => order(a) - order(b));
  find("nothing").hidden = found.length > 0;
  find("more").hidden = found.length <= MOST;
  setText(find("more"), `And ${found.length - MOST} more that fewer hold.`);
  keep(find("mistakes"), found.slice(0, MOST), (each) => `${each.exercise} ${each.name}`, makeMistake, (row, each) => {
    row.mistake = each;
    const [number, tried] = [each.learners.length, Object.keys(board.works[each.exercise] ?? {}).length];
    setText(row.querySelector(".share"), `${number} of ${tried} at ${each.exercise}`);
    const says = each.says || "They return the same wrong thing, and no known mistake explains it.";
    const sentence = row.querySelector(".says");
    if (sentence.dataset.says !== says) {
      sentence.dataset.says = says;
      sentence.replaceChildren(...prose(says));
    }
    const line = each.line ? `${each.line}\n# got ${each.got}, expected ${each.expected}` : "";
    row.querySelector("pre").hidden = !line;
    setText(row.querySelector("pre"), line);
    for (const button of row.querySelectorAll(".line")) button.hidden = !line;
    setText(row.querySelector(".those"), `Send the counterexample to ${number === 1 ? "this one" : `these ${number}`}`);
    row.querySelector(".request").hidden = !each.unasked;
    const form = row.querySelector("form");
    form.hidden = !each.group;
    setText(form.querySelector("button"), `Name it, and tell ${number === 1 ? "this one" : `these ${number}`}`);
    row.querySelector(".picture").hidden = !pictureOf(each.exercise);
    setText(row.querySelector(".who"), each.learners.map((id) => nameOf(learners.get(id))).join(", "));
    row.querySelector(".codes").replaceChildren(...each.codes.map((code) => el("pre", {}, code)));
  });
}

const pictureOf = (exercise) => state.lesson.exercises.find((each) => each.name === exercise)?.picture;

// The explorable of the lesson that stands nearest to the exercise. It moves in the notebook; here it is a picture
function makePicture({ exercise, name }) {
  const found = pictureOf(exercise);
  if (!found) return el("details", { className: "picture" });
  const where = `lesson ${state.lesson.number}, below “${found.below.replaceAll("`", "")}”`;
  const text = `Open ${where}, and move the picture there. What does it say about your answer to \`${exercise}\`?`;
  const send = () => say({ kind: "push", text, exercise, holding: name });
  return el("details", { className: "picture" },
    el("summary", {}, `The picture to move: ${where}`),
    el("img", { loading: "lazy", alt: found.says, src: `/pictures/${encodeURIComponent(exercise)}.png` }),
    el("div", { className: "actions" }, el("button", { type: "button", onclick: send }, "Send those who hold it there")));
}

function makeMistake(mistake) {
  const row = el("li");
  const push = (everybody) => {
    const { exercise, name, line, says } = row.mistake;
    say({ kind: "push", text: says || "Try this one by hand:", code: line, ...(everybody ? {} : { exercise, holding: name }) });
  };
  const those = el("button", { type: "button", className: "those line", onclick: () => push(false) });
  const all = el("button", { type: "button", className: "line", onclick: () => push(true) }, "to everybody");
  const request = () => say({ kind: "request", exercise: row.mistake.exercise, holding: row.mistake.name });
  const ask = el("button", { type: "button", className: "request", onclick: request }, "Ask one of them to show their answer");
  const sentence = el("input", { name: "sentence", maxLength: 500, required: true });
  const form = el("form", { className: "name" },
    el("label", {}, "What is it? One sentence for those who do it", sentence), el("button"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { exercise, name } = row.mistake;
    say({ kind: "name", exercise, group: name, sentence: sentence.value }).then((said) => { if (said) sentence.value = ""; });
  });
  row.append(
    el("p", { className: "share" }), el("p", { className: "says" }), el("pre", {}),
    el("div", { className: "actions" }, those, all, ask), form,
    makePicture(mistake),
    el("details", {}, el("summary", {}, "Who, and code that was shared"), el("p", { className: "who" }), el("div", { className: "codes" })),
  );
  return row;
}

function drawStuck(board, learners) {
  find("nobody-stuck").hidden = board.stuck.length > 0;
  keep(find("stuck"), board.stuck, (each) => each.learner, () => el("li"), (row, each) => {
    const minutes = Math.max(0, Math.floor((Date.now() / 1000 - each.since) / 60));
    const attempts = `${each.attempts} attempt${each.attempts === 1 ? "" : "s"}`;
    setText(row, `${nameOf(learners.get(each.learner))}: ${each.exercise}, ${minutes} min, ${attempts}`);
  });
}

function drawQuestions(board) {
  keep(find("questions"), board.questions.toReversed(), (each) => each.id, makeQuestion, (row, each) => {
    row.asked = each;
    setText(row.querySelector("h3"), each.text);
    row.querySelector(".bars").replaceChildren(...bars(each.rounds, each.choices));
    row.querySelector(".discuss").hidden = each.stage !== "open";
    row.querySelector(".close").hidden = each.stage === "closed";
  });
}

function makeQuestion() {
  const row = el("li");
  const turn = (to) => () => say({ kind: "turn", asked: row.asked.id, to });
  row.append(
    el("h3"), el("div", { className: "bars" }),
    el("div", { className: "actions" },
      el("button", { type: "button", className: "discuss", onclick: turn("discussed") }, "Discussed: ask once more"),
      el("button", { type: "button", className: "close", onclick: turn("closed") }, "Close")),
  );
  return row;
}

function drawPredictions(board) {
  const found = board.predictions.filter((each) => each.id.startsWith(`${state.lesson.name}/`));
  find("h-predictions").hidden = !found.length;
  const known = new Map(state.lesson.questions.map((each) => [each.id, each]));
  keep(find("predictions"), found, (each) => each.id, () => el("li", {}, el("h3"), el("p"), el("div")), (row, each) => {
    row.querySelector("h3").replaceChildren(...prose(known.get(each.id)?.text ?? each.id));
    setText(row.querySelector("p"), `${each.hold} of ${each.of} hold`);
    row.lastChild.replaceChildren(...bars([each.choices], known.get(each.id)?.choices ?? []));
  });
}

function drawEverybody(board) {
  const names = state.lesson.exercises.map((each) => each.name);
  find("heads").replaceChildren(...["learner", ...names].map((each) => el("th", { scope: "col" }, each)));
  keep(find("rows"), board.learners, (each) => each.id, () => el("tr"), (row, learner) => {
    row.replaceChildren(
      el("th", { scope: "row" }, el("bdi", {}, nameOf(learner))),
      ...names.map((name) => {
        const [how, attempts] = (board.works[name] ?? {})[learner.id] ?? [];
        return el("td", {}, how ? `${stateWords(how)}, ${attempts}×` : "–");
      }),
    );
  });
}

function clock() {
  const open = state.board?.open;
  find("clock").hidden = !open;
  if (!open) return;
  const left = open.until ? Math.round(open.until - Date.now() / 1000) : null;
  const digits = left === null ? "" : `${Math.floor(Math.max(0, left) / 60)}:${String(Math.max(0, left) % 60).padStart(2, "0")}`;
  const words = left !== null && left <= 0 ? `${open.exercise}: time is up` : open.exercise;
  find("clock").replaceChildren(digits || open.exercise, ...(digits ? [el("small", {}, words)] : []));
}

// ---- what the instructor does ------------------------------------------------------------------------------------

function toggleNames() {
  state.names = !state.names;
  find("names").setAttribute("aria-pressed", state.names);
  setText(find("names"), state.names ? "Hide names (N)" : "Show names (N)");
  draw();
}

find("names").addEventListener("click", toggleNames);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key.toLowerCase() === "n" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) toggleNames();
});
find("everybody").addEventListener("toggle", draw);
find("lesson").addEventListener("change", (event) => {
  state.chosen = true;
  show(state.about.lessons.find((each) => each.name === event.target.value));
});

function onSubmit(form, body, after = () => {}) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    button.disabled = true;
    if (await say(body(form))) after(form);
    button.disabled = false;
  });
}

onSubmit(find("open"), (form) => ({ kind: "open", exercise: form.exercise.value, minutes: Number(form.minutes.value) }));
find("free").addEventListener("click", () => say({ kind: "open", exercise: "" }));

const lines = (text) => text.split("\n").map((each) => each.trim()).filter(Boolean);
onSubmit(find("ask"), (form) => ({ kind: "ask", text: form.text.value, choices: lines(form.choices.value) }), (form) => form.reset());
find("ask").from.addEventListener("change", (event) => {
  const asked = state.lesson.questions[Number(event.target.value)];
  find("ask").text.value = event.target.value ? asked.text : "";
  find("ask").choices.value = event.target.value ? asked.choices.join("\n") : "";
});

onSubmit(find("send"), (form) => ({ kind: "push", text: form.text.value, code: form.code.value, exercise: form.to.value }),
  (form) => { form.text.value = form.code.value = ""; });
find("send").to.addEventListener("change", hints);
find("send").hint.addEventListener("change", (event) => { find("send").text.value = event.target.value; });

setInterval(clock, 1000);
setInterval(draw, 20_000); // minutes go by, though nothing happens
listen();
