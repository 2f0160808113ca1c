// The header's search: hits while typing, walked with the arrows. Without it the form simply submits.
"use strict";

(() => {
  const field = document.getElementById("search");
  const box = document.getElementById("search-hits");
  const form = field.form;
  let chosen = null;

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-controls", box.id);
  field.setAttribute("aria-autocomplete", "list");

  const options = () => [...box.querySelectorAll("[role=option]")];

  function choose(option) {
    chosen?.setAttribute("aria-selected", "false");
    chosen = option ?? null;
    chosen?.setAttribute("aria-selected", "true");
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) field.setAttribute("aria-activedescendant", chosen.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function show(isOpen) {
    choose(null);
    box.hidden = !isOpen;
    field.setAttribute("aria-expanded", String(isOpen));
  }

  const hasHits = () => Boolean(options().length && field.value.trim());

  // An answer that arrives after the field was left, or emptied, opens nothing.
  box.addEventListener("htmx:afterSwap", () => show(hasHits() && document.activeElement === field));
  field.addEventListener("input", () => {
    if (field.value.trim()) return;
    box.replaceChildren();
    show(false);
  });
  field.addEventListener("focus", () => {
    if (hasHits() && box.dataset.for === field.value) show(true);
  });
  box.addEventListener("htmx:beforeSwap", (event) => {
    box.dataset.for = new URLSearchParams(event.detail.xhr.responseURL.split("?")[1]).get("q") ?? "";
    // The answer to what has been changed meanwhile: the next one is under way.
    if (box.dataset.for !== field.value) event.detail.shouldSwap = false;
  });
  // Somebody who types has no use for a message per letter: the form still says what is wrong.
  for (const name of ["htmx:sendError", "htmx:responseError"]) form.addEventListener(name, (event) => event.stopPropagation());

  field.addEventListener("keydown", (event) => {
    if (event.isComposing || box.hidden) return;
    const all = options();
    const at = all.indexOf(chosen);
    if (event.key === "ArrowDown") choose(all[at + 1] ?? all[0]);
    else if (event.key === "ArrowUp") choose(at < 0 ? all.at(-1) : all[at - 1]);
    else if (event.key === "Enter" && chosen) chosen.click();
    else if (event.key === "Escape") show(false);
    else return;
    event.preventDefault();
  });
  // The field keeps the focus, so that a click on a hit isn't lost to the box that closes.
  box.addEventListener("pointerdown", (event) => event.preventDefault());
  box.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== chosen) choose(option);
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) show(false);
  });
  form.addEventListener("submit", () => show(false));
  addEventListener("pageshow", () => show(false));
})();
