// Why the service refused, in the reader's words: it tells its reasons in English.

import { language, say } from '../parts/words.js';

/** Beginning of a reason, and what it means. */
const REASONS = [
  ['the line crosses itself', () => say('画的线自己相交了，请重画。')],
  ['the drawn area crosses itself', () => say('画的范围自己相交了，请重画。')],
  ['the line misses', () => say('画的线没有经过这一格，请横穿它画。')],
  ['the line ends inside', () => say('线的一端停在格子里面，请从边界画到边界。')],
  ['the line crosses the cell more than once', () => say('线多次穿过这一格，请只穿一次。')],
  ['the line does not cut', () => say('线没有把格子分成两块，请从边界画到边界。')],
  ['the line has no length', () => say('线太短，请从边界画到边界。')],
  ['the cells do not touch', () => say('这些格子没有共同的边界，请选相邻的格子。')],
  ['choose two', () => say('请选两个或更多相邻的格子。')],
  ['the border would cut', () => say('界线会切开楼栋，请绕开它。')],
  ['a border would cross itself', () => say('界线会自己相交，没有改动。')],
  ['a cell would fall', () => say('格子会断成几块，没有改动。')],
  ['the cell would fall apart', () => say('移交后格子会断成几块，没有改动。')],
  ['a cell would have no land', () => say('格子会没有土地，没有改动。')],
  ['a cell would leave', () => say('界线会超出社区范围；社区边界不能移动。')],
  ['two cells would', () => say('格子之间会重叠，没有改动。')],
  ['what is handed over', () => say('移交的部分与目标格不相邻，请选相邻的格子。')],
  ['nothing would be left', () => say('这样整格都交出去了，请改用合并。')],
  ['it lies in cell', () => say('它已经在这一格里，请选相邻的另一格。')],
  ['no building stands', () => say('这里没有楼栋，请点在楼栋上。')],
  ['no border passes', () => say('这里没有界线，请重新载入草案。')],
  ['the drawn area', () => say('画的范围太小或不在社区内。')],
  ['the area falls apart', () => say('画的范围在社区边界处断开了，请画其中一块。')],
];
const PATTERNS = [
  [/^cell ([\d, ]+) is locked/, (m) => say('第 %(cells)s 格已锁定，请先解锁。', { cells: m[1] })],
  [/ would belong to no cell/, () => say('会有土地不属于任何格子，没有改动。')],
  [
    /^(\d+) cells cannot be made.*; (\d+) can/,
    (m) => say('不能分成 %(n)s 格，只能分成 %(k)s 格。', { n: m[1], k: m[2] }),
  ],
  [/ declares no CRS/, () => say('文件没有写明坐标系，请在“文件的坐标系”中选定。')],
  [/ is for degrees/, () => say('这种坐标系只用于经纬度；文件里是米，请改选。')],
  [/no metric zone/, () => say('这里不在 CGCS2000 的三度带内，请选经纬度。')],
  [/ impossible coordinates/, () => say('文件的坐标与坐标系不符，请改选坐标系。')],
  [/ invalid polygons/, () => say('文件里有不合规的面（如自相交），请先修复。')],
  [/ polygon features only/, () => say('文件里有不是面的要素，请只留格子的面。')],
  [/no closed polyline/, () => say('图中没有闭合的多段线；请把格子画成闭合多段线。')],
  [/^(number|kind|locked) is no/, (m) => say('字段 %(name)s 有不认得的值，请改正或留空。', { name: m[1] })],
  [/ has several layers/, () => say('文件里有好几个图层，请只留格子一层。')],
  [
    /cannot be read|can be read|not a vector file|is empty|damaged archive|reading it broke off/,
    () => say('文件读不出来，请重新导出后再试。'),
  ],
  [
    / changed the draft meanwhile/,
    () => say('别人刚改过这份草案，没有覆盖任何内容；请载入最新后再导入。'),
  ],
  [/^there is nothing to (undo|redo)/, () => say('没有可以撤销或重做的操作。')],
  [/^a second person/, () => say('须由第二人审批；提交人不能自己批准。')],
  [/^another plan came into force/, () => say('现行方案已变；请以此草案新建草案并与现行方案比较。')],
  [/^the draft cannot be published/, () => say('检查未通过，不能提交；请处理问题列表中的必改项。')],
  [/^it takes effect between/, () => say('生效日期须在今天之后一年以内。')],
];

/**
 * @param {{message: string}} problem
 * @returns {string} the reason in the page's language
 */
export function reason(problem) {
  const told = problem.message;
  if (language !== 'zh-CN') return told;
  for (const [beginning, words] of REASONS) if (told.startsWith(beginning)) return words();
  for (const [pattern, words] of PATTERNS) {
    const found = pattern.exec(told);
    if (found) return words(found);
  }
  return told;
}
