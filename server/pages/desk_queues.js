// Who waits in an agent's queues, and since when. The server's clock counts: `ahead` is how much this one is behind it.
import { element, title } from "/assets/desk_packet.js";

const STATES = { closed: "closed now", holiday: "closed: a holiday", emergency: "not reachable now" };
const clock = (ms) => { const seconds = Math.max(0, Math.floor(ms / 1000)); return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`; };
const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;

function waits(row, now) {
  if (!row.waiting) return "nobody waits";
  const longest = row.since_ms === null ? "" : `, ${row.waiting === 1 ? "for" : "the longest for"} ${clock(now - row.since_ms)}`;
  return `${many(row.waiting, "caller waits", "callers wait")}${longest}`;
}

function told(row, now) {
  const parts = [waits(row, now)];
  if (row.callbacks) parts.push(many(row.callbacks, "is to be called back", "are to be called back"));
  if (STATES[row.state]) parts.push(STATES[row.state]);
  parts.push(row.others ? `${many(row.others, "colleague is free", "colleagues are free")}` : "no colleague is free");
  return parts.join(" · ");
}

// One line a queue; late: whether who waits for longest was promised an answer before now.
export function showQueues(place, message, now) {
  const rows = message.queues.map((row) => {
    const late = row.waiting && row.sla_s && row.since_ms !== null && now - row.since_ms > row.sla_s * 1000;
    const text = `${told(row, now)}${late ? " · later than promised" : ""}`;
    return element("li", late ? { class: "warning" } : {}, element("b", {}, title(row.queue)), ` ${text}`);
  });
  const unknown = message.unknown.map((name) => element("li", { class: "warning" }, element("b", {}, title(name)),
    " no line has this queue: nobody comes from it. Tell whoever runs Cordboard."));
  const content = [...rows, ...unknown];
  if (place.textContent !== content.map((one) => one.textContent).join("")) place.replaceChildren(...content);
}

// What came of calls, the latest first; text: what agents read for the word, where it is known.
export function showPast(place, items) {
  place.hidden = !items.length;
  place.querySelector("ul").replaceChildren(...items.map((one) => element("li", {},
    `${new Date(one.made_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })} ${one.text ?? title(one.disposition)}${one.note ? `: ${one.note}` : ""}`)));
}
