// Large pictures are drawn piece by piece, so that the page answers while they are: the picture
// before stays, moved and scaled, until the new one is whole.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  // What a frame may take for drawing; the last piece may go over it.
  const BUDGET_MS = 20;

  const waiting = [];
  let asked = false;

  /** Draw pieces until the frame's time is used up; what is left waits for the next frame. */
  function work() {
    asked = false;
    const begin = performance.now();
    while (waiting.length && performance.now() - begin < BUDGET_MS) {
      const job = waiting[0];
      if (job.pieces.next().done) {
        waiting.shift();
        job.finish();
      }
    }
    ask();
  }

  function ask() {
    if (asked || !waiting.length) return;
    asked = true;
    requestAnimationFrame(work);
  }

  /** Draw a job: `pieces`, a generator that draws one at a time, and `finish` after the last. */
  gridsvc.draw = (job) => {
    waiting.push(job);
    ask();
  };

  gridsvc.withdraw = (job) => {
    const place = waiting.indexOf(job);
    if (place >= 0) waiting.splice(place, 1);
  };

  /** Whether a picture is still being drawn. */
  gridsvc.isDrawing = () => waiting.length > 0;
})();
