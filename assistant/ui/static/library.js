/* What an address names beyond its tab goes to the tab's hidden box, which the server listens to: ``#/library/ID`` opens a
   paper's page, ``#/ask/ID`` asks only that paper; without an id the table, or the whole library. */
(() => {
  "use strict";
  if (window.vouchedLibrary) return;
  window.vouchedLibrary = true;

  function tell(tab, rest, tries) {
    const box = document.querySelector(`#v-wanted-${tab} :is(textarea, input)`);
    if (!box && tries) setTimeout(tell, 50, tab, rest, tries - 1); // a tab is there only some time after it is opened
    if (!box || box.value === rest) return;
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), "value").set.call(box, rest);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    document.querySelectorAll(".v-scroll").forEach((each) => each.scrollTo({ top: 0 }));
  }

  document.addEventListener("vouched:address", ({ detail: { tab, rest } }) => tell(tab, rest, 100));
})();
