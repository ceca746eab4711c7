// A clock that stands still until a test moves it, in place of setTimeout. (Node's own differs between its versions.)

const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

export class Clock {
  #now = 0; // ms
  #last = 0;
  /** @type {Map<number, { at: number, act: () => void }>} */
  #timers = new Map();

  /** From here on until `stop`, this clock is the one. */
  start() {
    const set = (/** @type {() => void} */ act, delay = 0) => {
      this.#last += 1;
      this.#timers.set(this.#last, { at: this.#now + delay, act });
      return this.#last;
    };
    // Of what Node's timers can do, the code under test uses no more than setting and clearing one.
    globalThis.setTimeout = /** @type {typeof setTimeout} */ (/** @type {unknown} */ (set));
    globalThis.clearTimeout = (timer) => { this.#timers.delete(Number(timer)); };
  }

  stop() {
    Object.assign(globalThis, real);
  }

  /** On to the next timer. */
  next() {
    let [next] = this.#timers;
    for (const timer of this.#timers) if (next && timer[1].at < next[1].at) next = timer;
    if (!next) return;
    this.#timers.delete(next[0]);
    this.#now = Math.max(this.#now, next[1].at);
    next[1].act();
  }

  /** @param {number} delay ms */
  tick(delay) {
    this.#now += delay;
    for (const [timer, { at, act }] of this.#timers) {
      if (at > this.#now) continue;
      this.#timers.delete(timer);
      act();
    }
  }
}
