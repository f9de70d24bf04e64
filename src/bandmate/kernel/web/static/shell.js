// What pages do beyond plain HTML and htmx: nothing here is needed to read a page or send a form.
"use strict";

const YEAR = 31536000;

function keep(name, value, seconds = YEAR) {
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${seconds}; SameSite=Lax`;
}

// The reader's time zone, so that the next page can write times in it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").includes(`tz=${encodeURIComponent(zone)}`)) keep("tz", zone);

// Light or dark: the system decides until the reader does; choosing what the system says gives it back the decision.
const root = document.documentElement;
const system = window.matchMedia("(prefers-color-scheme: dark)");

function toggleTheme() {
  const preferred = system.matches ? "dark" : "light";
  const chosen = (root.dataset.theme || preferred) === "dark" ? "light" : "dark";
  if (chosen === preferred) {
    delete root.dataset.theme;
    keep("theme", "", 0);
  } else {
    root.dataset.theme = chosen;
    keep("theme", chosen);
  }
}

async function copyCode(button) {
  const label = button.querySelector("span");
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(button.closest(".code").querySelector("code").textContent);
    label.textContent = button.dataset.copied;
  } catch {
    label.textContent = button.dataset.byHand;
    window.getSelection().selectAllChildren(button.closest(".code").querySelector("code"));
  }
  setTimeout(() => { label.textContent = before; }, 2000);
}

// What only readers without scripts need disappears where htmx works.
if (window.htmx) root.dataset.scripted = "";

// Controls that need this file are hidden until it runs.
function reveal() {
  for (const control of document.querySelectorAll("[data-copy], [data-theme-toggle]")) control.hidden = false;
}

document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-copy], [data-theme-toggle]");
  if (control?.matches("[data-copy]")) copyCode(control);
  if (control?.matches("[data-theme-toggle]")) toggleTheme();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    document.getElementById("search")?.select();
    document.getElementById("search")?.focus();
  }
  if (event.key === "Escape") {
    document.querySelector("details.menu[open]")?.removeAttribute("open");
    if (event.target.matches(".defined")) event.target.blur();
  }
});

document.addEventListener("htmx:after:swap", reveal);
reveal();
