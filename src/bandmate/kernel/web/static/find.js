// The search field suggests while somebody types: the combobox pattern of the WAI-ARIA Authoring Practices, "list
// autocomplete with manual selection". htmx fetches the list; without this file the field sends its form.
"use strict";

(() => {
  const field = document.getElementById("search");
  if (!field || !window.htmx) return;

  const sheet = () => document.getElementById("found");
  const options = () => [...sheet().querySelectorAll("[role=option]")];
  const isOpen = () => field.getAttribute("aria-expanded") === "true";

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");

  function choose(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    if (option) {
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  }

  function open() {
    if (!options().length || !field.value.trim()) return;
    sheet().hidden = false;
    field.setAttribute("aria-controls", "found-list");
    field.setAttribute("aria-expanded", "true");
  }

  function close() {
    sheet().hidden = true;
    choose(null);
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-controls");
  }

  // From the field itself the arrows lead to the first and the last suggestion, and from these back to the field.
  function step(by) {
    const all = options();
    const places = [null, ...all];
    const chosen = all.find((each) => each.id === field.getAttribute("aria-activedescendant")) ?? null;
    choose(places[(places.indexOf(chosen) + by + places.length) % places.length]);
  }

  document.addEventListener("htmx:after:swap", () => {
    if (document.activeElement !== field) return;
    choose(null);
    if (sheet().querySelector("[role=option]")) open();
    else close();
  });

  // htmx listens only a moment after the page is there; what a quick hand has typed by then is asked for too.
  field.addEventListener("htmx:after:init", () => {
    if (field.value !== field.defaultValue) field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen()) open();
      if (!isOpen()) return;
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      const chosen = document.getElementById(field.getAttribute("aria-activedescendant"));
      if (!chosen) return;
      event.preventDefault();
      chosen.click();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (isOpen()) close();
      else field.value = "";
    }
  });

  field.addEventListener("input", () => { if (!field.value.trim()) close(); });

  field.form.addEventListener("focusout", (event) => {
    if (!field.form.contains(event.relatedTarget)) close();
  });
})();
