// The list: thousands of events, of which only those in sight have elements.

import { countdown, local } from './clock.js';
import { STAGES, STATES, group } from './terms.js';

/** @typedef {import('./store.js').Row} Row */

const HEIGHT_PX = 68;
const BEYOND = 4;

export class List {
  /** @param {HTMLElement} box @param {(id: number) => void} onChoose */
  constructor(box, onChoose) {
    this.box = box;
    /** @type {Row[]} */
    this.rows = [];
    this.chosen = 0;
    this.space = document.createElement('div');
    this.space.className = 'space';
    this.space.setAttribute('role', 'presentation');
    box.append(this.space);
    /** @type {HTMLElement[]} elements that are used again and again */
    this.lines = [];
    this.frame = 0;
    box.addEventListener('scroll', () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(box);
    box.addEventListener('click', (event) => {
      const line = /** @type {HTMLElement} */ (event.target).closest('.row');
      if (line instanceof HTMLElement) onChoose(Number(line.dataset.id));
    });
  }

  /** @param {Row[]} rows */
  show(rows) {
    // Whoever reads further down keeps what they read: new ones push in above.
    const first = Math.floor(this.box.scrollTop / HEIGHT_PX);
    const held = this.box.scrollTop > HEIGHT_PX ? this.rows[first] : undefined;
    const beyond = this.box.scrollTop - first * HEIGHT_PX;
    this.rows = rows;
    this.space.style.height = `${rows.length * HEIGHT_PX}px`;
    if (held) {
      const now = rows.findIndex((row) => row.id === held.id);
      if (now >= 0 && now !== first) this.box.scrollTop = now * HEIGHT_PX + beyond;
    }
    this.draw();
  }

  /** @param {number} id */
  choose(id) {
    this.chosen = id;
    const place = this.rows.findIndex((row) => row.id === id);
    const { scrollTop, clientHeight } = this.box;
    const top = place * HEIGHT_PX;
    if (place >= 0 && (top < scrollTop || top + HEIGHT_PX > scrollTop + clientHeight)) {
      this.box.scrollTop = Math.max(0, top - clientHeight / 3);
    }
    this.draw();
  }

  /** @param {number} by @returns {number} id of the event so many places on; 0 = none */
  beside(by) {
    const place = this.rows.findIndex((row) => row.id === this.chosen);
    const next = place < 0 ? 0 : Math.min(this.rows.length - 1, Math.max(0, place + by));
    return this.rows[next]?.id ?? 0;
  }

  draw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.render();
    });
  }

  render() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / HEIGHT_PX) - BEYOND);
    const many = Math.ceil(this.box.clientHeight / HEIGHT_PX) + 2 * BEYOND;
    const seen = this.rows.slice(first, first + many);
    while (this.lines.length < seen.length) {
      const line = newLine();
      this.lines.push(line);
      this.space.append(line);
    }
    for (const line of this.lines.splice(seen.length)) line.remove();
    seen.forEach((row, n) => fill(this.lines[n], row, first + n, this.rows.length, row.id === this.chosen));
    const chosen = seen.some((row) => row.id === this.chosen);
    if (chosen) this.box.setAttribute('aria-activedescendant', `event-${this.chosen}`);
    else this.box.removeAttribute('aria-activedescendant');
  }

  /** Write the time that is left, of those in sight. */
  tick() {
    for (const line of this.lines) writeDue(line, line.dataset.due || null);
  }
}

function newLine() {
  const line = document.createElement('div');
  line.setAttribute('role', 'option');
  for (const name of ['matter', 'state', 'words', 'place', 'due']) {
    const part = document.createElement('span');
    part.className = name;
    line.append(part);
  }
  return line;
}

/** @param {Element} node @param {string} text */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {HTMLElement} line @param {string | null} dueAt */
function writeDue(line, dueAt) {
  const { text, state } = countdown(dueAt);
  const part = line.children[4];
  write(part, text && line.dataset.stage ? `${line.dataset.stage} ${text}` : text);
  part.className = `due ${state}`;
  line.classList.toggle('overdue', state === 'late');
}

/** @param {HTMLElement} line @param {Row} row @param {number} place @param {number} many @param {boolean} chosen */
function fill(line, row, place, many, chosen) {
  line.id = `event-${row.id}`;
  line.dataset.id = String(row.id);
  line.dataset.due = row.due_at ?? '';
  line.dataset.stage = STAGES[row.due_stage ?? ''] ?? '';
  line.className = `row ${group(row.state)}${row.urgent ? ' urgent' : ''}`;
  line.style.transform = `translateY(${place * HEIGHT_PX}px)`;
  line.setAttribute('aria-selected', String(chosen));
  line.setAttribute('aria-posinset', String(place + 1));
  line.setAttribute('aria-setsize', String(many));
  const [matter, state, words, where] = line.children;
  write(matter, row.matter_name);
  write(state, STATES[row.state] ?? row.state);
  state.className = `state state-${row.state}`;
  write(words, row.description);
  write(where, [row.division_name, row.handler_name ?? row.waiting_reason ?? '', local(row.received_at)].filter(Boolean).join(' · '));
  writeDue(line, row.due_at);
}
