"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const metrics = new Map(data.metrics.map((metric) => [metric.name, metric]));
  const list = document.getElementById("list"), everything = document.getElementById("all");
  list.classList.toggle("compared", data.compared);
  const controls = Object.fromEntries(["find", "kind", "status", "short", "order"].map((id) => [id, document.getElementById(id)]));

  // All text goes in as text nodes: nothing that stands in a paper becomes markup.
  function make(tag, name, ...children) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  }
  // Text of a person or a paper: it may run from right to left.
  const said = (tag, name, ...children) => Object.assign(make(tag, name, ...children), { dir: "auto" });
  const mark = (verdict) => {
    const names = { supported: "", unsupported: " bad", undetermined: " open" };
    const element = make("span", `mark${names[verdict] ?? " open"}`, data.marks[verdict] ?? "·");
    return Object.assign(element, { title: verdict ?? "not judged" });
  };
  const tick = (right, yes, no) =>
    Object.assign(make("span", right ? "mark" : "mark bad", right ? "✓" : "✗"), { title: right ? yes : no });
  const number = (name, value, signed) => {
    if (value === null || value === undefined) return "–";
    const text = value.toFixed(metrics.get(name).digits);
    return ((signed && Number(text) > 0 ? "+" : "") + text).replace("-", "−");
  };
  const section = (title, ...content) => [make("h3", "", title), ...content];
  const listed = (items) => make("ul", "list", items);

  // One run's side of a question.

  const INLINE = /\[(\d+)\]|(?<=^|\s)\*(\S(?:[^*\n]*\S)?)\*(?=[\s:.,;]|$)/gm;

  function answer(side, key) {
    const numbers = new Set(side.citations.map((citation) => citation.number));
    const pieces = [];
    let last = 0;
    for (const found of side.answer.matchAll(INLINE)) {
      if (found[1] && !numbers.has(Number(found[1]))) continue;
      pieces.push(side.answer.slice(last, found.index), found[1] ? marker(Number(found[1]), key) : make("em", "", found[2]));
      last = found.index + found[0].length;
    }
    return said("div", "answer", pieces, side.answer.slice(last));
  }

  function marker(number_, key) {
    const link = make("a", "marker", String(number_));
    link.href = `#${key}-${number_}`;
    link.setAttribute("aria-label", `quote ${number_}`);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const quote = document.getElementById(`${key}-${number_}`);
      quote.scrollIntoView({ block: "nearest" });
      quote.focus({ preventScroll: true });
    });
    return link;
  }

  function verdict(who, found) {
    const alarms = found.alarms?.length ? `, alarms: ${found.alarms.join(", ")}` : "";
    const score = found.score === null || found.score === undefined ? "" : ` ${found.score.toFixed(2)}`;
    return make("span", found.verdict === "unsupported" ? "bad" : "", `${who} ${found.verdict ?? "not judged"}${score}${alarms}`);
  }

  function verdicts(parts, passage) {
    const line = make("span", "verdicts", parts.flatMap((part, place) => (place ? [" · ", part] : [part])));
    if (passage) line.append(parts.length ? " · rests on " : "rests on ", said("q", "", passage));
    return parts.length || passage ? line : null;
  }

  // Offsets count code points, as everywhere in Vouched; a string of JavaScript counts halves of surrogate pairs.
  const rested = (side, found) => {
    if (!Array.isArray(found.evidence)) return found.evidence;
    const [number_, start, end] = found.evidence;
    const quote = side.citations.find((citation) => citation.number === number_).quote;
    return start === 0 && end >= Array.from(quote).length ? null : Array.from(quote).slice(start, end).join("");
  };
  const judged = (side, of, index, citation) =>
    side.judgements.filter((found) => found.of === of && found.index === index && (citation === undefined || found.citation === citation));

  function statements(side, key) {
    return side.statements.map((statement, index) => {
      const [whole] = judged(side, "statement", index);
      const [gold] = judged(side, "gold", index);
      const parts = [];
      if (statement.verdict) parts.push(verdict("guard:", statement));
      if (whole) parts.push(verdict("judge:", whole));
      if (gold) parts.push(verdict("by gold evidence:", gold));
      for (const number_ of statement.citations ?? []) {
        const [alone] = judged(side, "citation", index, number_);
        const [rest] = judged(side, "rest", index, number_);
        if (alone) parts.push(verdict(`[${number_}] alone:`, alone));
        if (rest) parts.push(verdict(`without [${number_}]:`, rest));
      }
      const claim = whole?.claim && whole.claim !== statement.text ? said("span", "verdicts", "judged as: ", whole.claim) : null;
      const numbers = (statement.citations ?? []).map((number_) => marker(number_, key));
      const text = said("span", "", statement.text ?? "");
      return make("li", "", mark((whole ?? statement).verdict), text, " ", numbers, claim, verdicts(parts, whole ? rested(side, whole) : null));
    });
  }

  function quotes(side, question, key) {
    return side.citations.map((citation) => {
      const letters = Array.from(citation.quote);
      const pieces = [];
      let last = 0;
      for (const [start, end] of citation.gold) {
        pieces.push(letters.slice(last, start).join(""), make("mark", "", letters.slice(start, end).join("")));
        last = end;
      }
      const quote = said("blockquote", "quote", pieces, letters.slice(last).join(""));
      quote.id = `${key}-${citation.number}`;
      quote.tabIndex = -1;
      const gold = question.papers.includes(citation.paper_id) ? make("span", "gold", " gold paper") : null;
      const denies = side.denied_by === citation.number ? make("span", "bad-text", " denies the premise") : null;
      const title = said("span", "", data.titles[citation.paper_id] ?? citation.paper_id);
      return make("li", "", make("span", "mark", String(citation.number)), title, gold, denies, quote);
    });
  }

  function nuggets(side, question) {
    return question.nuggets.map((nugget, index) => {
      const [found] = judged(side, "nugget", index);
      const [attributed] = judged(side, "attributed", index);
      const parts = [];
      if (found) parts.push(verdict("in the answer:", found));
      if (attributed) parts.push(verdict("in the quotes:", attributed));
      return make("li", "", mark(found?.verdict), said("span", "", nugget), verdicts(parts, found ? rested(side, found) : null));
    });
  }

  function retrieved(side, question) {
    const items = side.retrieved.map((id) =>
      make("li", "", said("span", "", data.titles[id] ?? id), question.papers.includes(id) ? make("span", "gold", " gold paper") : null));
    return items.length ? make("details", "", make("summary", "", `First ${items.length} papers retrieved`), make("ol", "", items)) : null;
  }

  function side(question, run, title, key) {
    const parts = title ? [make("h4", "", `${title}: ${run.status}`)] : [];
    if (run.faults.length) parts.push(make("p", "bad-text", run.faults.map((fault) => fault.words).join("; ")));
    if (run.error) parts.push(...section("Error", said("p", "bad-text", `${run.error.type}: ${run.error.message}`)));
    if (run.answer) parts.push(...section(run.status === "abstained" ? "Abstention" : "Answer", answer(run, key)));
    for (const note of run.notes ?? []) parts.push(said("p", "quiet", note));
    const reads = run.status !== "retrieved";
    if (question.facts.length && reads) {
      const facts = question.facts.map((fact, place) => make("li", "", tick(run.facts_held[place], "held", "missed"), said("span", "", fact.join(" / "))));
      parts.push(...section("Required facts", listed(facts)));
    }
    if (question.nuggets.length && reads) parts.push(...section("Nuggets", listed(nuggets(run, question))));
    if (run.statements.length) parts.push(...section("Statements", listed(statements(run, key))));
    if (run.citations.length) parts.push(...section(run.status === "abstained" ? "Nearest evidence" : "Quotes", listed(quotes(run, question, key))));
    if (question.evidence.length && reads) {
      const evidence = question.evidence.map((sentence, place) => make("li", "", tick(run.evidence_quoted[place], "quoted", "not quoted"), said("span", "", sentence)));
      parts.push(make("details", "", make("summary", "", "Gold evidence"), listed(evidence)));
    }
    parts.push(retrieved(run, question));
    const cost = [run.model, run.ms === null || run.ms === undefined ? null : `${Math.round(run.ms)} ms`].filter(Boolean).join(" · ");
    if (cost) parts.push(make("p", "quiet", cost));
    return make("section", "", parts);
  }

  function values(question) {
    const { run, baseline } = question;
    const items = data.metrics.filter(({ name }) => name in run.values || (baseline && name in baseline.values)).map(({ name, means }) => {
      const label = make("span", "", name);
      label.title = means;
      const now = number(name, run.values[name]);
      const then = baseline ? number(name, baseline.values[name]) : now;
      const shown = make("span", run.shortfalls.includes(name) ? "bad" : "", now === then ? now : `${then} → ${now}`);
      return make("li", "", label, shown);
    });
    return section("Values", make("ul", "values", items));
  }

  function body(question, place) {
    const { run, baseline } = question;
    const facts = [
      question.variant_of ? `${question.variation ?? "Variant"} of ${question.variant_of}` : null,
      question.papers.length ? `Gold: ${question.papers.map((id) => data.titles[id] ?? id).join("; ")}` : null,
      question.forbidden.length ? `Not to be said: ${question.forbidden.join("; ")}` : null,
    ];
    const sides = baseline
      ? make("div", "sides two", side(question, baseline, "Baseline", `b${place}`), side(question, run, "This run", `r${place}`))
      : make("div", "sides", side(question, run, "", `r${place}`));
    const head = facts.filter(Boolean).map((fact) => said("p", "quiet", fact));
    return make("div", "body", head, sides, values(question));
  }

  // The list of questions: a line each, its body drawn when it is first opened.

  const rows = data.questions.map((question, place) => {
    const { run, baseline } = question;
    const turned = baseline && baseline.status !== run.status ? `${baseline.status} → ` : "";
    const status = make("span", run.faults.length ? "status bad" : "status", `${run.faults.length ? "✗" : "✓"} ${turned}${run.status}`);
    const figure = make("span", "figure");
    const why = run.faults.map((fault) => fault.words).join("; ");
    const hint = make("span", "hint", `${question.kind} · ${question.id}`, why ? " · " : null, why ? said("span", "why", why) : null);
    const summary = make("summary", "", status, said("span", "asked", question.question), figure, hint);
    const row = make("details", "question", summary);
    row.id = `q-${question.id}`;
    row.addEventListener("toggle", () => {
      if (row.open && !row.querySelector(".body")) row.append(body(question, place));
    });
    const texts = [question.id, question.question, ...question.facts.flat(), ...[run, baseline].flatMap((each) =>
      each ? [each.answer, each.error?.message, ...each.citations.map((citation) => data.titles[citation.paper_id])] : [])];
    return { question, place, row, figure, text: texts.filter(Boolean).join("\n").toLowerCase() };
  });

  const STATUS = {
    "": ["all", () => true],
    wrong: ["went wrong", ({ run }) => run.faults.length > 0],
    right: ["went right", ({ run }) => run.faults.length === 0],
  };
  for (const value of ["answered", "abstained", "error", "retrieved"]) {
    const is = ({ run }) => run.status === value;
    if (data.questions.some(is)) STATUS[value] = [value, is];
  }
  const compared = {
    worse: ["worse than the baseline", ({ gain }) => gain < 0],
    better: ["better than the baseline", ({ gain }) => gain > 0],
    differs: ["answered otherwise", ({ run, baseline }) => run.status !== baseline.status || run.answer !== baseline.answer],
  };
  if (data.compared) Object.assign(STATUS, compared);

  // Each order gives what is sorted by, the largest first; undefined comes last.
  const ORDER = {};
  if (data.compared) {
    ORDER.moved = ["changed most first", ({ moved }) => moved];
    ORDER.gain = ["got worse most first", ({ gain }) => -gain];
  }
  ORDER.suite = ["as in the suite", () => 0];
  ORDER.bad = ["went worst first", ({ run }) => run.badness[0] * 1000 + run.badness[1]];
  const worst = ({ name, better }) => ({ run }) => {
    const value = run.values[name];
    return value === null || value === undefined ? undefined : better === "higher" ? -value : value;
  };
  const own = data.metrics.filter(({ name }) => data.questions.some(({ run }) => name in run.values));
  for (const metric of own) ORDER[`metric ${metric.name}`] = [`${metric.name}, ${metric.better ? "worst" : "largest"} first`, worst(metric)];

  const choose = (select, choices) => select.append(...choices.map(([value, words]) => new Option(words, value)));
  choose(controls.status, Object.entries(STATUS).map(([value, [words]]) => [value, words]));
  choose(controls.order, Object.entries(ORDER).map(([value, [words]]) => [value, words]));
  const short = own.map(({ name }) => name).filter((name) => data.questions.some(({ run }) => run.shortfalls.includes(name)));
  choose(controls.short, [["", "anything"], ["*", "some metric"], ...short.map((name) => [name, name])]);

  function figure(question, order) {
    if (order === "moved" || order === "gain") return question.moved ? `${question.gain > 0 ? "+" : ""}${question.gain.toFixed(2).replace("-", "−")}` : "no change";
    if (!order.startsWith("metric ")) return "";
    const name = order.slice(7);
    const [now, then] = [question.run, question.baseline].map((each) => (each ? number(name, each.values[name]) : null));
    return then === null || then === now ? now : `${then} → ${now}`;
  }

  function arrange() {
    const words = controls.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const [kind, status, below, order] = ["kind", "status", "short", "order"].map((id) => controls[id].value);
    const key = ORDER[order][1];
    const shown = rows.filter(({ question, text }) =>
      (!kind || question.kind === kind) && STATUS[status][1](question)
      && (!below || (below === "*" ? question.run.shortfalls.length > 0 : question.run.shortfalls.includes(below)))
      && words.every((word) => text.includes(word)));
    const keys = new Map(shown.map((row) => [row, key(row.question) ?? -Infinity]));
    shown.sort((a, b) => (keys.get(a) === keys.get(b) ? a.place - b.place : keys.get(b) - keys.get(a)));
    for (const row of shown) row.figure.textContent = figure(row.question, order);
    list.replaceChildren(...shown.map(({ row }) => row));
    everything.textContent = "Open all";
    document.getElementById("tally").value = `${shown.length} of ${rows.length} questions`;
  }

  const form = document.getElementById("controls");
  // Not the whole form at once: leaving the field for a line would redraw that line while it is being clicked.
  for (const [id, control] of Object.entries(controls)) control.addEventListener(id === "find" ? "input" : "change", arrange);
  form.addEventListener("reset", () => setTimeout(arrange));  // the fields are emptied after this event
  form.addEventListener("submit", (event) => event.preventDefault());
  everything.addEventListener("click", () => {
    const open = everything.textContent === "Open all";
    for (const row of list.children) row.open = open;
    everything.textContent = open ? "Close all" : "Open all";
  });
  function follow() {  // an address that ends with #q-ID leads to that question
    let id = location.hash.slice(1);
    try {
      id = decodeURIComponent(id);
    } catch {}  // not written by this page
    const row = document.getElementById(id);
    if (row?.classList.contains("question")) {
      row.open = true;
      row.scrollIntoView();
    }
  }
  addEventListener("hashchange", follow);
  arrange();
  follow();
})();
