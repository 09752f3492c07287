/* The few things the page does by itself: follow a marker to its quote, open and close the evidence, name things for
   screen readers. Listeners sit on the document, since Gradio replaces the elements below it while an answer streams. */
(() => {
  "use strict";
  if (window.vouchedPage) return;
  window.vouchedPage = true;

  const TARGET = /^#(cite|turn|ask|copy)-(\d+)(?:-(\d+))?$/;
  const root = document.documentElement;
  const narrow = window.matchMedia("(max-width: 900px)");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let cameFrom = null;

  const panelOf = (element) => element.closest(".v-shell")?.querySelector(".v-evidence");

  function openPanel() {
    root.classList.add("v-evidence-open");
  }

  function closePanel() {
    if (!root.classList.contains("v-evidence-open")) return;
    root.classList.remove("v-evidence-open");
    if (cameFrom?.isConnected) cameFrom.focus({ preventScroll: true });
  }

  function showTurn(panel, turn) {
    const wanted = panel?.querySelector(`.v-turn[data-turn="${turn}"]`);
    if (!wanted) return null;
    panel.querySelectorAll(".v-turn").forEach((each) => each.classList.toggle("is-shown", each === wanted));
    return wanted;
  }

  function scrollPanel(panel, top) {
    panel.querySelector(".v-panel-body").scrollTo({ top, behavior: calm.matches ? "auto" : "smooth" });
  }

  function light(panel, section, number) {
    panel.querySelectorAll(".is-lit").forEach((each) => each.classList.remove("is-lit"));
    const marks = [...section.querySelectorAll(`[data-cites~="${number}"]`)];
    if (!marks.length) return;
    marks[0].closest("details").open = true;
    marks.forEach((each) => each.classList.add("is-lit"));
    marks[0].focus({ preventScroll: true });
    const body = panel.querySelector(".v-panel-body");
    const away = marks[0].getBoundingClientRect().top - body.getBoundingClientRect().top;
    scrollPanel(panel, body.scrollTop + away - body.clientHeight / 3);
  }

  function deactivate() {
    document.querySelectorAll(".is-active[href^='#cite-']").forEach((each) => each.classList.remove("is-active"));
  }

  function putBack(turn) {
    const words = document.getElementById(`question-${turn}`)?.innerText;
    const box = document.querySelector("#v-ask textarea");
    if (!words || !box) return;
    // Svelte listens for the event, not for the property.
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, words);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  }

  // An answer as it reads, and below it each paper with the words that are quoted.
  function copy(link, turn) {
    const prose = link.closest(".v-reply").querySelector(".v-prose, .v-reason");
    const papers = [...(panelOf(link)?.querySelectorAll(`.v-turn[data-turn="${turn}"] .v-paper`) ?? [])].map((paper) => {
      const quotes = [...paper.querySelectorAll(".v-quote")].map((mark) => `  [${mark.dataset.cites}] “${mark.textContent}”`);
      return [paper.querySelector(".v-title").textContent, ...quotes].join("\n");
    });
    const words = prose.cloneNode(true);
    words.querySelectorAll(".v-sr").forEach((each) => each.remove());
    words.querySelectorAll(".v-cite").forEach((each) => { each.textContent = ` [${each.textContent}]`; });
    navigator.clipboard?.writeText([words.textContent, ...papers].join("\n\n")).then(
      () => { link.textContent = "Copied"; }, () => { link.textContent = "Not allowed"; },
    );
  }

  function follow(link, [, kind, turn, number]) {
    if (kind === "ask") return putBack(turn);
    if (kind === "copy") return copy(link, turn);
    const panel = panelOf(link);
    const section = showTurn(panel, turn);
    if (!section) return;
    deactivate();
    cameFrom = link;
    openPanel();
    if (number) {
      link.classList.add("is-active");
      light(panel, section, number);
    } else {
      scrollPanel(panel, 0);
      if (narrow.matches) panel.querySelector(".v-close")?.focus();
    }
  }

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const link = event.target.closest("a[href^='#']");
    const target = link && TARGET.exec(link.getAttribute("href"));
    if (target) {
      event.preventDefault();
      event.stopPropagation();
      follow(link, target);
    } else if (event.target.closest(".v-close") || !event.target.closest(".v-evidence")) {
      closePanel();
    }
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closePanel();
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = [...document.querySelectorAll("#v-tabs textarea")].find((each) => each.offsetParent !== null);
    if (!box) return;
    event.preventDefault();
    box.focus();
  });

  // Gradio labels a message with its source, which here is HTML: nobody should have to listen to that.
  const NAMES = { user: "Question", bot: "Answer" };
  function nameMessages() {
    document.querySelectorAll("#v-chat [data-testid='user'], #v-chat [data-testid='bot']").forEach((message) => {
      const name = NAMES[message.dataset.testid];
      if (message.getAttribute("aria-label") !== name) message.setAttribute("aria-label", name);
    });
  }

  // A new answer brings new evidence: it is read from the top, and the marker followed before leads elsewhere.
  const newest = new WeakMap();
  function startAtTop(panel) {
    const turn = [...panel.querySelectorAll(".v-turn")].pop();
    const mark = turn ? `${turn.dataset.turn} ${turn.getAttribute("aria-label")}` : "";
    if ((newest.get(panel) ?? "") === mark) return;
    newest.set(panel, mark);
    panel.querySelector(".v-panel-body").scrollTop = 0;
    deactivate();
  }

  new MutationObserver(() => {
    nameMessages();
    document.querySelectorAll(".v-evidence").forEach(startAtTop);
  }).observe(document.body, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"],
  });
})();
