// Whether the desk hears the service: live, away, or signed out. Nothing on the page is lost by it.

import { say } from '../parts/words.js';

/** @typedef {import('./stream.js').LinkState} LinkState */

export class Banner {
  /** @param {HTMLElement} banner @param {HTMLElement | null} small */
  constructor(banner, small) {
    this.banner = banner;
    this.small = small;
    /** @type {LinkState} */
    this.state = 'connecting';
  }

  /** @param {LinkState} state */
  show(state) {
    if (this.state === state) return;
    this.state = state;
    const told = { connecting: say('连接中…'), live: say('实时'), away: say('连接已断开'), expired: say('未登录') }[state];
    if (this.small) {
      this.small.textContent = told;
      this.small.dataset.state = state;
    }
    this.banner.hidden = state === 'live' || state === 'connecting';
    if (state === 'away') {
      this.banner.textContent = say('服务暂时联系不上，正在重连；恢复后补上期间发生的一切，您填写的内容不会丢失。');
    } else if (state === 'expired') {
      const link = document.createElement('a');
      link.href = `/sign-in?next=${encodeURIComponent('/dispatch')}`;
      link.target = '_blank';
      link.textContent = say('在新窗口登录');
      this.banner.replaceChildren(say('登录已过期或权限已变。本页内容都还在：'), link, say('，登录后本页自动恢复。'));
    }
  }
}

/** Take the mark of the session that was opened elsewhere meanwhile. */
export async function renewMark() {
  const answer = await fetch(location.pathname, { headers: { Accept: 'text/html' }, cache: 'no-store' });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const mark = page.querySelector('meta[name="csrf"]')?.getAttribute('content');
  if (mark) document.querySelector('meta[name="csrf"]')?.setAttribute('content', mark);
}
