// Every page: toasts, undo, menus, shortcuts, busy buttons. All of it is comfort: the pages work without.
"use strict";

window.taskmanager = (() => {
  const TOAST_SECONDS = 8;
  const SENDING_SECONDS = 15;
  const UNREACHED = "That did not reach the server. Nothing was changed.";
  const toasts = document.getElementById("toasts");
  const typing = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

  // Toasts

  function dismiss(flash) {
    if (flash.contains(document.activeElement)) toasts.focus({ preventScroll: true });
    flash.classList.add("is-leaving");
    setTimeout(() => flash.remove(), 150);
  }

  function live(flash) {
    let timer;
    const start = () => {
      clearTimeout(timer);
      timer = setTimeout(() => dismiss(flash), TOAST_SECONDS * 1000);
    };
    const stop = () => clearTimeout(timer);
    const resume = () => {
      if (!flash.matches(":hover, :focus-within")) start();
    };
    flash.addEventListener("mouseenter", stop);
    flash.addEventListener("mouseleave", resume);
    flash.addEventListener("focusin", stop);
    flash.addEventListener("focusout", () => setTimeout(resume));
    start();
  }

  // Of two messages about one task only the newer one's Undo leads back to where things were.
  function replaceOlder(flash) {
    const subject = (each) => each.querySelector(".flash-undo")?.getAttribute("action").replace(/[^/]+\/$/, "");
    const about = subject(flash);
    for (const other of about ? toasts.querySelectorAll(".flash") : []) {
      if (other !== flash && subject(other) === about) dismiss(other);
    }
  }

  function toast(text) {
    const template = document.getElementById("blank-toast");
    if (!template) return;
    const flash = template.content.querySelector(".flash").cloneNode(true);
    flash.classList.add("flash-error");
    flash.querySelector(".flash-text").textContent = text;
    toasts.append(flash);
  }

  function announce(text) {
    const region = document.getElementById("announce");
    if (!region) return;
    // The same sentence twice is silent unless the text goes away in between.
    region.textContent = "";
    setTimeout(() => { region.textContent = text; }, 50);
  }

  if (toasts) {
    toasts.querySelectorAll(".flash").forEach(live);
    new MutationObserver((records) => {
      for (const record of records) {
        for (const node of record.addedNodes) {
          if (!node.matches?.(".flash")) continue;
          replaceOlder(node);
          live(node);
        }
      }
      const open = toasts.querySelectorAll(".flash:not(.is-leaving)");
      for (let index = 0; index < open.length - 3; index += 1) dismiss(open[index]);
    }).observe(toasts, { childList: true });
    toasts.addEventListener("click", (event) => {
      const close = event.target.closest(".flash-close");
      if (close) dismiss(close.closest(".flash"));
    });
  }

  // What htmx does on this site beyond its attributes

  document.addEventListener("htmx:beforeSwap", (event) => {
    // A followed redirect means that the session has ended: the answer is the sign-in page, not a fragment.
    const { xhr, pathInfo } = event.detail;
    const wanted = new URL(pathInfo.finalRequestPath || pathInfo.requestPath, location.href).pathname;
    if (xhr.responseURL && new URL(xhr.responseURL).pathname !== wanted) {
      event.detail.shouldSwap = false;
      location.reload();
      return;
    }
    // A refusal goes to the toasts whole: hx-select is about the page that was asked for.
    if (xhr.getResponseHeader("HX-Retarget")) event.detail.selectOverride = "unset";
    // An answer also carries parts for the board. On a page without them each would be an error in the console.
    if (!event.detail.serverResponse.includes("hx-swap-oob")) return;
    const answer = document.createElement("template");
    answer.innerHTML = event.detail.serverResponse;
    for (const part of answer.content.querySelectorAll("[hx-swap-oob=true]")) {
      if (!document.getElementById(part.id) && !page.adopt?.(part)) part.remove();
    }
    event.detail.serverResponse = answer.innerHTML;
  });
  // What had the focus in a task may be gone from its answer: then the task's menu, which stays, takes it over.
  document.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
    if (target.id !== "task" || !detail.shouldSwap || !target.contains(document.activeElement)) return;
    document.addEventListener("htmx:afterSwap", () => {
      const task = document.getElementById("task");
      if (document.activeElement === document.body) (task?.querySelector(".task-acts summary") ?? task?.querySelector("h1"))?.focus({ preventScroll: true });
    }, { once: true });
  });
  // What an answer does beside the place that changed, it says in words.
  document.addEventListener("announce", (event) => announce(event.detail.value));
  // Whoever edits or deletes a comment in its place finds the focus on what stands there afterwards.
  document.addEventListener("htmx:load", (event) => {
    if (!event.target.matches?.(".comment, .event")) return;
    // A new comment pushes the box in which it was written down: that stays in sight.
    document.activeElement.closest(".write")?.scrollIntoView({ block: "nearest" });
    if (document.activeElement !== document.body) return;
    event.target.tabIndex = -1;
    event.target.focus({ preventScroll: true });
  });
  document.addEventListener("htmx:sendError", () => toast(UNREACHED));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) toast(UNREACHED);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful } = event.detail;
    if (!successful || !elt.matches(".flash-undo")) return;
    const flash = elt.closest(".flash");
    if (flash) dismiss(flash);
    const task = document.getElementById("task");
    if (task) {
      htmx.ajax("GET", task.dataset.url, { target: "#task", select: "#task", swap: "outerHTML" });
    } else if (!document.getElementById("board")) {
      location.reload();
    }
  });

  // Going back to an address that a panel had pushed, after a reload, keeps the wrong document: load the right one.
  let here = location.pathname + location.search;
  addEventListener("popstate", () => {
    if (document.getElementById("board")) return;
    if (location.pathname + location.search !== here) location.reload();
    here = location.pathname + location.search;
  });

  // Menus are <details>: they work alone, and close here as people expect

  const openMenus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("focusin", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("submit", (event) => {
    const menu = event.target.closest("details.menu");
    if (!menu) return;
    // A closed menu can't hold the focus: it would be lost before the answer comes.
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus({ preventScroll: true });
    menu.open = false;
  });

  function walkMenu(event, menu) {
    const items = [...menu.querySelectorAll(".menu-item")];
    const at = items.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? (at + 1) % items.length : (at <= 0 ? items.length : at) - 1;
    items[next]?.focus();
    event.preventDefault();
  }

  // Busy buttons: one press is one submission

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const button = event.submitter || form.querySelector("[type=submit]");
    // Not disabled: a disabled button would drop its name and value from the form, and the focus with them.
    button?.setAttribute("aria-busy", "true");
    // A request that was stopped says nothing. Sending it again is safe: the server knows the form by its UUID.
    setTimeout(release, SENDING_SECONDS * 1000, form);
  });
  function release(form) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
  // A browser that fills a page in again on the way back fills in a hidden field only where a script has set it.
  for (const field of document.querySelectorAll("input[type=hidden][name=uuid]")) field.value = field.value.trim();
  // Also when the page comes back from the browser's memory, as it was when it was left.
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.elt.matches("form")) detail.elt.querySelector(".btn[type=submit]")?.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.elt.matches("form")) release(detail.elt);
  });

  // The field to type in next: the first that was refused, else the first of a new form. A phone's keyboard waits.
  if (matchMedia("(hover: hover)").matches && !document.querySelector(".conflict")) {
    const fields = [...document.querySelectorAll("main :is(.editor, .door) :is(input:not([type=hidden]), textarea, select)")];
    const next = fields.find((field) => field.ariaInvalid === "true") ?? fields.find((field) => !field.value && field.type !== "file" && !field.closest("[data-later]"));
    if (next && (next.ariaInvalid || !document.querySelector(".editor .crumb"))) next.focus();
  }

  // Secrets that are shown once: copied by the old command, which plain HTTP has, too.

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    field.focus();
    field.select();
    const copied = document.execCommand("copy");
    button.firstChild.data = copied ? "Copied" : "Press Ctrl+C";
    announce(copied ? "Copied" : "It is selected: press Ctrl and C");
  });

  // Shortcuts

  const single = document.getElementById("single-keys");
  let singleKeys = true;
  try {
    singleKeys = localStorage.getItem("single-keys") !== "off";
  } catch { /* storage may be forbidden */ }
  if (single) {
    single.checked = singleKeys;
    single.addEventListener("change", () => {
      singleKeys = single.checked;
      try {
        localStorage.setItem("single-keys", singleKeys ? "on" : "off");
      } catch { /* storage may be forbidden */ }
    });
  }

  function press(selector) {
    const element = [...document.querySelectorAll(selector)].find((each) => !each.closest("[inert], template") && each.getClientRects().length);
    element?.click();
    return Boolean(element);
  }

  let afterG = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const command = event.ctrlKey || event.metaKey;
    const search = document.getElementById("search");
    const menu = event.target.closest?.("details.menu[open]");

    if (event.key === "Escape") {
      const open = menu || openMenus()[0];
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
        event.preventDefault();
      } else if (event.target === search || event.target.matches?.("textarea")) {
        // Out of a text first: what it is in, a panel say, would take along what was typed.
        event.target.blur();
        event.preventDefault();
      }
      return;
    }
    if (menu && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      walkMenu(event, menu);
      return;
    }
    if (command && event.key === "Enter") {
      event.target.form?.requestSubmit();
      return;
    }
    if (command && event.key.toLowerCase() === "k" && search) {
      search.focus();
      search.select();
      event.preventDefault();
      return;
    }
    if (command && event.key.toLowerCase() === "z" && !event.shiftKey && !typing(event.target)) {
      const undo = [...(toasts?.querySelectorAll(".flash:not(.is-leaving) .flash-undo button") || [])].pop();
      if (undo) {
        undo.click();
        event.preventDefault();
      }
      return;
    }
    if (!singleKeys || command || event.altKey || typing(event.target) || document.querySelector("dialog:modal")) return;

    const key = event.key.toLowerCase();
    const selectors = { c: "a.create, .tabs [href*='/new/']", e: ".task [aria-keyshortcuts=e]", x: ".task [aria-keyshortcuts=x]" };
    let done = false;
    if (event.key === "?") {
      document.getElementById("shortcuts")?.showModal();
      done = true;
    } else if (event.key === "/" && search) {
      search.focus();
      search.select();
      done = true;
    } else if (event.timeStamp - afterG < 1200 && (key === "b" || key === "l")) {
      const places = document.querySelectorAll(".top .places a");
      places[key === "b" ? 0 : 1]?.click();
      done = true;
      afterG = -Infinity;
    } else if (key === "g") {
      afterG = event.timeStamp;
    } else if (selectors[key] && !event.shiftKey) {
      done = press(selectors[key]);
    }
    if (done) event.preventDefault();
  });

  document.getElementById("show-shortcuts")?.addEventListener("click", (event) => {
    event.target.closest("details").open = false;
    document.getElementById("shortcuts").showModal();
  });
  document.getElementById("shortcuts")?.addEventListener("click", (event) => {
    // A click on the dialog itself, not on what it holds, is one on its backdrop.
    if (event.target === event.currentTarget) event.target.close();
  });

  const page = { announce, toast, singleKeys: () => singleKeys, justPressedG: (event) => event.timeStamp - afterG < 1200 };
  return page;
})();
