// Chinese first, English at a click: the page's own words, never the data's.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  let english = false;
  let dictionary = {};
  const kept = new WeakMap();

  /** The page's words now; without the English given, the dictionary is asked. */
  gridsvc.say = (chinese, other) => (english ? other ?? dictionary[chinese] ?? chinese : chinese);

  const named = [];

  /** Name a control for eyes and ears alike, in the language chosen now and later. */
  gridsvc.named = (node, chinese, other, attribute = 'title') => {
    named.push({ node, chinese, other, attribute });
    rename(named.at(-1));
  };

  function rename({ node, chinese, other, attribute }) {
    node.setAttribute(attribute, gridsvc.say(chinese, other));
    node.setAttribute('aria-label', gridsvc.say(chinese, other));
  }

  function translate(root) {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      if (!kept.has(node)) kept.set(node, node.data);
      const chinese = kept.get(node);
      const word = chinese.trim();
      node.data = word ? chinese.replace(word, () => gridsvc.say(word)) : chinese;
    }
  }

  /** A button that turns `roots`, and what the map says from then on, into the other language. */
  gridsvc.languages = (map, position, words, roots) => {
    dictionary = words;
    const control = L.control({ position });
    control.onAdd = () => {
      const bar = L.DomUtil.create('div', 'leaflet-bar');
      const button = L.DomUtil.create('button', 'gridsvc-button', bar);
      button.type = 'button';
      const paint = () => {
        button.textContent = english ? '中' : 'EN';
        button.lang = english ? 'zh-CN' : 'en';
        button.setAttribute('aria-label', english ? '中文' : 'English');
      };
      L.DomEvent.disableClickPropagation(bar);
      button.addEventListener('click', () => {
        english = !english;
        document.documentElement.lang = english ? 'en' : 'zh-CN';
        map.closePopup();
        roots.forEach(translate);
        named.forEach(rename);
        paint();
      });
      paint();
      return bar;
    };
    control.addTo(map);
  };
})();
