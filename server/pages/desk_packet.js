// The handoff packet, as an agent reads it. All of it is text: nothing that a caller said becomes part of the page.

const UNKNOWN = "unknown";
const LANGUAGES = new Intl.DisplayNames(["en"], { type: "language" });

export function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

const plain = (word) => String(word).replaceAll("_", " ");
export const title = (word) => plain(word).replace(/^./u, (first) => first.toUpperCase());
const known = (value) => value !== undefined && value !== null && value !== "" && value !== UNKNOWN;

function list(title, items) {
  if (!items.length) return [];
  return [element("h3", {}, title), element("ul", {}, ...items.map((one) => element("li", {}, one)))];
}

function facts(rows) {
  const shown = rows.filter(([, value]) => value);
  return [element("dl", { class: "facts" }, ...shown.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))))];
}

function identity(caller) {
  const { level = "none", how, at } = caller.verified ?? {};
  const words = {
    none: "not verified", claimed: "says so, not verified", knowledge: "verified by what they know",
    one_time_code: "verified by a code", pin: "verified by a PIN",
  }[level] ?? plain(level);
  const time = at && !["none", "claimed"].includes(level) ? ` at ${new Date(at).toLocaleTimeString()}` : "";
  return `${["none", "claimed"].includes(level) ? "" : "✔ "}${words}${how && time ? ` (${plain(how)})` : ""}${time}`;
}

function slot(fact) {
  if (fact.slot.startsWith("tried_")) return `${plain(fact.slot)}: ${fact.value}`;
  const sure = { keyed: "keyed in", read_back: "read back and confirmed", no: "not confirmed" }[fact.confirmed];
  return `${plain(fact.slot)}: ${fact.value} (${sure})`;
}

// A line of the summary leads to where it was said.
function bullet(one) {
  const said = one.spans?.[0]?.utterance;
  return said ? element("a", { href: `#said-${said}` }, one.text) : one.text;
}

// What the caller was told from: its text is fetched when somebody wants to read it.
function source(line, one) {
  const text = element("p", { class: "words" }, "…");
  const made = element("details", {}, element("summary", {}, `${one.title || one.section} (${one.document})`), text);
  made.addEventListener("toggle", async () => {
    const asked = new URLSearchParams({ line, document: one.document, section: one.section });
    const answer = await fetch(`/api/v1/knowledge/sections?${asked}`, { credentials: "same-origin" });
    const content = await answer.json();
    text.textContent = answer.ok ? content.text : content.detail;
  }, { once: true });
  return made;
}

const action = (one) => (one.error ? `${one.about} (${plain(one.error)})` : one.about);

export function transcript(lines) {
  return lines.map((line) => element("li", { class: `said ${line.who}`, id: `said-${line.utterance ?? "now"}` },
    element("b", { class: "who" }, plain(line.who)), element("p", { class: "words" }, line.text)));
}

export function show(place, packet) {
  const { caller = {}, reason = {}, summary = { bullets: [] }, mood = {}, earlier = {} } = packet;
  const fields = [
    ["Caller", caller.name], ["Number", caller.number], ["Identity", identity(caller)],
    ["Customer", caller.customer], ["Tier", caller.tier], ["Language", known(caller.language) ? LANGUAGES.of(caller.language) : caller.language],
    ["Why a person", summary.bullets.some((one) => one.kind === "reason") ? "" : reason.sentence ?? ""], ["Waited", packet.wait_ms >= 1000 ? `${Math.round(packet.wait_ms / 1000)} s` : ""],
    ["Mood", [mood.frustration, mood.anger].includes("high") ? "upset" : ""],
    ["Urgency", mood.urgency === "high" ? "high" : ""],
    ["Earlier calls", known(earlier.calls) ? `${earlier.calls}, ${earlier.open_issues} open` : UNKNOWN],
  ].map(([name, value]) => [name, value ?? UNKNOWN]);
  const lacking = fields.filter(([, value]) => value === UNKNOWN).map(([name]) => name);
  place.replaceChildren(
    ...list("In short", summary.bullets.map(bullet)),
    ...facts(fields.filter(([, value]) => known(value))),
    ...list("Said, word for word", reason.code === "asked_for_person" ? [] : (reason.evidence ?? []).map((one) => `“${one}”`)),
    ...list("Known", (packet.facts ?? []).map(slot)),
    ...list("Done", (packet.done ?? []).map(action)),
    ...list("Under way", (packet.pending ?? []).map(action)),
    ...list("Failed", (packet.failed ?? []).map(action)),
    ...list("Looked up", (packet.looked_up ?? []).map(action)),
    ...list("Next", (packet.next_steps ?? []).map((one) => one.text)),
    ...list("Told from", (packet.sources ?? []).map((one) => source(packet.line, one))),
    ...(lacking.length ? [element("h3", {}, "Not known"), element("p", {}, lacking.join(", "))] : []),
  );
}
