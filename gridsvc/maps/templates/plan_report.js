"use strict";

/* Language: every text that has an English twin carries it in data-en. */

const texts = [...document.querySelectorAll("[data-en]")].map((element) => ({
  element,
  chinese: element.textContent,
  english: element.dataset.en,
}));
const labels = [...document.querySelectorAll("[data-en-label]")].map((element) => ({
  element,
  chinese: element.getAttribute("aria-label"),
  english: element.dataset.enLabel,
}));

function speak(language) {
  const english = language === "en";
  for (const text of texts) text.element.textContent = english ? text.english : text.chinese;
  for (const label of labels) {
    label.element.setAttribute("aria-label", english ? label.english : label.chinese);
  }
  document.documentElement.lang = english ? "en" : "zh-CN";
  button.textContent = english ? "中文" : "English";
  button.lang = english ? "zh-CN" : "en";
}

const button = document.getElementById("language");
button.hidden = false;
button.addEventListener("click", () => {
  speak(document.documentElement.lang === "en" ? "zh-CN" : "en");
});

/* Maps: buttons, keys, dragging and the wheel with Ctrl; plain scrolling stays the page's. */

const CLOSEST = 1 / 16;
const NEAR = 1 / 2.5; // from here on every number is shown

function movable(figure) {
  const frame = figure.querySelector(".frame");
  const svg = frame.querySelector("svg");
  const whole = svg.getAttribute("viewBox").split(" ").map(Number);
  let view = [...whole];

  function show([x, y, width]) {
    const share = Math.min(1, Math.max(CLOSEST, width / whole[2]));
    const size = [whole[2] * share, whole[3] * share];
    const inside = (at, axis) =>
      Math.min(Math.max(at, whole[axis]), whole[axis] + whole[axis + 2] - size[axis]);
    view = [inside(x, 0), inside(y, 1), ...size];
    svg.setAttribute("viewBox", view.join(" "));
    svg.style.setProperty("--k", share);
    svg.classList.toggle("near", share <= NEAR);
    frame.classList.toggle("zoomed", share < 1);
  }

  function zoom(by, x = view[0] + view[2] / 2, y = view[1] + view[3] / 2) {
    const share = Math.min(1, Math.max(CLOSEST, view[2] / by / whole[2]));
    const kept = (whole[2] * share) / view[2];
    show([x - (x - view[0]) * kept, y - (y - view[1]) * kept, whole[2] * share]);
  }

  function move(right, down) {
    show([view[0] + right * view[2], view[1] + down * view[3], view[2]]);
  }

  const reset = () => show(whole);
  const keys = {
    "+": () => zoom(1.6),
    "=": () => zoom(1.6),
    "-": () => zoom(1 / 1.6),
    "0": reset,
    ArrowLeft: () => move(-0.2, 0),
    ArrowRight: () => move(0.2, 0),
    ArrowUp: () => move(0, -0.2),
    ArrowDown: () => move(0, 0.2),
  };
  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  for (const [name, act] of [["in", keys["+"]], ["out", keys["-"]], ["whole", reset]]) {
    figure.querySelector(`[data-zoom=${name}]`).addEventListener("click", act);
  }
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const at = place(event);
    zoom(event.deltaY < 0 ? 1.25 : 1 / 1.25, at.x, at.y);
  }, { passive: false });

  function place(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  }

  let held = null;
  let dragged = false;
  svg.addEventListener("pointerdown", (event) => {
    dragged = false;
    if (view[2] < whole[2]) held = { from: place(event), x: event.clientX, y: event.clientY };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!held) return;
    if (!dragged && Math.hypot(event.clientX - held.x, event.clientY - held.y) < 5) return;
    if (!dragged) svg.setPointerCapture(event.pointerId);
    dragged = true;
    const at = place(event);
    show([view[0] + held.from.x - at.x, view[1] + held.from.y - at.y, view[2]]);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, () => { held = null; });
  }
  svg.addEventListener("click", (event) => { if (dragged) event.preventDefault(); }, true);
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  window.addEventListener("beforeprint", reset);
  window.addEventListener("hashchange", () => {
    if (svg.querySelector(":target")) reset();
  });
  figure.querySelector(".tools").hidden = false;
}

for (const figure of document.querySelectorAll(".map")) movable(figure);
