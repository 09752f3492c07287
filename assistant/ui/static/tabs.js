/* Addresses: ``#/library`` opens the tab of that name, and the tab that is open stands in the address. What follows a
   further slash (``#/library/ID``) is for the tab: it hears of it by the event ``vouched:address`` on the document. */
(() => {
  "use strict";
  if (window.vouchedTabs) return;
  window.vouchedTabs = true;

  const ADDRESS = /^#\/([a-z]+)(?:\/(.+))?$/;
  const button = (name) => document.getElementById(`v-tab-${name}-button`);

  function open() {
    const [, name, rest] = ADDRESS.exec(location.hash) ?? [];
    const wanted = name && button(name);
    if (!wanted) return;
    if (wanted.getAttribute("aria-selected") !== "true") wanted.click();
    let told = rest ?? "";
    try { told = decodeURIComponent(told); } catch { /* not an address of ours: as it is */ }
    document.dispatchEvent(new CustomEvent("vouched:address", { detail: { tab: name, rest: told } }));
  }

  document.addEventListener("click", (event) => {
    const name = event.target instanceof Element && event.target.closest("#v-tabs > .tab-wrapper [data-tab-id]")?.dataset.tabId;
    if (!name || (ADDRESS.exec(location.hash)?.[1] ?? "ask") === name) return;
    history.pushState(null, "", `#/${name}`);
  });
  addEventListener("hashchange", open);
  addEventListener("popstate", open);

  window.vouchedOpen = open; // called when the page is there, which is some time after this script
})();
