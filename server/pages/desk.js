// An agent's desk. The socket is the truth: what it tells is shown, what the agent does is said to it.
import { element, show, title, transcript } from "/assets/desk_packet.js";
import { showPast, showQueues } from "/assets/desk_queues.js";
import { Sound } from "/assets/desk_sound.js";

const desk = document.querySelector("#desk");
const at = (selector) => desk.querySelector(selector);
const connection = document.querySelector("#connection");
const DEAD_MS = 10000;
const AGAIN_MS = [500, 1000, 2000]; // pipeline.transfers.ringing waits so long for desks after a restart (RING_AGAIN_S)
const FINAL = { 4409: "The desk was opened elsewhere.", 4404: "This agent is not in the directory any more.", 4401: "Your sign-in was ended. Sign in again to go on." };
const TITLE = document.title;

let socket = null;
let lives = 0;
let heardAt = 0;
let wished = "away";
let offers = [];
let current = null; // {transfer, offer, call, since}
let before = null; // what it was when the connection broke
let wrapping = null;
let muted = false;
let opening = null; // the microphone, while it is asked for
let until = null; // when a wrap-up ends, on this machine's clock
let ahead = 0; // of this machine's clock, the server's, in ms
let packets = new Map();
let lacking = new Set(); // transfers whose packet could not be had
let words = new Map(); // by transfer, what was said since its packet
let texts = new Map(); // by transfer, the words of its wrap-up and what agents read for them
let queues = null;
let backMs = 8000; // so long a caller waits for a page that lost its connection
let clicked = 0;

const sound = new Sound(
  (frame) => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (clicked && !desk.dataset.micMs) desk.dataset.micMs = Math.round(performance.now() - clicked);
    socket.send(frame);
  },
  ({ microphone, ear, waitingMs, underruns }) => {
    at("#you").value = microphone;
    at("#caller").value = ear;
    Object.assign(desk.dataset, { micDb: microphone.toFixed(1), earDb: ear.toFixed(1), waitingMs: Math.round(waitingMs), underruns });
  },
);

const say = (message) => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)); };
const means = () => (at("#means").hidden ? "desk" : at("#by").value);
const available = (now) => say({ type: "presence", presence: now, by: means() });
const alarm = (text) => { at("#alert").textContent = text; };
const clock = (ms) => { const seconds = Math.max(0, Math.floor(ms / 1000)); return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`; };
const WISH = `desk ${desk.dataset.agent}`;
const wish = (now) => { wished = now; sessionStorage.setItem(WISH, now); };

function open() {
  socket = new WebSocket(new URL(desk.dataset.socket, location.href.replace(/^http/, "ws")), ["cordboard.v1"]);
  socket.binaryType = "arraybuffer";
  const mine = socket;
  const dead = setInterval(() => { if (Date.now() - heardAt > DEAD_MS) mine.close(4000, "nothing was heard"); }, 1000);
  heardAt = Date.now();
  socket.onmessage = ({ data }) => {
    heardAt = Date.now();
    if (data instanceof ArrayBuffer) hear(data);
    else take(JSON.parse(data));
  };
  socket.onclose = ({ code }) => {
    clearInterval(dead);
    if (mine !== socket) return;
    desk.dataset.state = "closed";
    sound.ring(false);
    sound.talk(false);
    if (FINAL[code]) return over(FINAL[code], code === 4401);
    connection.textContent = "Connection lost, trying again";
    lost();
    setTimeout(open, AGAIN_MS[Math.min(lives, AGAIN_MS.length - 1)]);
    lives += 1;
  };
}

// The server cannot be reached: what that means for whoever is on the line, and what to do.
function lost() {
  offers = []; // who was offered is asked for again, or went to somebody else
  queues = null;
  const words = current && current.by !== "phone" ? `Your caller hears music, and is given back to the assistant after ${Math.round(backMs / 1000)} seconds.`
    : current ? "You and your caller speak on by telephone." : "Nobody is offered to you meanwhile.";
  at("#lost").textContent = `No connection to the server. ${words} This page keeps trying; check the network if it does not come back.`;
  draw();
}

// This page is no desk any more: it says why, and shows nothing of any caller.
function over(why, signedOut) {
  connection.textContent = "Closed";
  [offers, current, before, wrapping, wished, queues] = [[], null, null, null, "away", null];
  at("#lost").textContent = "";
  packets.clear();
  words.clear();
  mute(false);
  sound.close();
  draw();
  for (const id of [".presence", "#means", "#sound-on", "#past"]) at(id).hidden = true;
  alarm(why);
  at("#again").hidden = false;
  if (signedOut) Object.assign(at("#again button"), { textContent: "Sign in", onclick: () => location.reload() });
  at("#again button").focus();
}

function mute(now) {
  muted = now;
  at("#mute").textContent = muted ? "Unmute" : "Mute";
  at("#muted").textContent = muted ? "You are muted: the caller does not hear you." : "";
}

function hear(ulaw) {
  if (clicked && !desk.dataset.earMs) desk.dataset.earMs = Math.round(performance.now() - clicked);
  sound.play(ulaw);
}

const TAKES = {
  hello(message) {
    lives = 0;
    connection.textContent = "Connected";
    at("#lost").textContent = "";
    desk.dataset.state = "open";
    backMs = message.back_within_ms ?? backMs;
    ahead = message.now_ms === undefined ? 0 : message.now_ms - Date.now();
    offers = [];
    before = current; // it goes on if the server says so
    current = null;
    at(".presence").hidden = false;
    past();
    at("#means").hidden = !message.agent.phone;
    if (message.by === "phone") at("#by").value = "phone";
    if (wished === "available" && !wrapping) available("available");
    else presence(message.presence, message.closed_ms ? "closed" : "", message.until_ms);
    if (message.presence === "available" && wished !== "available") goOn();
    draw();
  },
  queues(message) { queues = message; tick(); },
  ping() { say({ type: "pong" }); },
  presence(message) { presence(message.presence, message.why, message.until_ms); },
  offer(message) {
    if (Object.keys(message.packet ?? {}).length) packets.set(message.transfer, message.packet);
    else fetchPacket(message.transfer);
    offers = [...offers.filter((one) => one.transfer !== message.transfer), message];
    draw();
  },
  packet(message) { packets.set(message.transfer, message.packet); draw(); },
  withdrawn(message) {
    const ours = offers.some((one) => one.transfer === message.transfer);
    offers = offers.filter((one) => one.transfer !== message.transfer);
    if (ours) alarm(GONE[message.why] ?? "The offer was taken back.");
    draw();
  },
  async connected(message) {
    offers = offers.filter((one) => one.transfer !== message.transfer);
    if (wrapping && at("#disposition").value) wrapUp();
    if (at("#disposition").value || !at("#note").value) wrapping = null; // a note without a result is not lost
    const was = [current, before].find((one) => one?.transfer === message.transfer);
    if (!was) mute(false);
    else if (muted) say({ type: "mute", muted });
    current = { ...message, since: message.connected_ms === undefined && was ? was.since : Date.now() - (message.connected_ms ?? 0) };
    if (message.by === "phone" && !at("#means").hidden) at("#by").value = "phone";
    if (wished === "away" && sessionStorage.getItem(WISH) === "available") {
      wish("available"); // a page that is loaded again in a conversation is as it was
      available("available");
    }
    alarm("");
    presence(desk.dataset.presence);
    draw();
    at("#call-title").focus();
    if (!packets.has(message.transfer)) await fetchPacket(message.transfer);
    if (message.by !== "phone") await listen();
    talk();
  },
  released(message) {
    const ours = (one) => one?.transfer === message.transfer && one.offer === message.offer;
    if (!ours(current) && !offers.some(ours)) return; // accepted, and still shown as an offer
    if (ours(current)) ended();
    offers = offers.filter((one) => !ours(one));
    if (GONE[message.why]) alarm(GONE[message.why]);
    draw();
  },
  wrap_up(message) {
    if (current?.transfer === message.transfer) ended();
    const same = wrapping?.transfer === message.transfer;
    if (!same) at("#note").value = "";
    wrapping = message;
    const chosen = same ? at("#disposition").value : "";
    unchosen("");
    at("#disposition").replaceChildren(element("option", { value: "" }, "Choose …"), ...message.dispositions.map(({ word, text }) => element("option", { value: word }, text)));
    if (message.dispositions.some(({ word }) => word === chosen)) at("#disposition").value = chosen;
    presence(desk.dataset.presence);
    if (!packets.has(message.transfer)) fetchPacket(message.transfer);
    draw();
    at("#wrap-up-title").focus();
  },
  wrapped_up(message) {
    if (wrapping?.transfer !== message.transfer) return;
    wrapping = null;
    alarm("");
    if (desk.dataset.presence === "wrap_up") wish("available");
    if (wished === "available") available("available");
    at("#note").value = "";
    past();
    draw();
    at('[data-presence="available"]').focus();
  },
  said(message) {
    if (current) words.set(current.transfer, [...(words.get(current.transfer) ?? []), message]);
    const list = at("#transcript");
    follow(() => at("#partial")?.remove());
    if (document.getElementById(`said-${message.utterance}`)) return;
    follow(() => list.append(...transcript([message])));
  },
  partial(message) {
    follow(() => at("#partial")?.remove());
    if (!message.text) return;
    const [line] = transcript([{ who: "caller", text: `${message.text} …` }]);
    line.id = "partial";
    line.classList.add("partial");
    follow(() => at("#transcript").append(line));
  },
  muted(message) { mute(message.muted); },
  error(message) { alarm(message.detail); },
};

const GONE = {
  taken: "Somebody else took the caller.",
  caller_left: "The caller hung up.",
  withdrawn: "The caller no longer wants to wait.",
  timeout: "You did not answer in time: somebody else is asked.",
  not_connected: "The caller could not be connected: they stay with the assistant.",
  not_reached: "The caller did not answer the call back: it is tried again later.",
};

function take(message) { TAKES[message.type]?.(message); }

const WORDS = { available: "Available: callers are offered to you.", busy: "Busy: nobody is offered to you.", away: "Away: nobody is offered to you. Choose Available when you take calls.", wrap_up: "Wrapping up: nobody is offered to you." };

const WHY_AWAY = {
  missed_offers: "Away: you did not answer several offers.",
  closed: "Away: this desk was closed for more than a few minutes. Say that you are available to be offered callers again.",
};

function presence(now, why, untilMs) {
  desk.dataset.presence = now;
  if (now !== "wrap_up") until = null;
  else if (untilMs) until = untilMs - ahead;
  for (const button of desk.querySelectorAll("[data-presence]")) button.setAttribute("aria-pressed", String(!current && button.dataset.presence === now));
  const engaged = `On a call: nobody else is offered to you. Afterwards you are ${now === "away" ? "away" : "available again"}.`;
  at("#presence").textContent = now === "away" && WHY_AWAY[why] ? WHY_AWAY[why] : current ? engaged : WORDS[now];
  if (why === "missed_offers") wish("away");
  tick();
}

// The agent is available still: another page of theirs said so, or this one before it was loaded again.
async function goOn() {
  if (means() === "desk" && !(await listen()) && at("#sound-on").hidden) return available("away"); // nobody could be heard
  wish("available");
}

function ended() {
  current = null;
  presence(desk.dataset.presence);
  mute(false);
  sound.talk(false);
}

const SILENT = {
  NotAllowedError: "The browser does not let this page use the microphone. Allow it at the symbol before the page's address, then choose Available again.",
  NotFoundError: "No microphone was found. Plug one in, then choose Available again.",
  NotReadableError: "Another program uses the microphone. Close it, then choose Available again.",
};

function talk() { sound.talk(current !== null && current.by !== "phone" && !muted); }

async function fetchPacket(transfer) {
  const answer = await fetch(`/api/v1/transfers/${encodeURIComponent(transfer)}/packet`, { credentials: "same-origin" });
  if (answer.ok) packets.set(transfer, await answer.json());
  else lacking.add(transfer);
  draw();
}

// What came of this agent's last calls.
async function past() {
  const answer = await fetch("/api/v1/dispositions?limit=50", { credentials: "same-origin" });
  const { items = [] } = answer.ok ? await answer.json() : {};
  const mine = items.filter((one) => one.agent === desk.dataset.agent).slice(0, 5);
  showPast(at("#past"), await Promise.all(mine.map(async (one) => ({ ...one, text: await textOf(one) }))));
}

// What agents read for the word of a wrap-up: the words are those of its call's queue.
async function textOf({ transfer, disposition }) {
  if (!texts.has(transfer)) {
    const answer = await fetch(`/api/v1/transfers/${encodeURIComponent(transfer)}`, { credentials: "same-origin" });
    if (!answer.ok) return undefined;
    texts.set(transfer, (await answer.json()).dispositions);
  }
  return texts.get(transfer).find(({ word }) => word === disposition)?.text;
}

// Have the microphone and a running sound card; say so where not.
async function listen() {
  try {
    opening ??= sound.open().finally(() => { opening = null; }); // asked for once, however many wait for it
    await opening;
  } catch (error) {
    alarm(SILENT[error.name] ?? `The microphone cannot be used (${error.message}). Mend that, then choose Available again.`);
    return false;
  }
  at("#sound-on").hidden = sound.running;
  return sound.running;
}

function draw() {
  for (const verb of desk.querySelectorAll(".presence button, .card button")) verb.disabled = desk.dataset.state !== "open";
  const offer = current ? null : offers[0];
  const transfer = (current ?? offer ?? wrapping)?.transfer;
  for (const [id, there] of [["#offer", offer], ["#call", current], ["#wrap-up", wrapping], ["#known", transfer]]) at(id).hidden = !there;
  sound.ring(Boolean(offer) && offer.by !== "phone");
  at("#rings").hidden = offer?.by !== "phone";
  at("#accept").hidden = offer?.by === "phone";
  at("#by-phone").hidden = current?.by !== "phone";
  for (const id of ["#mute", "#hang-up", "#call .meters"]) at(id).hidden = current?.by === "phone";
  document.title = offer ? `A caller! · ${TITLE}` : TITLE;
  const { reason = {}, caller = {} } = offer?.packet ?? {};
  const news = offer ? [`A caller of ${title(offer.queue)} for you.`, reason.sentence].filter((one) => one && one !== "unknown").join(" ") : "";
  if (at("#announcement").textContent !== news) at("#announcement").textContent = news;
  if (offer) {
    at("#offer-why").textContent = [title(offer.queue), caller.name, reason.sentence].filter((one) => one && one !== "unknown").join(" · ");
  }
  const packet = packets.get(transfer);
  if (packet) show(at("#packet"), packet);
  else at("#packet").replaceChildren();
  at("#no-packet").hidden = Boolean(packet);
  at("#no-packet").textContent = lacking.has(transfer) ? "Nothing that the assistant knows could be fetched. Ask the caller for their name and what it is about." : "Being fetched …";
  at("#offer-more").hidden = offers.length < 2;
  at("#offer-more").textContent = `${offers.length === 2 ? "One more caller is" : `${offers.length - 1} more callers are`} offered to you: accept or decline this one first.`;
  const list = at("#transcript");
  const of = `${transfer} ${packet ? packet.last_seq : "none"}`;
  if (list.dataset.of === of) return;
  list.dataset.of = of;
  const lines = (packet?.transcript ?? []).filter((line) => line.text);
  const known = new Set(lines.map((line) => line.utterance));
  list.replaceChildren(...transcript([...lines, ...(words.get(transfer) ?? []).filter((line) => !known.has(line.utterance))]));
  list.scrollTop = list.scrollHeight;
}

// The transcript shows its last line, unless the agent reads further up; the page itself stays where it is.
function follow(change) {
  const list = at("#transcript");
  const last = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  change();
  if (last) list.scrollTop = list.scrollHeight;
}

function unchosen(why) {
  at("#unchosen").textContent = why;
  at("#disposition").setAttribute("aria-invalid", String(Boolean(why)));
}

function wrapUp() { say({ type: "wrap_up", transfer: wrapping.transfer, disposition: at("#disposition").value, note: at("#note").value }); }

function tick() {
  if (queues) showQueues(at("#queues"), queues, Date.now() + ahead);
  else at("#queues").replaceChildren();
  if (current) at("#timer").textContent = clock(Date.now() - current.since);
  const ends = !current && offers[0]?.until_ms;
  at("#offer-until").textContent = ends ? `It rings for ${clock(ends - ahead - Date.now() + 999)} more; then somebody else is asked.` : "";
  at("#until").textContent = wrapping && until ? `You are available again in ${clock(until - Date.now() + 999)}, or once this is done.` : "";
}

for (const button of desk.querySelectorAll("[data-presence]")) {
  button.addEventListener("click", async () => {
    const wanted = button.dataset.presence;
    if (wanted === "available" && means() === "desk" && !(await listen())) return;
    alarm("");
    wish(wanted);
    available(wanted);
    if (wanted === "away" && !current) sound.close();
  });
}
at("#by").addEventListener("change", async () => {
  if (wished === "available" && means() === "desk" && !(await listen())) wish("away");
  available(wished);
});
at("#accept").addEventListener("click", () => {
  const [offer] = offers;
  if (!offer) return;
  clicked = performance.now();
  delete desk.dataset.earMs;
  delete desk.dataset.micMs;
  sound.ring(false);
  say({ type: "accept", transfer: offer.transfer, offer: offer.offer });
});
at("#decline").addEventListener("submit", (event) => {
  event.preventDefault();
  const [offer] = offers;
  if (!offer) return;
  say({ type: "decline", transfer: offer.transfer, offer: offer.offer, reason: at("#decline-reason").value });
  offers = offers.filter((one) => one !== offer);
  draw();
  at('[data-presence="available"]').focus();
});
at("#mute").addEventListener("click", () => {
  mute(!muted);
  say({ type: "mute", muted });
  talk();
});
at("#hang-up").addEventListener("click", () => { if (current) say({ type: "hang_up", transfer: current.transfer }); });
at("#hand-back").addEventListener("submit", (event) => {
  event.preventDefault();
  if (current) say({ type: "hand_back", transfer: current.transfer, note: at("#hand-back-note").value });
  at("#hand-back-note").value = "";
});
at("#wrap-up form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!wrapping) return;
  if (at("#disposition").value) return wrapUp();
  unchosen("Choose what came of the call first.");
  at("#disposition").focus();
});
at("#disposition").addEventListener("change", () => unchosen(""));
at("#again button").addEventListener("click", () => { if (at("#again button").onclick) return; at("#again").hidden = true; alarm(""); open(); });
at("#sound-on button").addEventListener("click", async () => { if (await listen()) talk(); });
setInterval(tick, 250);
open();
