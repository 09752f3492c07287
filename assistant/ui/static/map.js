/* The map of the library: draws the points, shows titles, and lets a reader choose papers by a lasso or by topic. */
(() => {
  "use strict";
  if (window.vouchedMap) return;
  window.vouchedMap = true;

  const RADIUS = 5, NEAR = 12, MARGIN = 24, MOST = 200; // pixels, and papers that one question is limited to

  function inside([x, y], polygon) {
    let odd = false;
    for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
      const [ax, ay] = polygon[i], [bx, by] = polygon[j];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    }
    return odd;
  }

  function start(atlas) {
    const canvas = atlas.querySelector("canvas"), tip = atlas.querySelector(".v-tip"), chosenBox = atlas.querySelector(".v-chosen");
    const points = JSON.parse(atlas.querySelector(".v-points").textContent);
    const buttons = [...atlas.querySelectorAll("[data-topic]")];
    let chosen = new Set(), lasso = null, places = [];

    function draw() {
      const box = canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1, pen = canvas.getContext("2d");
      if (!box.width) return;
      canvas.width = box.width * ratio;
      canvas.height = box.height * ratio;
      pen.scale(ratio, ratio);
      places = points.map(([x, y]) => [MARGIN + x * (box.width - 2 * MARGIN), MARGIN + y * (box.height - 2 * MARGIN)]);
      const colours = buttons.map((button) => getComputedStyle(button.querySelector("i")).backgroundColor);
      const radius = points.length > 1000 ? 2.5 : RADIUS;
      places.forEach(([x, y], place) => {
        pen.globalAlpha = !chosen.size || chosen.has(place) ? 0.95 : 0.18;
        pen.fillStyle = colours[points[place][2]];
        pen.beginPath();
        pen.arc(x, y, radius, 0, 7);
        pen.fill();
      });
      if (!lasso) return;
      pen.globalAlpha = 1;
      pen.strokeStyle = getComputedStyle(canvas).color;
      pen.setLineDash([5, 4]);
      pen.beginPath();
      lasso.forEach(([x, y]) => pen.lineTo(x, y));
      pen.closePath();
      pen.stroke();
    }

    function choose(wanted) {
      chosen = wanted;
      buttons.forEach((button, topic) => {
        const all = points.flatMap((point, place) => (point[2] === topic ? [place] : []));
        button.setAttribute("aria-pressed", String(all.length > 0 && all.every((place) => chosen.has(place))));
      });
      chosenBox.replaceChildren();
      if (chosen.size) {
        const words = chosen.size === 1 ? "1 paper" : `${chosen.size} papers`, link = document.createElement("a");
        const ids = [...chosen].slice(0, MOST).map((place) => points[place][3]);
        link.href = `#/ask/${encodeURIComponent(ids.join(","))}`;
        link.className = "v-primary v-button";
        link.textContent = chosen.size > MOST ? `Ask the first ${MOST} of ${words}` : `Ask only ${chosen.size === 1 ? "this paper" : `these ${words}`}`;
        chosenBox.append(link);
      }
      draw();
    }

    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    function nearest([x, y]) {
      let best = null, least = NEAR;
      places.forEach(([px, py], place) => {
        const away = Math.hypot(px - x, py - y);
        if (away < least) [best, least] = [place, away];
      });
      return best;
    }

    canvas.addEventListener("pointerdown", (event) => {
      lasso = [at(event)];
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const here = at(event);
      if (lasso) {
        lasso.push(here);
        tip.hidden = true;
        return draw();
      }
      const place = nearest(here);
      tip.hidden = place === null;
      canvas.style.cursor = place === null ? "crosshair" : "pointer";
      if (place === null) return;
      tip.textContent = points[place][4];
      tip.style.left = `${Math.min(places[place][0] + 12, canvas.clientWidth - tip.offsetWidth - 4)}px`;
      tip.style.top = `${places[place][1] + 14}px`;
    });
    canvas.addEventListener("pointerup", () => {
      const drawn = lasso ?? [];
      lasso = null;
      const [x, y] = drawn[0] ?? [0, 0];
      if (drawn.every(([a, b]) => Math.hypot(a - x, b - y) < 4)) { // no lasso: a click
        const place = nearest([x, y]);
        if (place !== null) location.hash = `#/library/${encodeURIComponent(points[place][3])}`;
        else choose(new Set());
        return;
      }
      choose(new Set(places.flatMap((place, index) => (inside(place, drawn) ? [index] : []))));
    });
    canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
    buttons.forEach((button, topic) => {
      button.querySelector("i").style.background = `var(--v-topic-${topic % 12})`;
      button.addEventListener("click", () => {
        const pressed = button.getAttribute("aria-pressed") === "true", next = new Set(chosen);
        points.forEach((point, place) => { if (point[2] === topic) next[pressed ? "delete" : "add"](place); });
        choose(next);
      });
    });
    new ResizeObserver(draw).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    draw();
  }

  new MutationObserver(() => {
    const atlas = document.querySelector("#v-map .v-atlas:not([data-drawn])");
    if (!atlas) return;
    atlas.dataset.drawn = "";
    start(atlas);
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
