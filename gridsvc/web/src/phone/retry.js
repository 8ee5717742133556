// Tries again what a poor network lost: soon at first, then ever more seldom.

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/** Only what waiting itself tried makes the waits longer, not what somebody does in between. */
export class Retry {
  /** @param {() => void} work */
  constructor(work) {
    this.work = work;
    this.wait = FIRST_WAIT_MS;
    this.timer = 0;
  }

  /** It failed: try again after a while. */
  later() {
    this.stop();
    this.timer = setTimeout(() => {
      this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MS);
      this.work();
    }, this.wait);
  }

  /** It is being tried now. */
  stop() {
    clearTimeout(this.timer);
  }

  /** It went well, or the network is there again: the next wait is short. */
  reset() {
    this.wait = FIRST_WAIT_MS;
  }
}
