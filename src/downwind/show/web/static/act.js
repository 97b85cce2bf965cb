// Lets a person act from the page, with a token that may; it is kept for this tab alone.
"use strict";
(() => {
  const KEY = "downwind-token";
  const place = document.getElementById("acting");
  const ACTS = {
    acknowledge: ["Acknowledge", "Someone is on it: no more alerts until it is over or comes back."],
    comment: ["Comment", "A line for the timeline."],
    close: ["Close", "It stays closed until its cause has been gone once."],
    accept: ["Accept", "It counts as a declared need from now on."],
    reject: ["Reject", "It is not suspected again."],
    cancel: ["Cancel", "It ends now, or never begins: alerts go out again."],
  };
  const LASTS = [["30 minutes", 1800], ["1 hour", 3600], ["2 hours", 7200], ["4 hours", 14400],
    ["8 hours", 28800], ["1 day", 86400], ["1 week", 604800]];
  let token = sessionStorage.getItem(KEY) || "";
  let may = false;

  function make(name, attributes = {}, ...inside) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...inside);
    return node;
  }

  function button(words, act, attributes = {}) {
    const node = make("button", { type: "button", ...attributes }, words);
    node.addEventListener("click", act);
    return node;
  }

  function labelled(words, field) {
    return make("label", {}, make("span", {}, words), field);
  }

  async function ask(path, body) {
    const headers = { Authorization: `Bearer ${token}` };
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, {
      method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body),
      credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(15000),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error([told.what, told.todo].filter(Boolean).join(" "));
    return told;
  }

  const reason = (error) =>
    error instanceof TypeError ? "The watcher does not answer." : error.message;
  const said = make("p", { role: "status", class: "said" });
  function say(words) {
    said.textContent = words;
  }

  // One dialog for all: what is done, to what, and a note.
  const title = make("h2", { id: "dialog-title" });
  const words = make("p", { id: "dialog-words" });
  const note = make("textarea", { rows: "3", maxlength: "4000" });
  const wrong = make("p", { role: "alert", class: "wrong" });
  const go = button("", () => submit());
  const dialog = make("dialog", {
    "aria-labelledby": "dialog-title", "aria-describedby": "dialog-words",
  }, title, words, labelled("Note", note), wrong,
    make("p", { class: "acts" }, go, button("Back", () => dialog.close())));
  document.body.append(dialog);
  let pending = null;

  function confirm(path, act, name) {
    pending = { path, act, name };
    title.textContent = `${ACTS[act][0]}: ${name}`;
    words.textContent = ACTS[act][1];
    go.textContent = ACTS[act][0];
    note.value = wrong.textContent = "";
    dialog.showModal();
    note.focus();
  }

  async function submit() {
    const { path, act, name } = pending;
    if (act === "comment" && !note.value.trim()) {
      wrong.textContent = "Write a line.";
      return;
    }
    go.disabled = true;
    try {
      await ask(`${path}/${act}`, { note: note.value.trim() });
      dialog.close();
      say(`Done: ${ACTS[act][0].toLowerCase()}, ${name}.`);
      document.dispatchEvent(new Event("renew"));
    } catch (error) {
      wrong.textContent = reason(error);
    } finally {
      go.disabled = false;
    }
  }

  // Buttons stand where the page says what may be done to what.
  let focused = "";
  const keyOf = (node) => `${node.closest("[data-path]").dataset.path} ${node.textContent}`;
  document.addEventListener("renewing", () => {
    const node = document.activeElement?.closest?.("[data-path] button");
    focused = node ? keyOf(node) : "";
  });
  document.addEventListener("renewed", dress);

  function dress() {
    for (const each of document.querySelectorAll("[data-path]")) {
      const acts = may ? each.dataset.acts.split(" ") : [];
      each.replaceChildren(...acts.map((act) => button(ACTS[act][0],
        () => confirm(each.dataset.path, act, each.dataset.name),
        { "aria-label": `${ACTS[act][0]}: ${each.dataset.name}` })));
      for (const node of focused ? each.children : []) {
        if (keyOf(node) === focused) node.focus({ preventScroll: true });
      }
    }
    focused = "";
  }

  function planning() {
    const service = make("input", { required: "", maxlength: "200", autocomplete: "off" });
    const begins = make("input", { type: "datetime-local" });
    const lasts = make("select", {}, ...LASTS.map(([told, value]) => make("option", { value }, told)));
    lasts.value = "3600";
    const what = make("input", { maxlength: "500", autocomplete: "off" });
    const failed = make("p", { role: "alert", class: "wrong" });
    const plan = button("Plan", async () => {
      failed.textContent = "";
      const at = begins.value ? Date.parse(`${begins.value}Z`) / 1000 : Date.now() / 1000;
      const body = { service: service.value.trim(), until: at + Number(lasts.value),
        title: what.value.trim() };
      if (begins.value) body.at = at;
      plan.disabled = true;
      try {
        await ask("/api/v1/maintenance", body);
        say(`Planned: maintenance of ${body.service}.`);
        service.value = what.value = begins.value = "";
        document.dispatchEvent(new Event("renew"));
      } catch (error) {
        failed.textContent = reason(error);
      } finally {
        plan.disabled = false;
      }
    });
    return make("details", { id: "plan" }, make("summary", {}, "Plan maintenance"),
      make("div", { class: "fields" },
        labelled("Service, capability or provider; * for all", service),
        labelled("Begins (UTC; empty: now)", begins), labelled("Lasts", lasts),
        labelled("What is done", what)),
      failed, make("p", { class: "acts" }, plan));
  }

  function forget(why = "") {
    token = "";
    may = false;
    sessionStorage.removeItem(KEY);
    asking(why);
    dress();
  }

  function asking(why) {
    const field = make("input", { type: "password", autocomplete: "off" });
    const failed = make("p", { role: "alert", class: "wrong" }, why);
    const use = () => {
      if (!field.value.trim()) return;
      token = field.value.trim();
      enter();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") use();
    });
    place.replaceChildren(
      make("details", { id: "sign", ...(why && { open: "" }) }, make("summary", {}, "Act from this page"),
        make("p", { class: "soft" }, "Acknowledge, comment, close, plan maintenance, decide on "
          + "suspected needs. It takes a token of the watch file that may act, and is forgotten "
          + "with this tab."),
        make("div", { class: "fields" }, labelled("Token", field)), failed,
        make("p", { class: "acts" }, button("Use this token", use))),
      said);
  }

  async function enter() {
    let holder;
    try {
      holder = await ask("/api/v1/token");
    } catch (error) {
      asking(reason(error));
      return;
    }
    if (!holder.name) {
      forget("This token is not known here.");
      return;
    }
    if (!holder.rights.includes("act")) {
      forget(`The token ${holder.name} may not act. Use one with \`may: act\`.`);
      return;
    }
    sessionStorage.setItem(KEY, token);
    may = true;
    place.replaceChildren(
      make("p", { class: "acts" }, `Acting as ${holder.name}. `,
        button("Forget the token", () => forget())),
      planning(), said);
    dress();
  }

  if (token) enter();
  else asking("");
})();
