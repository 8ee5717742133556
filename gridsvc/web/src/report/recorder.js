// A voice note: recorded in the page, heard before it is sent.

import { say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';

const LONGEST_S = 60;
const TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'];

/**
 * @param {(note: Blob | null) => void} changed
 * @returns {(note: Blob | null) => void} shows a note kept from before
 */
export function voiceRecorder(changed) {
  const button = byId('record');
  const told = byId('voice-told');
  const type = globalThis.MediaRecorder && TYPES.find((one) => MediaRecorder.isTypeSupported(one));
  if (!type || !navigator.mediaDevices) {
    byId('voice').hidden = true;
    return () => {};
  }
  /** @type {MediaRecorder | null} */
  let recorder = null;

  function show(note) {
    document.getElementById('heard')?.remove();
    button.textContent = note ? say('重新录音') : say('录音说明');
    if (!note) return;
    const player = element('audio', { controls: true, src: URL.createObjectURL(note), 'aria-label': say('录好的说明') });
    const drop = element('button', { type: 'button', class: 'second', text: say('删除录音'), click: () => set(null) });
    byId('voice').append(element('div', { id: 'heard' }, player, drop));
  }

  function set(note) {
    show(note);
    changed(note);
  }

  async function start() {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      told.textContent = say('不能使用麦克风，请在浏览器设置里允许，或改用文字。');
      return;
    }
    const parts = [];
    recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 24_000 });
    const end = setTimeout(() => recorder?.stop(), LONGEST_S * 1000);
    recorder.addEventListener('dataavailable', ({ data }) => data.size && parts.push(data));
    recorder.addEventListener('stop', () => {
      clearTimeout(end);
      for (const track of stream.getTracks()) track.stop();
      recorder = null;
      button.setAttribute('aria-pressed', 'false');
      told.textContent = '';
      set(parts.length ? new Blob(parts, { type }) : null);
    });
    recorder.start();
    button.setAttribute('aria-pressed', 'true');
    button.textContent = say('停止录音');
    told.textContent = say('正在录音，最长 %(n)s 秒。', { n: LONGEST_S });
  }

  button.addEventListener('click', () => (recorder ? recorder.stop() : void start()));
  return show;
}
