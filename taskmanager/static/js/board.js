// The board: cards open in a panel, move by pointer, touch and keyboard, and find their place when the server answers.
"use strict";

(() => {
  const board = document.getElementById("board");
  const { announce, singleKeys, justPressedG } = window.taskmanager;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const lists = [...board.querySelectorAll(".cards")];

  const listOf = (status) => lists.find((list) => list.dataset.status === status);
  const cardsIn = (list) => [...list.querySelectorAll(":scope > .card:not(.sortable-fallback)")];
  const cardOf = (id) => document.getElementById(`card-${id}`);
  const linkOf = (card) => card.querySelector(".card-name a");
  const nameOf = (card) => card.querySelector(".card-top > span").textContent;
  const above = (card) => {
    const cards = cardsIn(card.parentElement);
    return cards[cards.indexOf(card) - 1]?.dataset.id ?? "";
  };
  const spot = (card) => ({ list: card.parentElement, above: above(card) });

  // Moving in the page: others slide, the focus stays

  function slide(change) {
    const before = new Map();
    if (!calm.matches) for (const card of board.querySelectorAll(".card")) before.set(card, card.getBoundingClientRect());
    const focused = document.activeElement;
    change();
    if (focused !== document.activeElement && board.contains(focused)) focused.focus({ preventScroll: true });
    for (const [card, from] of before) {
      if (!card.isConnected) continue;
      const to = card.getBoundingClientRect();
      const x = from.left - to.left;
      const y = from.top - to.top;
      if (x || y) card.animate([{ translate: `${x}px ${y}px` }, { translate: "0" }], { duration: 170, easing: "ease-out" });
    }
  }

  function putAfter(card, list, id) {
    const upper = id && cardOf(id);
    if (upper && upper.parentElement === list) upper.after(card);
    else if (id) list.insertBefore(card, list.querySelector(":scope > .more"));
    else list.prepend(card);
  }

  // An answered card names its column and the card above it; one whose column isn't on the board leaves it.
  function place(card) {
    const list = listOf(card.dataset.status);
    if (!list) {
      const next = [card.nextElementSibling, card.previousElementSibling].find((other) => other?.matches(".card"));
      const focused = refocus === card.id && document.activeElement === document.body;
      slide(() => card.remove());
      if (focused) (next ? linkOf(next) : document.getElementById("main")).focus({ preventScroll: true });
      return;
    }
    slide(() => putAfter(card, list, card.dataset.above));
    card.classList.add("is-fresh");
    card.addEventListener("animationend", () => card.classList.remove("is-fresh"), { once: true });
  }

  // A change answers with the numbers of the columns, which count what the board is filtered by.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.verb === "post" && board.dataset.filter) detail.parameters.board_filter = board.dataset.filter;
  });

  const adopted = new Set();
  let refocus = null;
  document.addEventListener("htmx:beforeSwap", () => {
    refocus = document.activeElement?.closest?.(".card")?.id ?? null;
  });
  document.addEventListener("htmx:load", (event) => {
    const card = event.target;
    if (!card.matches?.(".card")) return;
    for (const other of document.querySelectorAll(`[id="${card.id}"]`)) if (other !== card) other.remove();
    // Moved on while its answer was under way: the next answer places it.
    if (saving.get(card.dataset.id)?.dirty) return;
    if (card.closest(".cards")?.dataset.status !== card.dataset.status || adopted.delete(card.id)) place(card);
    if (refocus === card.id && card.isConnected && document.activeElement === document.body) {
      linkOf(card).focus({ preventScroll: true });
    }
  });
  // The link to more of a column gives way to what it brought: the first new card takes the focus over.
  board.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
    if (!target.matches(".more") || target !== document.activeElement || !detail.shouldSwap) return;
    const { parentElement: list, previousElementSibling: last } = target;
    board.addEventListener("htmx:afterSwap", () => {
      const next = last ? last.nextElementSibling : list.firstElementChild;
      next?.querySelector(".card-name a")?.focus({ preventScroll: true });
    }, { once: true });
  });
  // A card that comes back to the board (an undone archiving) gets an empty one to take the place of.
  window.taskmanager.adopt = (part) => {
    const list = part.matches(".card") && listOf(part.dataset.status);
    if (!list) return false;
    const empty = document.createElement("article");
    empty.id = part.id;
    empty.hidden = true;
    putAfter(empty, list, part.dataset.above);
    adopted.add(part.id);
    return true;
  };

  // Saving a move. While one is on its way a second waits, and only the last place counts.

  const saving = new Map();

  function save(card, from, delay = 0) {
    const id = card.dataset.id;
    const job = saving.get(id) ?? { home: from };
    saving.set(id, job);
    job.dirty = true;
    clearTimeout(job.timer);
    job.timer = setTimeout(send, delay, id);
  }

  async function send(id) {
    const job = saving.get(id);
    const card = cardOf(id);
    if (!card) saving.delete(id);
    if (!card || job.sending) return;
    clearTimeout(job.timer);
    job.sending = true;
    job.dirty = false;
    card.classList.add("is-saving");
    const wanted = spot(card);
    const path = board.dataset.moveUrl.replace("/0/", `/${id}/`);
    let answered = false;
    const listen = ({ detail }) => {
      // A refusal that brings the card as it is now is an answer too; one that brings only a toast is not.
      if (detail.requestConfig.path === path) answered = detail.successful || (detail.xhr.status >= 400 && detail.xhr.status < 500 && detail.target?.id === card.id);
    };
    document.addEventListener("htmx:afterRequest", listen);
    const values = { status: wanted.list.dataset.status, after: wanted.above };
    await htmx.ajax("POST", path, { source: card, target: card, swap: "outerHTML", values }).catch(() => {});
    document.removeEventListener("htmx:afterRequest", listen);
    job.sending = false;
    const now = cardOf(id);
    now?.classList.remove("is-saving");
    if (answered && now && job.dirty) {
      job.home = wanted;
      send(id);
      return;
    }
    clearTimeout(job.timer);
    saving.delete(id);
    if (!answered && now) {
      slide(() => putAfter(now, job.home.list, job.home.above));
      announce(`${nameOf(now)} went back to where it was.`);
    }
  }

  function mayGo(card, list) {
    if (card.dataset.movable === "any") return true;
    return card.dataset.movable === "claim" && list.dataset.status === "IN_PROGRESS";
  }

  // Pointer and touch

  let dragEnded = 0;
  for (const list of lists) {
    const sortable = new Sortable(list, {
      group: { name: "board", put: (to, from, card) => to.el === from.el || mayGo(card, to.el) },
      draggable: ".card",
      filter: ".card:not([data-movable]), .menu, .claim",
      preventOnFilter: false,
      animation: calm.matches ? 0 : 150,
      delay: 220,
      delayOnTouchOnly: true,
      touchStartThreshold: 6,
      forceFallback: true,
      fallbackOnBody: true,
      fallbackTolerance: 5,
      emptyInsertThreshold: 40,
      ghostClass: "slot",
      scrollSensitivity: 70,
      onMove: (event) => event.to !== event.from || mayGo(event.dragged, event.to),
      onStart: (event) => {
        board.classList.add("is-dragging");
        event.item.dataset.from = above(event.item);
      },
      onEnd: (event) => {
        board.classList.remove("is-dragging");
        dragEnded = performance.now();
        const card = event.item;
        const home = { list: event.from, above: card.dataset.from };
        delete card.dataset.from;
        if (home.list === card.parentElement && home.above === above(card)) return;
        save(card, home);
      },
    });
    calm.addEventListener("change", () => sortable.option("animation", calm.matches ? 0 : 150));
  }

  // Keyboard

  const focusedCard = () => document.activeElement?.closest?.("#board .card");

  function focusCard(card) {
    if (!card) return;
    linkOf(card).focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function walk(key) {
    const card = focusedCard();
    const filled = lists.filter((list) => cardsIn(list).length);
    if (!card) {
      if (filled.length) focusCard(cardsIn(filled[0])[0]);
      return;
    }
    const cards = cardsIn(card.parentElement);
    const row = cards.indexOf(card);
    if (key === "down" || key === "up") {
      const more = card.parentElement.querySelector(":scope > .more");
      const next = cards[row + (key === "down" ? 1 : -1)];
      if (next) focusCard(next);
      else if (key === "down" && more) more.focus();
      return;
    }
    const at = filled.indexOf(card.parentElement);
    const list = filled[at + (key === "right" ? 1 : -1)];
    if (!list) return;
    // The card at the same height is the one that the eye goes to.
    const middle = card.getBoundingClientRect();
    const y = middle.top + middle.height / 2;
    const distance = (other) => {
      const box = other.getBoundingClientRect();
      return Math.abs(box.top + box.height / 2 - y);
    };
    focusCard(cardsIn(list).reduce((best, other) => (distance(other) < distance(best) ? other : best)));
  }

  function carry(key) {
    const card = focusedCard();
    if (!card) return;
    const from = card.parentElement;
    const cards = cardsIn(from);
    const row = cards.indexOf(card);
    let list = from;
    let after;
    if (key === "up" || key === "down") {
      if (key === "up" ? row === 0 : row === cards.length - 1) return;
      after = key === "up" ? cards[row - 2]?.dataset.id ?? "" : cards[row + 1].dataset.id;
    } else {
      list = lists[lists.indexOf(from) + (key === "right" ? 1 : -1)];
      if (!list) return;
      after = "";
    }
    if (!mayGo(card, list) || (list === from && card.dataset.movable !== "any")) {
      announce(`You may not move ${nameOf(card)} there.`);
      return;
    }
    const home = spot(card);
    slide(() => putAfter(card, list, after));
    focusCard(card);
    const place = cardsIn(list).indexOf(card) + 1;
    announce(`${nameOf(card)}: ${list.dataset.label}, place ${place} of ${cardsIn(list).length}.`);
    save(card, home, 350);
  }

  const ways = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", k: "up", j: "down", h: "left", l: "right" };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, details.menu[open]")) return;
    const letter = event.key.length === 1;
    if (letter && (!singleKeys() || justPressedG(event))) return;
    const way = ways[letter ? event.key.toLowerCase() : event.key];
    const card = focusedCard();
    let done = true;
    if (way && event.shiftKey) carry(way);
    else if (way && (card || letter || document.activeElement === document.body || document.activeElement.matches(".more, main"))) {
      if (!card && document.activeElement.matches(".more") && way === "up") focusCard(cardsIn(document.activeElement.parentElement).pop());
      else walk(way);
    } else if (event.key === "x" && card) card.querySelector(".claim button")?.click();
    else if (event.key === "m" && card?.querySelector(".menu")) {
      card.querySelector(".menu").open = true;
      card.querySelector(".menu-item").focus();
    } else done = false;
    if (done) event.preventDefault();
  });

  // The panel: a task over the board, at its own address

  const panel = document.getElementById("panel");
  const panelBody = document.getElementById("panel-body");
  const veil = document.getElementById("veil");
  const outside = [document.getElementById("main"), document.querySelector(".foot")];
  const home = { url: location.pathname + location.search, title: document.title };
  let opener = null;

  function skeleton(card) {
    panelBody.innerHTML = '<article class="task" aria-busy="true"><div class="task-read"><div class="task-head"><p class="crumb"></p></div><h1 id="task-title" tabindex="-1"></h1></div><div class="facts"></div></article>';
    panelBody.querySelector(".crumb").textContent = card ? nameOf(card) : "";
    panelBody.querySelector("h1").textContent = card ? linkOf(card).textContent : "";
  }

  async function showPanel(url, card) {
    opener = card?.id ?? opener;
    skeleton(card);
    if (!panel.open) panel.show();
    veil.hidden = false;
    for (const element of outside) element.inert = true;
    panel.scrollTop = 0;
    panel.focus({ preventScroll: true });
    await htmx.ajax("GET", url, { source: panelBody, target: panelBody, swap: "innerHTML" }).catch(() => {});
  }

  // Said here and not in the request, so that a refusal, which goes to the toasts, is shown whole.
  panelBody.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target === panelBody) event.detail.selectOverride = "#task";
  });
  // Only when nothing came: going back would also cancel the way to the sign-in page of a session that has ended.
  for (const failure of ["htmx:responseError", "htmx:sendError"]) {
    panelBody.addEventListener(failure, (event) => {
      if (event.target === panelBody) closePanel();
    });
  }

  function hidePanel() {
    if (!panel.open) return;
    panel.close();
    veil.hidden = true;
    for (const element of outside) element.inert = false;
    panelBody.replaceChildren();
    document.title = home.title;
    const card = opener && document.getElementById(opener);
    if (card) linkOf(card).focus({ preventScroll: true });
    opener = null;
  }

  function closePanel() {
    if (history.state?.panel) history.back();
    else hidePanel();
  }

  board.addEventListener("click", (event) => {
    const link = event.target.closest(".card-name a");
    if (!link || event.defaultPrevented) return;
    if (performance.now() - dragEnded < 60) {
      event.preventDefault();
      return;
    }
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    history.pushState({ panel: true }, "", link.href);
    showPanel(link.href, link.closest(".card"));
  });
  panel.addEventListener("click", (event) => {
    if (event.target.closest(".panel-close")) closePanel();
  });
  veil.addEventListener("click", closePanel);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.open && !event.defaultPrevented && !document.querySelector("dialog:modal")) {
      event.preventDefault();
      closePanel();
    }
  });
  addEventListener("popstate", (event) => {
    const url = location.pathname + location.search;
    if (event.state?.panel) showPanel(location.href, null);
    else if (url === home.url) hidePanel();
    else location.reload();
  });
})();
