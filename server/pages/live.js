// Keeps a page true while calls go on. The socket says that something happened; the server renders what, as at first.
"use strict";

const region = document.querySelector("[data-live]");
const connection = document.querySelector("#connection");
const EVERY_MS = 1000;
let last = 0;
let waiting = null;
let pause = 500;

const say = (text) => { if (connection.textContent !== text) connection.textContent = text; };

function patch(fresh) {
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const now = document.getElementById(part.id);
    if (!now) region.append(document.adoptNode(part));
    else if (now.isEqualNode(part)) continue;
    else if ("keyed" in part.dataset) patchChildren(now, part);
    else now.replaceWith(document.adoptNode(part));
  }
}

function patchChildren(now, next) {
  let place = now.firstElementChild;
  for (const wanted of [...next.children]) {
    const old = wanted.id && now.querySelector(`:scope > #${CSS.escape(wanted.id)}`);
    if (old && sameBut(old, wanted)) {
      if (old === place) place = place.nextElementSibling;
      else now.insertBefore(old, place);
    } else {
      if (old === place && old) place = place.nextElementSibling;
      if (old) old.remove();
      now.insertBefore(document.adoptNode(wanted), place);
    }
  }
  while (place) {
    const rest = place.nextElementSibling;
    place.remove();
    place = rest;
  }
}

function sameBut(old, wanted) {
  const copy = old.cloneNode(true);
  copy.classList.remove("playing");
  return copy.isEqualNode(wanted);
}

async function refresh() {
  waiting = null;
  last = Date.now();
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.redirected || answer.status === 401) location.reload();
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    tellTimes(fresh);
    patch(fresh);
  } catch { /* the server is away: the socket says so and comes back */ }
}

function soon() {
  waiting ??= setTimeout(refresh, Math.max(0, last + EVERY_MS - Date.now()));
}

function follow() {
  const socket = new WebSocket(new URL(region.dataset.live, location.href.replace(/^http/, "ws")));
  socket.onopen = () => { pause = 500; say("Live"); soon(); };
  socket.onmessage = soon;
  socket.onclose = (closed) => {
    soon();
    if (closed.code === 1000) { say("The call has ended"); document.dispatchEvent(new Event("ended")); return; }
    if (closed.code === 4404) { say("This call is not there any more"); return; }
    say("Connection lost, trying again");
    setTimeout(follow, pause);
    pause = Math.min(pause * 2, 10000);
  };
}

if (region) follow();
