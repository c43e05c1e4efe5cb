// A time in the transcript plays the recording from there; what is playing is marked in the transcript.
"use strict";

const audio = document.querySelector("#audio");
const transcript = document.querySelector("#transcript");

function seek(link) {
  audio.currentTime = Number(link.dataset.seek) / 1000;
  audio.play();
}

function mark() {
  const now = audio.currentTime * 1000;
  for (const line of transcript.querySelectorAll(".said[data-start]")) {
    const playing = !audio.paused && now >= Number(line.dataset.start) && now < Number(line.dataset.end);
    line.classList.toggle("playing", playing);
  }
}

if (audio) {
  document.addEventListener("click", (click) => {
    const link = click.target.closest("[data-seek]");
    if (!link || click.ctrlKey || click.metaKey || click.shiftKey) return;
    click.preventDefault();
    seek(link);
  });
  for (const happening of ["timeupdate", "play", "pause", "seeked"]) audio.addEventListener(happening, mark);
  document.addEventListener("ended", () => { if (audio.paused) audio.load(); });
}
