// Makes three things nicer. Every page is whole without it.
"use strict";

// A password can be looked at.
for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
  field.form.addEventListener("submit", () => { field.type = "password"; });
}

// A message can be sent again after a while: the button says when.
for (const form of document.querySelectorAll("[data-resend]")) {
  const button = form.querySelector("button");
  const status = form.querySelector(".status");
  const until = Date.now() + 1000 * Number(form.dataset.resend);
  status.removeAttribute("role");           // nobody wants to hear each second
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    status.textContent = left > 0 ? form.dataset.resendText.replace("%", left) : "";
    if (left > 0) setTimeout(tick, 1000);
  };
  tick();
}

// The work for a request: a number for which SHA-256 of "challenge:name:number" begins with so many zero bits.
for (const form of document.querySelectorAll("[data-proof]")) {
  let working = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (working) return;
    working = true;
    const status = form.querySelector(".status");
    status.textContent = status.dataset.working;
    const found = search(`${form.dataset.proof}:${form.elements.name.value}:`, Number(form.dataset.bits));
    const slice = () => {
      const answer = found(8192);
      if (answer < 0) return setTimeout(slice);
      form.elements.answer.value = String(answer);
      form.submit();
    };
    setTimeout(slice);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

// Looks at the next `count` numbers: the one found, or -1.
function search(prefix, bits) {
  const octets = new TextEncoder().encode(prefix);
  const whole = octets.length - octets.length % 64;
  const { initial, compress } = sha256();
  const start = Int32Array.from(initial);
  for (let at = 0; at < whole; at += 64) compress(start, octets, at);
  const rest = octets.subarray(whole);
  const block = new Uint8Array(128);
  const view = new DataView(block.buffer);
  const state = new Int32Array(8);
  let number = 0;
  return (count) => {
    for (const end = number + count; number < end; number++) {
      const digits = String(number);
      let length = rest.length;
      block.fill(0);
      block.set(rest);
      for (let i = 0; i < digits.length; i++) block[length++] = digits.charCodeAt(i);
      block[length] = 0x80;
      const size = length + 9 <= 64 ? 64 : 128;
      view.setUint32(size - 4, 8 * (whole + length));
      state.set(start);
      for (let at = 0; at < size; at += 64) compress(state, block, at);
      if (Math.clz32(state[0]) >= bits) return number;
    }
    return -1;
  };
}

// FIPS 180-4, one block at a time.
function sha256() {
  const w = new Int32Array(64), k = new Int32Array(64), initial = new Int32Array(8);
  // The first bits of the fractions of the square and cube roots of primes: they need not be written down.
  const fraction = (x) => (x - Math.floor(x)) * 4294967296 | 0;
  for (let candidate = 2, count = 0; count < 64; candidate++) {
    let prime = true;
    for (let factor = 2; factor * factor <= candidate; factor++) prime &&= candidate % factor !== 0;
    if (!prime) continue;
    if (count < 8) initial[count] = fraction(Math.sqrt(candidate));
    k[count++] = fraction(Math.cbrt(candidate));
  }
  const turn = (x, by) => x >>> by | x << 32 - by;
  const compress = (state, octets, at) => {
    for (let i = 0; i < 16; i++, at += 4) {
      w[i] = octets[at] << 24 | octets[at + 1] << 16 | octets[at + 2] << 8 | octets[at + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      w[i] = w[i - 16] + w[i - 7] + (turn(x, 7) ^ turn(x, 18) ^ x >>> 3) + (turn(y, 17) ^ turn(y, 19) ^ y >>> 10);
    }
    let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i++) {
      const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & f ^ ~e & g) + k[i] + w[i] | 0;
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
      h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  };
  return { initial, compress };
}
