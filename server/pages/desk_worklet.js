// The agent's telephone, on the audio thread: the microphone into μ-law frames of 20 ms at 8 kHz, and what comes from
// the caller out again at the rate of the sound card.
"use strict";

const PHONE_HZ = 8000;
const FRAME = 160;
const CUT_OFF = 3450 / PHONE_HZ; // of the telephone's rate; passes to 3 kHz, and is 60 dB down where it would fold back
const HALF_DOWN = 16; // telephone samples to either side of one that is made: 2 ms
const HALF_UP = 10;
const STEPS = 64;
const BETA = 6;
const START_MS = 80; // so much is waited for before anything is played
const LEAST_MS = 40;
const MOST_MS = 100; // what stands in the ring is kept between these two by playing a hundredth slower or faster
const JUMP_MS = 400; // more than that is left out at once
const LOOK_MS = 1000;
const TELL_MS = 100;

const bessel = (x) => {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 30; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
};

// One half of a low-pass filter, sampled STEPS times per telephone sample (Kaiser window).
function lowPass(half) {
  const table = new Float32Array(half * STEPS + 2);
  for (let i = 0; i <= half * STEPS; i += 1) {
    const at = i / STEPS;
    const angle = 2 * Math.PI * CUT_OFF * at;
    const sinc = i === 0 ? 1 : Math.sin(angle) / angle;
    table[i] = 2 * CUT_OFF * sinc * bessel(BETA * Math.sqrt(1 - (at / half) ** 2)) / bessel(BETA);
  }
  return table;
}

function weight(table, at) {
  const place = Math.abs(at) * STEPS;
  const low = Math.floor(place);
  return low + 1 >= table.length ? 0 : table[low] + (place - low) * (table[low + 1] - table[low]);
}

const BIAS = 132;
const CLIP = 32635;

function toUlaw(sample) {
  let value = Math.round(Math.max(-1, Math.min(1, sample)) * 32767);
  const sign = value < 0 ? 0x80 : 0;
  value = Math.min(CLIP, Math.abs(value)) + BIAS;
  const exponent = Math.floor(Math.log2(value)) - 7;
  return ~(sign | (exponent << 4) | ((value >> (exponent + 3)) & 0x0f)) & 0xff;
}

const FROM_ULAW = new Float32Array(256).map((_, byte) => {
  const code = ~byte & 0xff;
  const value = ((((code & 0x0f) << 3) + BIAS) << ((code >> 4) & 7)) - BIAS;
  return (code & 0x80 ? -value : value) / 32768;
});

const decibels = (power) => (power > 1e-10 ? 10 * Math.log10(power) : -99);

class Microphone {
  constructor(emit) {
    this.emit = emit;
    this.ratio = sampleRate / PHONE_HZ;
    this.filter = lowPass(HALF_DOWN);
    this.reach = Math.ceil(HALF_DOWN * this.ratio);
    this.past = new Float32Array(8192);
    this.length = this.reach;
    this.next = this.reach; // where in `past` the next telephone sample lies
    this.frame = new Uint8Array(FRAME);
    this.filled = 0;
  }

  take(input) {
    if (this.length + input.length > this.past.length) this.shift();
    this.past.set(input, this.length);
    this.length += input.length;
    while (this.next + this.reach < this.length) {
      this.frame[this.filled] = toUlaw(this.filtered(this.next));
      this.filled += 1;
      this.next += this.ratio;
      if (this.filled === FRAME) {
        this.emit(this.frame);
        this.frame = new Uint8Array(FRAME);
        this.filled = 0;
      }
    }
  }

  filtered(at) {
    let sum = 0;
    for (let n = Math.ceil(at - this.reach); n <= at + this.reach; n += 1) {
      sum += this.past[n] * weight(this.filter, (n - at) / this.ratio);
    }
    return sum / this.ratio;
  }

  shift() {
    const keep = Math.floor(this.next) - this.reach - 1;
    this.past.copyWithin(0, keep, this.length);
    this.length -= keep;
    this.next -= keep;
  }
}

class Ear {
  constructor() {
    this.filter = lowPass(HALF_UP);
    this.ring = new Float32Array(PHONE_HZ);
    this.written = 0;
    this.read = 0;
    this.playing = false;
    this.speed = 1;
    this.least = Infinity;
    this.looked = 0;
    this.underruns = 0;
  }

  get waitingMs() { return (this.written - this.read) * 1000 / PHONE_HZ; }

  take(ulaw) {
    for (const byte of ulaw) {
      this.ring[this.written % this.ring.length] = FROM_ULAW[byte];
      this.written += 1;
    }
    if (this.waitingMs > JUMP_MS) this.read = this.written - START_MS * PHONE_HZ / 1000;
    if (!this.playing && this.waitingMs >= START_MS) this.playing = true;
  }

  give(output) {
    for (let i = 0; i < output.length; i += 1) {
      if (this.playing && this.read + HALF_UP >= this.written) {
        this.playing = false;
        this.underruns += 1;
      }
      output[i] = this.playing ? this.between(this.read) : 0;
      if (this.playing) this.read += this.speed * PHONE_HZ / sampleRate;
    }
    if (this.playing) this.keepPace(output.length);
  }

  between(at) {
    let sum = 0;
    for (let n = Math.max(0, Math.ceil(at - HALF_UP)); n <= at + HALF_UP; n += 1) {
      sum += this.ring[n % this.ring.length] * weight(this.filter, n - at);
    }
    return sum;
  }

  // Two clocks are never the same: what stands in the ring at its lowest is the delay that nobody needs.
  keepPace(samples) {
    this.least = Math.min(this.least, this.waitingMs);
    this.looked += samples * 1000 / sampleRate;
    if (this.looked < LOOK_MS) return;
    this.speed = this.least > MOST_MS ? 1.01 : this.least < LEAST_MS ? 0.99 : 1;
    this.least = Infinity;
    this.looked = 0;
  }
}

class Telephone extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.talking = processorOptions?.talking ?? false;
    this.microphone = new Microphone((frame) => { if (this.talking) this.port.postMessage(frame.buffer, [frame.buffer]); });
    this.ear = new Ear();
    this.power = { microphone: 0, ear: 0, samples: 0 };
    this.port.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.ear.take(new Uint8Array(data));
      else this.talking = data.talking;
    };
  }

  process(inputs, outputs) {
    const output = outputs[0][0];
    const input = inputs[0][0] ?? new Float32Array(output.length);
    this.microphone.take(input);
    this.ear.give(output);
    for (let i = 0; i < output.length; i += 1) {
      this.power.microphone += input[i] * input[i];
      this.power.ear += output[i] * output[i];
    }
    this.power.samples += output.length;
    if (this.power.samples * 1000 / sampleRate >= TELL_MS) this.tell();
    return true;
  }

  tell() {
    const { microphone, ear, samples } = this.power;
    this.port.postMessage({
      microphone: decibels(microphone / samples),
      ear: decibels(ear / samples),
      waitingMs: this.ear.playing ? this.ear.waitingMs : 0,
      underruns: this.ear.underruns,
    });
    this.power = { microphone: 0, ear: 0, samples: 0 };
  }
}

registerProcessor("telephone", Telephone);
