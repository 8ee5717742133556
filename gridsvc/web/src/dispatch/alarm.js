// New urgent events are heard, and counted in the title until somebody looks.

/** Milliseconds between two sounds, however much arrives. */
const APART_MS = 4000;

export class Alarm {
  /** @param {HTMLButtonElement | null} button that turns the sound on and off */
  constructor(button) {
    this.button = button;
    this.title = document.title;
    this.unseen = 0;
    this.soundedAt = 0;
    this.sounded = 0;
    this.on = localStorage.getItem('dispatch-sound') !== 'off';
    /** @type {AudioContext | null} */
    this.audio = null;
    button?.addEventListener('click', () => this.toggle());
    // Browsers let a page be heard only once somebody has touched it.
    for (const kind of ['pointerdown', 'keydown']) {
      document.addEventListener(kind, () => {
        this.seen();
        this.wake();
      }, { passive: true });
    }
    this.draw();
  }

  wake() {
    if (!this.on) return;
    this.audio ??= new AudioContext();
    if (this.audio.state === 'suspended') this.audio.resume().catch(() => undefined);
  }

  toggle() {
    this.on = !this.on;
    localStorage.setItem('dispatch-sound', this.on ? 'on' : 'off');
    this.wake();
    this.draw();
  }

  /** @param {number} many new urgent events */
  ring(many) {
    this.unseen += many;
    this.draw();
    const now = performance.now();
    if (!this.on || !this.audio || (this.sounded && now - this.soundedAt < APART_MS)) return;
    this.soundedAt = now;
    this.sounded += 1;
    this.tone(880, 0);
    this.tone(660, 0.22);
  }

  /** @param {number} hertz @param {number} inS seconds from now */
  tone(hertz, inS) {
    const audio = /** @type {AudioContext} */ (this.audio);
    const [source, volume] = [audio.createOscillator(), audio.createGain()];
    const at = audio.currentTime + inS;
    source.frequency.value = hertz;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
    source.connect(volume).connect(audio.destination);
    source.start(at);
    source.stop(at + 0.21);
  }

  seen() {
    if (!this.unseen) return;
    this.unseen = 0;
    this.draw();
  }

  draw() {
    document.title = this.unseen ? `(${this.unseen}) ${this.title}` : this.title;
    this.button?.setAttribute('aria-pressed', String(this.on));
  }
}
