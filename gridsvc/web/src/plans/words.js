// What lists of households and people hold, and what can be wrong with a row, in Chinese.

import { language, say } from '../parts/words.js';

/** @returns {Record<string, string>} name of each field */
export const FIELDS = {
  address_code: say('地址编码'), building_id: say('楼栋编号'), unit: say('单元'),
  floor: say('楼层'), room: say('房号'), residents: say('居住人数'), code: say('人员编号'),
  name: say('姓名'), phone: say('电话'), id_number: say('身份证号'), role: say('角色'),
  division_code: say('区划代码'), on_duty: say('在岗'), capacity: say('同时办理数'),
  powers: say('执法权力'), lon: say('经度'), lat: say('纬度'), datum: say('坐标系'),
};

const FAULTS = {
  missing: () => say('是空的，必须填写'),
  no_building: () => say('本社区没有这栋楼'),
  building_twice: () => say('有两栋楼同用这个编号，请先改一个'),
  address_twice: () => say('这个地址已登记给另一户'),
  code_twice: () => say('同一编号出现两次，请只留一行'),
  code_elsewhere: () => say('这个编号属于别处的人员，请换一个'),
  no_division: () => say('没有这个区划'),
  outside: () => say('不在您的管辖范围'),
  no_power: () => say('权力清单里没有这一项'),
  half_a_place: () => say('经度、纬度、坐标系须三项齐全或都不填'),
  int_parsing: () => say('须是整数'),
  float_parsing: () => say('须是数字'),
  bool_parsing: () => say('须是“是”或“否”'),
  greater_than_equal: () => say('数值太小'),
  less_than_equal: () => say('数值太大'),
  string_too_short: () => say('太短'),
  string_too_long: () => say('太长'),
  string_pattern_mismatch: () => say('写法不对'),
  enum: () => say('不是认得的坐标系'),
};

/** @param {{code: string, reason: string}} fault */
export function why(fault) {
  if (language !== 'zh-CN') return fault.reason;
  return FAULTS[fault.code]?.() ?? fault.reason;
}

const REFUSALS = [
  [/ is not UTF-8 text/, () => say('文件不是 UTF-8 编码，请另存为“CSV UTF-8”或 XLSX。')],
  [/ has a header but no rows/, () => say('文件只有表头，没有数据。')],
  [/ has the column (.+) twice/, (m) => say('有两列同名（%(name)s），请改名。', { name: m[1] })],
  [/ is empty/, () => say('文件是空的，第一行须是列名。')],
  [/ holds (a formula|an error)/, () => say('表格里有公式或错误值，请复制后只粘贴数值。')],
  [/body has more than|has over|takes over/, () => say('文件太大，请分成几份。')],
  [
    /cannot be read|not a readable|damaged archive|unpacks to|reading it broke off/,
    () => say('文件读不出来，请重新另存后再试。'),
  ],
];

/** @param {{message: string}} problem */
export function refusal(problem) {
  if (language === 'zh-CN') {
    for (const [pattern, words] of REFUSALS) {
      const found = pattern.exec(problem.message);
      if (found) return words(found);
    }
  }
  return problem.message;
}
