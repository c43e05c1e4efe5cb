// Microphone, ear and bell of the desk.

const WORKLET = "/assets/desk_worklet.js";
const WISHED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const BELL_HZ = [440, 480];
const BELL_EVERY_MS = 3000;

export class Sound {
  #context = null;
  #node = null;
  #stream = null;
  #bell = null;
  #said;
  #levels;

  // said: takes frames of the microphone (ArrayBuffer). levels: takes how loud both are, in dBFS, ten times a second.
  constructor(said, levels) {
    this.#said = said;
    this.#levels = levels;
  }

  get running() { return this.#context?.state === "running" && this.#stream?.active === true; }

  // Ask for the microphone, and begin. Throws what the browser says against it.
  async open() {
    if (!navigator.mediaDevices) throw new Error("this page needs https, or a server on this machine");
    if (!this.#stream?.active) {
      this.close();
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio: WISHED });
      this.#context = new AudioContext({ latencyHint: "interactive" });
      await this.#context.audioWorklet.addModule(WORKLET);
      this.#node = new AudioWorkletNode(this.#context, "telephone", { outputChannelCount: [1] });
      this.#node.port.onmessage = ({ data }) => (data instanceof ArrayBuffer ? this.#said(data) : this.#levels(data));
      this.#context.createMediaStreamSource(this.#stream).connect(this.#node).connect(this.#context.destination);
    }
    await Promise.race([this.#context.resume(), new Promise((done) => { setTimeout(done, 500); })]);
  }

  close() {
    this.ring(false);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#context?.close();
    this.#stream = this.#context = this.#node = null;
  }

  // Whether what the microphone hears goes out.
  talk(talking) { this.#node?.port.postMessage({ talking }); }

  // What came from the caller: μ-law, 8 kHz.
  play(ulaw) { this.#node?.port.postMessage(ulaw, [ulaw]); }

  ring(on) {
    clearInterval(this.#bell);
    this.#bell = null;
    if (!on || !this.#context) return;
    this.#strike();
    this.#bell = setInterval(() => this.#strike(), BELL_EVERY_MS);
  }

  #strike() {
    const gain = new GainNode(this.#context, { gain: 0 });
    gain.connect(this.#context.destination);
    const now = this.#context.currentTime;
    for (const [from, to] of [[0, 0.4], [0.6, 1]]) {
      gain.gain.setTargetAtTime(0.08, now + from, 0.01);
      gain.gain.setTargetAtTime(0, now + to, 0.01);
    }
    for (const frequency of BELL_HZ) {
      const tone = new OscillatorNode(this.#context, { frequency });
      tone.connect(gain);
      tone.start(now);
      tone.stop(now + 1.2);
    }
  }
}
