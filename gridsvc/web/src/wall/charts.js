// The wall's two charts; each is made once and given new numbers.

import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

import { say } from '../parts/words.js';

use([BarChart, LineChart, GridComponent, LegendComponent, CanvasRenderer]);

const INK = '#b9cbdc';
const FONT = 14;
const axis = { axisLabel: { color: INK, fontSize: FONT }, axisLine: { lineStyle: { color: '#3b546c' } }, splitLine: { lineStyle: { color: '#20364a' } } };

/** @typedef {{hour: string, reported: number, closed: number}} Hour */
/** @typedef {{code: string, name: string, events: number, overdue: number}} Area */

export class Charts {
  /** @param {HTMLElement} hours @param {HTMLElement} areas */
  constructor(hours, areas) {
    this.hours = init(hours);
    this.areas = init(areas);
    window.addEventListener('resize', () => {
      this.hours.resize();
      this.areas.resize();
    });
  }

  /** @param {Hour[]} hours @param {Area[]} areas */
  show(hours, areas) {
    this.hours.setOption({
      animation: false,
      grid: { left: 44, right: 12, top: 34, bottom: 28 },
      legend: { top: 0, textStyle: { color: INK, fontSize: FONT } },
      xAxis: { type: 'category', data: hours.map(({ hour }) => `${new Date(hour).getHours()}`), ...axis },
      yAxis: { type: 'value', minInterval: 1, ...axis },
      series: [
        { type: 'line', name: say('上报件数'), showSymbol: false, lineStyle: { width: 3 }, itemStyle: { color: '#f0a040' }, data: hours.map((one) => one.reported) },
        { type: 'line', name: say('结案'), showSymbol: false, lineStyle: { width: 3 }, itemStyle: { color: '#4fc38a' }, data: hours.map((one) => one.closed) },
      ],
    });
    const listed = [...areas].reverse();
    this.areas.setOption({
      animation: false,
      grid: { left: 112, right: 44, top: 30, bottom: 8 },
      legend: { top: 0, textStyle: { color: INK, fontSize: FONT } },
      xAxis: { type: 'value', minInterval: 1, ...axis, axisLabel: { show: false } },
      yAxis: { type: 'category', data: listed.map(({ name }) => name), ...axis, axisLabel: { ...axis.axisLabel, width: 100, overflow: 'truncate' } },
      series: [
        { type: 'bar', stack: 'all', name: say('超时'), itemStyle: { color: '#e0506f' }, data: listed.map((one) => one.overdue) },
        { type: 'bar', stack: 'all', name: say('未超时'), itemStyle: { color: '#4d8fd6' }, data: listed.map((one) => one.events - one.overdue) },
      ],
    });
  }
}
