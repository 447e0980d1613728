// Keys, the notes, and letters as large as fit. Without it the slides are still there, one below the other.
"use strict";
const slides = [...document.querySelectorAll("section")];
const root = document.documentElement;
const LARGEST = 240; // of an explorable, in percent of its size in a notebook
const SMALLEST = 60; // of letters, in percent of the size that is meant; what is larger even then is scrolled
let current = Math.max(0, slides.findIndex((slide) => `#${slide.id}` === location.hash));
let speaker = null;
let begun = 0;

/** Makes what stands on a slide smaller until all of it is seen: an explorable first, then the letters. */
function fit(slide) {
  const body = slide.querySelector(".body");
  const fits = () => body.scrollHeight <= body.clientHeight + 1 && body.scrollWidth <= body.clientWidth + 1;
  slide.style.removeProperty("--fit");
  slide.style.removeProperty("--zoom");
  if (body.querySelector("[data-explorable]")) {
    for (let zoom = LARGEST; zoom >= 120 && !fits(); zoom -= 5) slide.style.setProperty("--zoom", zoom / 100);
  }
  for (let size = 100; size >= SMALLEST && !fits(); size -= 4) slide.style.setProperty("--fit", size / 100);
}

function fitAll() {
  if (matchMedia("(max-width: 900px)").matches) return;
  slides.forEach(fit);
  slides[current].scrollIntoView();
}

function show(number) {
  current = Math.min(Math.max(number, 0), slides.length - 1);
  slides[current].scrollIntoView();
  told();
}

function told() {
  document.getElementById("place").textContent = `${current + 1} / ${slides.length}`;
  // a page that is loaded again goes on where it was; JupyterLab shows one of its own making, which has no address
  if (location.protocol !== "blob:") history.replaceState(null, "", `#${slides[current].id}`);
  tell();
}

/** What stands in the speaker's window: the notes, what comes next, and how late it is. */
function tell() {
  if (!speaker || speaker.closed) return;
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
  const next = slides[current + 1]?.querySelector("h1, h2").textContent ?? "the end";
  const seconds = (Date.now() - begun) / 1000;
  speaker.document.getElementById("now").textContent =
    `${current + 1} / ${slides.length}, planned at ${clock(slides[current].dataset.begins)}, now ${clock(seconds)}`;
  speaker.document.getElementById("next").textContent = `Next: ${next}`;
  const notes = speaker.document.getElementById("notes");
  if (notes.dataset.of !== slides[current].id) {
    notes.replaceChildren(...[...slides[current].querySelector("aside").children].map((each) => speaker.document.importNode(each, true)));
    notes.dataset.of = slides[current].id;
  }
}

/** A window of its own, for the screen that the room does not see: empty, and written from here, as files may not talk. */
function openSpeaker() {
  speaker = window.open("", "speaker", "width=720,height=560");
  if (!speaker) return;
  begun ||= Date.now();
  speaker.document.title = "Notes";
  speaker.document.body.innerHTML = '<h1 id="now"></h1><h2 id="next"></h2><div id="notes"></div>';
  speaker.document.body.style.cssText = "font: 22px/1.45 system-ui, sans-serif; margin: 1em 1.5em; color-scheme: light dark";
  speaker.document.onkeydown = pressed;
  tell();
}

const own = 'input, select, textarea, [role="slider"], [role="button"], [contenteditable]'; // they have keys themselves

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(own)) return;
  if ((event.key === " " || event.key === "Enter") && event.target.closest?.("summary, button, a")) return;
  const act = {
    ArrowRight: () => show(current + 1), ArrowDown: () => show(current + 1), PageDown: () => show(current + 1),
    " ": () => show(current + (event.shiftKey ? -1 : 1)),
    ArrowLeft: () => show(current - 1), ArrowUp: () => show(current - 1), PageUp: () => show(current - 1),
    Home: () => show(0), End: () => show(slides.length - 1),
    a: openAnswer, n: () => root.classList.toggle("notes"), s: openSpeaker, f: fill,
    d: () => { root.style.colorScheme = isDark() ? "light" : "dark"; },
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function openAnswer() {
  const closed = slides[current].querySelector("details:not(.source):not([open])");
  if (closed) closed.open = true;
}

const isDark = () => (root.style.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const fill = () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen());

addEventListener("keydown", pressed);
addEventListener("resize", fitAll);
addEventListener("beforeprint", () => document.querySelectorAll("details:not(.source)").forEach((each) => { each.open = true; }));
document.addEventListener("toggle", (event) => fit(event.target.closest("section")), true);
// whoever turns the wheel is on another slide too
const watch = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (isIntersecting && slides.indexOf(target) !== current) { current = slides.indexOf(target); told(); }
  }
}, { threshold: 0.6 });
slides.forEach((slide) => watch.observe(slide));
setInterval(tell, 1000);
// an explorable has its size once it is alive
const waiting = () => document.querySelector("[data-explorable]:not([data-alive])");
const ready = (tries) => (waiting() && tries ? setTimeout(ready, 50, tries - 1) : (fitAll(), told(), (root.dataset.ready = "yes")));
addEventListener("load", () => ready(60));
