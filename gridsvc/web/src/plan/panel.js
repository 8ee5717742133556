// The panel beside the map: figures, cells, problems, comments, history.

import { byId, worded } from '../parts/elements.js';
import { language, say } from '../parts/words.js';

const CHECKS = {
  covers_boundary: say('没有覆盖整个社区'),
  no_overlap: say('格子重叠'),
  one_polygon_each: say('格子不是一整块'),
  no_enclosed_cell: say('一格包住另一格'),
  inside_one_community: say('格子跨出社区'),
  no_building_cut: say('界线切开楼栋'),
  sites_are_cells: say('专属场所没有单独成格'),
  households_conserved: say('户数与楼栋不一致'),
  empty: say('没有住户'),
  deviation: say('户数偏离目标'),
  shape: say('形状过于狭长'),
};
const ACTIONS = {
  split: say('拆分'), divide: say('按户拆分'), merge: say('合并'), move: say('移动界线'),
  redraw: say('重画界线'), hand_over: say('移交'), carve: say('画新格'), dedicate: say('专属'),
  lock: say('锁定'), replace: say('导入文件'), undo: say('撤销'), redo: say('重做'), submitted: say('提交审批'),
  open: say('退回编辑'), approved: say('批准'), published: say('发布生效'), discarded: say('作废'),
};

const moment = (at) => new Date(at).toLocaleString(language, { hour12: false });
const signed = (value) => (value > 0 ? `+${value}` : String(value));

/** Totals over all cells, with their denominators. */
export function drawTotals(cells, target) {
  const ordinary = cells.filter((cell) => cell.kind === 'ordinary' && cell.households > 0);
  const near = ordinary.filter((cell) => Math.abs(cell.deviation_percent) <= 10);
  const told = [
    [say('格子'), cells.length],
    [say('户数'), cells.reduce((sum, cell) => sum + cell.households, 0).toLocaleString()],
    [say('目标'), target],
    [say('±10% 以内'), `${near.length}/${ordinary.length}`],
  ];
  byId('totals').replaceChildren(
    ...told.flatMap(([name, value]) => [worded('dt', name), worded('dd', String(value))]),
  );
}

/** The table of cells, those furthest off first; also the way to choose them by keyboard. */
export function drawCells(cells, chosen, choose) {
  const order = [...cells].sort((a, b) =>
    Number(chosen.has(b.number)) - Number(chosen.has(a.number))
    || Math.abs(b.deviation_percent ?? 0) - Math.abs(a.deviation_percent ?? 0)
    || a.number - b.number);
  byId('cells').replaceChildren(...order.map((cell) => {
    const row = worded('tr', undefined, chosen.has(cell.number) ? 'chosen' : '');
    row.dataset.number = String(cell.number);
    const button = worded('button', `${cell.number}${cell.locked ? ' ■' : ''}`
      + (cell.kind === 'dedicated' ? ` ${say('专属')}` : ''));
    button.type = 'button';
    button.setAttribute('aria-pressed', String(chosen.has(cell.number)));
    button.addEventListener('click', (event) => choose(cell.number, event.shiftKey || event.ctrlKey, true));
    const first = worded('td');
    first.append(button);
    const off = cell.deviation_percent;
    row.append(
      first,
      worded('td', String(cell.households), 'number'),
      worded('td', off === null ? '—' : `${signed(off)}%`,
        off !== null && Math.abs(off) > 10 ? 'number off' : 'number'),
      worded('td', cell.compactness.toFixed(2), 'number'),
      worded('td', cell.workers.join('、') || '—'),
    );
    return row;
  }));
}

export function drawProblems(problems, go) {
  byId('tab-problems').textContent = problems.length
    ? say('问题 %(n)s', { n: problems.length })
    : say('问题');
  const list = problems.map((problem) => {
    const what = CHECKS[problem.check] ?? problem.check;
    const where = problem.cells.length ? say('第 %(cells)s 格', { cells: problem.cells.slice(0, 6).join('、') }) : '';
    const value = problem.value === null || problem.check === 'empty' ? ''
      : problem.check === 'deviation' ? `${signed(problem.value)}%` : String(problem.value);
    const button = worded('button', `${what} ${where} ${value}`, problem.blocks ? 'blocks' : '');
    button.type = 'button';
    if (problem.blocks) button.append(worded('small', say('必改：发布前必须处理')));
    button.addEventListener('click', () => go(problem));
    const item = worded('li');
    item.append(button);
    return item;
  });
  byId('problems').replaceChildren(
    ...(list.length ? list : [worded('li', say('没有问题，可以提交。'))]),
  );
}

export function drawComments(comments) {
  byId('comments').replaceChildren(...comments.map((comment) => {
    const item = worded('li', comment.note);
    const cell = comment.cell === null ? '' : say('第 %(n)s 格', { n: comment.cell });
    item.append(worded('small', `${comment.actor} ${moment(comment.at)} ${cell}`));
    return item;
  }));
}

export function drawHistory(revisions) {
  byId('history').replaceChildren(...revisions.map((one) => {
    const cells = one.cells.length ? say('第 %(cells)s 格', { cells: one.cells.slice(0, 8).join('、') }) : '';
    const item = worded('li', `${one.version}. ${ACTIONS[one.action] ?? one.action} ${cells}`);
    item.append(worded('small', `${one.actor} ${moment(one.at)}`));
    return item;
  }));
}

export function drawComparison(told) {
  const list = worded('ul', undefined, 'list');
  list.append(worded('li', say('换格的户数 %(moved)s / %(all)s（%(percent)s%）', {
    moved: told.households_moved, all: told.households, percent: told.moved_percent.toFixed(1),
  })));
  list.append(worded('li', say('不变 %(same)s 格，取消 %(ended)s 格，新增 %(begun)s 格', {
    same: told.unchanged_cells, ended: told.ended.length, begun: told.new.length,
  })));
  for (const cell of told.cells.slice(0, 60)) {
    list.append(worded('li', say('%(cell)s：%(before)s → %(after)s 户', {
      cell: cell.cell, before: cell.households_before, after: cell.households_after,
    })));
  }
  byId('comparison').replaceChildren(list);
}

/** Tabs with the arrow keys, after the ARIA pattern. */
export function wireTabs(opened) {
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  const open = (tab) => {
    for (const one of tabs) {
      const chosen = one === tab;
      one.setAttribute('aria-selected', String(chosen));
      one.tabIndex = chosen ? 0 : -1;
      byId(one.getAttribute('aria-controls')).hidden = !chosen;
    }
    opened(tab.id.replace('tab-', ''));
  };
  tabs.forEach((tab, k) => {
    tab.addEventListener('click', () => open(tab));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(k + step + tabs.length) % tabs.length];
      next.focus();
      open(next);
    });
  });
}
