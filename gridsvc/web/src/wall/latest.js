// What happened last: a dozen lines that are used again and again.

import { STATES, group } from '../dispatch/terms.js';

/** @typedef {import('../dispatch/store.js').Row} Row */

const MOST = 12;
const clock = new Intl.DateTimeFormat('zh-CN', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

export class Latest {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    /** @type {{id: number, at: string, state: string}[]} newest first */
    this.moves = [];
  }

  /** What was reported last, until something happens. @param {Row[]} rows newest first */
  begin(rows) {
    if (this.moves.length) return;
    this.moves = rows.slice(0, MOST).map(({ id, received_at: at, state }) => ({ id, at, state }));
  }

  /** @param {{event_id: number, at: string, to_state: string}} change */
  add({ event_id: id, at, to_state: state }) {
    this.moves = [{ id, at, state }, ...this.moves.filter((one) => one.id !== id)].slice(0, MOST);
  }

  /** @param {Map<number, Row>} rows */
  show(rows) {
    while (this.list.children.length < this.moves.length) {
      const line = document.createElement('li');
      line.append(...['time', 'state', 'what'].map((name) => {
        const part = document.createElement('span');
        part.className = name;
        return part;
      }));
      this.list.append(line);
    }
    this.moves.forEach(({ id, at, state }, n) => {
      const [time, now, what] = this.list.children[n].children;
      const row = rows.get(id);
      this.list.children[n].className = group(state);
      write(time, clock.format(new Date(at)));
      write(now, STATES[state] ?? state);
      write(what, row ? `${row.matter_name} · ${row.division_name}` : `#${id}`);
    });
  }
}

/** @param {Element} node @param {string} text */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
