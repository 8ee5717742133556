// Cells divided anew by a task of the service, with its progress and a way to stop it.

import { ask } from '../parts/api.js';
import { say } from '../parts/words.js';
import { reason } from './reasons.js';

const LOOK_MS = 400;

/**
 * @param {string} path of the draft
 * @param {{version: number, cells: number[], target: number}} asked
 * @param {{banner: Function, load: () => Promise<void>}} desk
 */
export async function divideAsTask(path, asked, { banner, load }) {
  try {
    let task = await ask(`${path}/tasks`, { json: asked });
    const stop = () => ask(`${path}/tasks/${task.id}/stop`, { method: 'POST' });
    while (['waiting', 'running'].includes(task.state)) {
      const far = say('正在自动划分 %(percent)s%', { percent: Math.round(100 * task.progress) });
      banner(task.state === 'waiting' ? say('自动划分已排队…') : far, {
        actions: [[say('停止'), stop]],
      });
      await new Promise((go) => setTimeout(go, LOOK_MS));
      task = await ask(`${path}/tasks/${task.id}`);
    }
    banner(task.state === 'failed' ? reason({ message: task.failure }) : '', { bad: true });
    await load();
  } catch (problem) {
    banner(reason(problem), { bad: true });
  }
}
