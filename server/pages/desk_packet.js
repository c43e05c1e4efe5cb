// The handoff packet, as an agent reads it. All of it is text: nothing that a caller said becomes part of the page.

const UNKNOWN = "unknown";

export function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

const plain = (word) => String(word).replaceAll("_", " ");
const known = (value) => value !== undefined && value !== null && value !== "" && value !== UNKNOWN;

function list(title, items) {
  if (!items.length) return [];
  return [element("h3", {}, title), element("ul", {}, ...items.map((one) => element("li", {}, one)))];
}

function facts(rows) {
  const shown = rows.filter(([, value]) => known(value));
  if (!shown.length) return [];
  return [element("dl", { class: "facts" }, ...shown.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))))];
}

function identity(caller) {
  const level = caller.verified?.level ?? "none";
  return {
    none: "not verified", claimed: "says so, not verified", knowledge: "verified by what they know",
    one_time_code: "verified by a code", pin: "verified by a PIN",
  }[level] ?? plain(level);
}

function slot(fact) {
  const sure = { keyed: "keyed in", read_back: "read back and confirmed", no: "not confirmed" }[fact.confirmed];
  return `${plain(fact.slot)}: ${fact.value} (${sure})`;
}

const action = (one) => (one.error ? `${one.about} (${plain(one.error)})` : one.about);

export function transcript(lines) {
  return lines.map((line) => element("li", { class: `said ${line.who}`, "data-utterance": line.utterance ?? "" },
    element("b", { class: "who" }, plain(line.who)), element("p", { class: "words" }, line.text)));
}

export function show(place, packet) {
  const { caller = {}, reason = {}, summary = { bullets: [] }, mood = {}, earlier = {} } = packet;
  place.replaceChildren(
    ...facts([
      ["Caller", caller.name], ["Number", caller.number], ["Identity", identity(caller)],
      ["Customer", caller.customer], ["Tier", caller.tier], ["Language", caller.language],
      ["Why a person", reason.sentence], ["Waited", packet.wait_ms >= 1000 ? `${Math.round(packet.wait_ms / 1000)} s` : ""],
      ["Mood", [mood.frustration, mood.anger].includes("high") ? "upset" : ""],
      ["Urgency", mood.urgency === "high" ? "high" : ""],
      ["Earlier calls", known(earlier.calls) ? `${earlier.calls}, ${earlier.open_issues} open` : ""],
    ]),
    ...list("In short", summary.bullets.map((one) => one.text)),
    ...list("Said, word for word", reason.evidence ?? []),
    ...list("Known", (packet.facts ?? []).map(slot)),
    ...list("Done", (packet.done ?? []).map(action)),
    ...list("Under way", (packet.pending ?? []).map(action)),
    ...list("Failed", (packet.failed ?? []).map(action)),
    ...list("Looked up", (packet.looked_up ?? []).map(action)),
    ...list("Next", (packet.next_steps ?? []).filter((one) => one.code !== "none").map((one) => one.text)),
    ...list("Told from", (packet.sources ?? []).map((one) => `${one.title || one.section} (${one.document})`)),
  );
}
