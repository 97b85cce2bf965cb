// Renews the page when the watcher tells of another picture, and says when it is no longer heard.
"use strict";
(() => {
  const lost = document.getElementById("lost");
  const every = 30000; // milliseconds after which it is renewed in any case: times go on
  let busy = false;
  let heard = Date.now();

  const open = () =>
    [...document.querySelectorAll("details")].map((each) => [each.id, each.open]);

  function swap(fresh) {
    const now = document.getElementById("live");
    const next = fresh.getElementById("live");
    if (!next) return;
    const kept = new Map(open());
    for (const each of next.querySelectorAll("details")) {
      if (kept.has(each.id)) each.open = kept.get(each.id);
    }
    const summary = document.activeElement?.closest?.("summary");
    const focus = summary?.parentElement.id || document.activeElement?.getAttribute?.("href");
    const lead = now.querySelector("[role=status]");
    const told = next.querySelector("[role=status]");
    // A live region is read out again when its node is replaced: keep it while it says the same.
    const strip = (node) => node?.textContent.replace(/\s+/g, " ").trim();
    if (lead && told && strip(lead) === strip(told)) told.replaceWith(lead);
    document.dispatchEvent(new Event("renewing"));
    now.className = next.className;
    now.dataset.at = next.dataset.at;
    now.replaceChildren(...next.childNodes);
    document.title = fresh.title;
    if (focus) {
      const again = document.getElementById(focus)?.querySelector("summary")
        || now.querySelector(`a[href="${CSS.escape(focus)}"]`);
      again?.focus({ preventScroll: true });
    }
    document.dispatchEvent(new Event("renewed"));
  }

  async function renew() {
    if (busy) return;
    busy = true;
    try {
      const answer = await fetch(location.pathname, {
        cache: "no-store", signal: AbortSignal.timeout(15000),
      });
      if (answer.ok) {
        swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
        heard = Date.now();
        lost.hidden = true;
      }
    } catch {
      // The check below tells of it once it lasts.
    } finally {
      busy = false;
    }
  }

  const source = new EventSource("/events");
  source.addEventListener("picture", (event) => {
    const at = JSON.parse(event.data).at;
    if (at !== Number(document.getElementById("live").dataset.at)) renew();
  });
  setInterval(() => {
    if (document.visibilityState === "visible") renew();
  }, every);
  document.addEventListener("renew", renew);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") renew();
  });
  setInterval(() => {
    if (document.visibilityState === "visible") lost.hidden = Date.now() - heard < 2.5 * every;
  }, 5000);
})();
