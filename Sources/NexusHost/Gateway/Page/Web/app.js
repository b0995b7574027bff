// The living side of the page that the gateway has rendered: it puts changed sections in, and lets
// people filter, look into requests and try a chat. Text from outside becomes text only; HTML comes
// from this gateway alone, which escapes what it puts into it.

const root = document.documentElement;
const byID = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const parse = (html) => new DOMParser().parseFromString(html, "text/html");
root.classList.add("on");

// MARK: Theme

const theme = {
  read() { try { return localStorage.getItem("theme") || "auto"; } catch { return "auto"; } },
  keep(value) { try { localStorage.setItem("theme", value); } catch { /* Only for this visit. */ } },
  show(value) { value === "auto" ? delete root.dataset.theme : (root.dataset.theme = value); },
};
theme.show(theme.read());
const themes = byID("theme");
if (themes) {
  themes.value = theme.read();
  themes.addEventListener("change", () => {
    theme.keep(themes.value);
    theme.show(themes.value);
  });
}

// MARK: Times

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dated = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
// How far the gateway's clock is ahead of ours.
let ahead = 0;

function ago(date) {
  const seconds = Math.max(0, (Date.now() + ahead - date) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return seconds < 129600 ? `${Math.round(seconds / 3600)} h ago` : `${Math.round(seconds / 86400)} d ago`;
}

function tellTimes(within = document) {
  for (const time of all("time", within)) {
    const date = new Date(time.dateTime);
    if (isNaN(date)) continue;
    const isToday = date.toDateString() === new Date().toDateString();
    const text = time.className === "ago" ? ago(date) : (isToday ? clock : dated).format(date);
    if (time.textContent === text) continue;
    time.textContent = text;
    time.title = dated.format(date);
  }
}

// MARK: Sections

// Makes `old` like `now`, and touches only what differs: focus, selections and scrolling stay.
function morph(old, now) {
  if (old.isEqualNode(now)) return;
  if (old.nodeType !== now.nodeType || old.nodeName !== now.nodeName) return old.replaceWith(now);
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.data = now.data;
    return;
  }
  if (old.localName === "time" && old.dateTime === now.dateTime) return;
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && !now.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of now.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  morphChildren(old, now);
}

const keyOf = (node) => node?.dataset?.key;

function morphChildren(old, now) {
  const wanted = new Set([...now.children].map(keyOf).filter(Boolean));
  const known = new Map();
  for (const child of [...old.children]) {
    const key = keyOf(child);
    if (!key) continue;
    // A key may come twice, from names that differ in nothing but what ids leave out.
    if (wanted.has(key) && !known.has(key)) known.set(key, child);
    else child.remove();
  }
  let at = old.firstChild;
  for (const want of [...now.childNodes]) {
    const key = keyOf(want);
    const have = key ? known.get(key) : keyOf(at) ? null : at;
    known.delete(key);
    if (!have) {
      old.insertBefore(want, at);
      continue;
    }
    if (have === at) at = at.nextSibling;
    else old.insertBefore(have, at);
    morph(have, want);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function put(name, element) {
  const old = byID(name);
  if (!old || !element) return;
  const chosen = old.value;
  morph(old, element);
  const section = byID(name);
  if (section.localName === "select") {
    section.value = chosen;
    if (section.selectedIndex < 0) section.selectedIndex = 0;
  }
  if (name === "clock") {
    const time = section.querySelector("time");
    if (time) ahead = new Date(time.dateTime) - Date.now();
  }
  tellTimes(section);
  if (name === "history" || name === "models") filter();
}

const names = [
  "clock", "summary", "budget", "fleet", "charts", "live", "jobs", "history", "models", "advice", "pick",
];

// MARK: Connection

const badge = byID("conn");
const words = {
  connecting: "Connecting…", live: "Live", polling: "Polling", lost: "Disconnected",
};

function tell(state) {
  if (badge.dataset.s === state) return;
  badge.dataset.s = state;
  badge.lastElementChild.textContent = words[state];
}

const feed = {
  socket: null, tries: 0, heard: 0, retry: 0, polls: 0, tag: "",

  open() {
    clearTimeout(this.retry);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    let socket;
    try {
      socket = new WebSocket(`${scheme}://${location.host}/ws?view=page`);
    } catch {
      return this.lose();
    }
    this.socket = socket;
    this.heard = Date.now();
    socket.onmessage = ({ data }) => { if (socket === this.socket) this.take(data); };
    socket.onclose = () => { if (socket === this.socket) this.lose(); };
  },

  take(data) {
    let message;
    try { message = JSON.parse(data); } catch { return; }
    this.heard = Date.now();
    if (message.update_type !== "Page") return;
    // Another gateway may be there after a break, with another page.
    if (this.tries > 0) this.poll(true);
    this.tries = 0;
    clearInterval(this.polls);
    this.polls = 0;
    tell("live");
    for (const [name, html] of Object.entries(message.data)) {
      if (names.includes(name)) put(name, parse(html).body.firstElementChild);
    }
  },

  // Looks every few seconds instead, and tries again after about 1, 2, 4 … 60 seconds, for ever: not
  // all pages of a house at the same moment.
  lose() {
    this.socket = null;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), Math.min(60, 2 ** this.tries) * (750 + 500 * Math.random()));
    this.tries += 1;
    if (this.polls) return;
    this.poll();
    this.polls = setInterval(() => this.poll(), 5000);
  },

  async poll(isCheck = false) {
    try {
      const headers = { accept: "text/html" };
      if (this.tag) headers["if-none-match"] = this.tag;
      const answer = await fetch("/", { headers, cache: "no-store", signal: AbortSignal.timeout(4500) });
      if (answer.status !== 304) {
        if (!answer.ok) throw new Error(answer.statusText);
        this.show(await answer.text());
        this.tag = answer.headers.get("etag") ?? "";
      }
      if (!isCheck && this.polls) tell("polling");
    } catch {
      if (!isCheck && this.polls) tell("lost");
    }
  },

  show(html) {
    const page = parse(html);
    const script = (of) => of.querySelector("script[src]")?.getAttribute("src");
    if (script(page) && script(page) !== script(document)) return location.reload();
    if (this.polls) for (const name of names) put(name, page.getElementById(name));
  },

  // A connection may be dead though nobody has said so: something comes every second otherwise.
  check() {
    if (!this.socket || Date.now() - this.heard < 20000) return;
    const dead = this.socket;
    this.socket = null;
    dead.close();
    this.lose();
  },

  // Does not wait for the next try.
  hurry() {
    if (this.socket || document.hidden) return;
    this.tries = 0;
    this.open();
  },
};

// MARK: Filters

const search = byID("filter");
const find = byID("find");
const has = (text, part) => !part || (text ?? "").toLowerCase().includes(part.toLowerCase());

function filter() {
  if (search) {
    const { model, backend, status } = search.elements;
    const cell = (row, name) => row.querySelector(`[data-l="${name}"]`)?.textContent;
    let shown = 0;
    const rows = all("#history tbody tr");
    for (const row of rows) {
      const isGood = row.dataset.s === "success";
      row.hidden = !(has(cell(row, "Model"), model.value.trim())
        && has(cell(row, "Backend"), backend.value.trim())
        && (!status.value || isGood === (status.value === "success")));
      if (!row.hidden) shown += 1;
    }
    byID("hits").textContent = shown < rows.length ? `${shown} of ${rows.length}` : "";
  }
  if (find) {
    for (const row of all("#models tbody tr")) {
      row.hidden = !has(row.cells[0].textContent, find.value.trim());
    }
  }
}

search?.addEventListener("input", filter);
search?.addEventListener("submit", (event) => {
  event.preventDefault();
  filter();
});
find?.addEventListener("input", filter);

// MARK: Keyboard

document.addEventListener("keydown", (event) => {
  const on = event.target;
  const isTyping = on.closest?.("input, textarea, select");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && search) {
    event.preventDefault();
    search.elements.model.focus();
  } else if (event.key === "Escape" && on.type === "search") {
    on.value = "";
    filter();
    on.blur();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && on.matches?.("tbody a.rq")) {
    const links = all("tr:not([hidden]) a.rq", on.closest("tbody"));
    const next = links[links.indexOf(on) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }
});

// MARK: Details

const dialog = byID("detail");

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a.rq");
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button);
  if (!dialog || !link || !isPlain) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.href, { headers: { accept: "text/html" } });
    const content = parse(await answer.text()).querySelector(".request");
    if (!content) throw new Error("nothing there");
    tellTimes(content);
    byID("detail-body").replaceChildren(content);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  } catch {
    location.href = link.href;
  }
});
dialog?.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

// MARK: Playground

const play = byID("play");

function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

const span = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`);

// One chat, from the click to its end.
class Chat {
  constructor(answer, facts, told) {
    Object.assign(this, { answer, facts, told });
    this.abort = new AbortController();
    this.began = performance.now();
    this.first = 0;
    this.pieces = 0;
    this.usage = null;
    this.head = [];
    answer.replaceChildren();
  }

  async run(body) {
    this.told.textContent = "Waiting for the first token…";
    this.tick = setInterval(() => this.tell(), 100);
    try {
      const answer = await fetch("/v1/chat/completions", {
        method: "POST", headers: { "content-type": "application/json" },
        body: JSON.stringify(body), signal: this.abort.signal,
      });
      this.head = Chat.origin(answer.headers);
      if (!answer.ok) throw new Error(await Chat.reason(answer));
      await this.read(answer.body);
      this.told.textContent = "Answer complete.";
    } catch (error) {
      if (this.abort.signal.aborted) this.told.textContent = "Stopped.";
      else this.fail(error.message);
    }
    clearInterval(this.tick);
    this.ended = performance.now();
    this.tell();
  }

  // Where it went and why, as the head of the answer says.
  static origin(headers) {
    const facts = [
      ["Backend", "x-nexus-backend"], ["Type", "x-nexus-backend-type"], ["Zone", "x-nexus-privacy-zone"],
      ["Route", "x-nexus-route-reason"], ["Fallback", "x-nexus-fallback-model"],
      ["Cost", "x-nexus-cost-estimated"], ["Budget", "x-nexus-budget-status"],
      ["Refused by", "x-nexus-rejection-reasons"],
    ].map(([name, field]) => [name, headers.get(field)]).filter(([, value]) => value);
    const id = headers.get("x-request-id");
    if (id) {
      const href = `/requests/${encodeURIComponent(id)}`;
      facts.push(["Explanation", make("a", "Why there?", { href, class: "rq" })]);
    }
    return facts;
  }

  static async reason(answer) {
    const text = await answer.text();
    try {
      const { error } = JSON.parse(text);
      return `${answer.status}: ${error.message}`;
    } catch {
      return `${answer.status} ${answer.statusText}`;
    }
  }

  async read(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split(/\r?\n/);
      rest = lines.pop();
      for (const line of lines) if (line.startsWith("data:")) this.take(line.slice(5).trim());
    }
  }

  take(data) {
    if (data === "[DONE]") return;
    let chunk;
    try { chunk = JSON.parse(data); } catch { return; }
    if (chunk.error) throw new Error(chunk.error.message ?? "the answer broke off");
    this.usage = chunk.usage ?? this.usage;
    const delta = chunk.choices?.[0]?.delta ?? {};
    this.write(delta.reasoning_content ?? delta.reasoning, "think");
    this.write(delta.content, "");
    for (const call of delta.tool_calls ?? []) {
      this.write(`${call.function?.name ?? ""}${call.function?.arguments ?? ""}`, "think");
    }
  }

  write(text, kind) {
    if (typeof text !== "string" || !text) return;
    if (!this.first) {
      this.first = performance.now();
      this.told.textContent = "The answer is being made…";
    }
    this.last = performance.now();
    this.pieces += 1;
    const { answer } = this;
    const isAtEnd = answer.scrollHeight - answer.scrollTop - answer.clientHeight < 40;
    if (answer.lastElementChild?.className !== kind || !answer.lastElementChild) {
      answer.append(make("span", "", { class: kind }));
    }
    answer.lastElementChild.append(text);
    if (isAtEnd) answer.scrollTop = answer.scrollHeight;
  }

  fail(words) {
    this.told.textContent = "It failed.";
    this.answer.append(make("p", words, { class: "fault" }));
  }

  tell() {
    const now = this.ended ?? performance.now();
    const tokens = this.usage?.completion_tokens ?? this.pieces;
    const seconds = this.first ? ((this.last ?? now) - this.first) / 1000 : 0;
    const rows = [
      ["First token", this.first ? span(this.first - this.began) : "–"],
      ["Tokens/s", seconds > 0.05 && tokens > 1 ? ((tokens - 1) / seconds).toFixed(1) : "–"],
      ["Tokens", this.usage ? `${this.usage.prompt_tokens ?? "?"} → ${tokens}` : tokens],
      ["Time", span(now - this.began)],
      ...this.head,
    ];
    const fresh = document.createElement("dl");
    for (const [name, value] of rows) {
      const row = make("div", "", { "data-key": name });
      const what = make("dd", typeof value === "object" ? "" : value);
      if (typeof value === "object") what.append(value.cloneNode(true));
      row.append(make("dt", name), what);
      fresh.append(row);
    }
    morphChildren(this.facts, fresh);
  }
}

if (play) {
  let chat = null;
  const [send, stop] = [byID("send"), byID("stop")];
  play.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { model, prompt, max } = play.elements;
    if (chat || !model.value) return;
    chat = new Chat(byID("answer"), byID("facts"), byID("told"));
    send.disabled = true;
    stop.disabled = false;
    const limit = Number(max.value) > 0 ? { max_tokens: Number(max.value) } : {};
    await chat.run({
      model: model.value, stream: true, stream_options: { include_usage: true }, ...limit,
      messages: [{ role: "user", content: prompt.value }],
    });
    chat = null;
    send.disabled = false;
    stop.disabled = true;
  });
  stop.addEventListener("click", () => chat?.abort.abort());
  play.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) play.requestSubmit();
  });
}

// MARK: Start

tellTimes();
filter();
setInterval(tellTimes, 1000);
if (badge) {
  feed.open();
  setInterval(() => feed.check(), 5000);
  addEventListener("online", () => feed.hurry());
  document.addEventListener("visibilitychange", () => feed.hurry());
}
