// Charts by ECharts on canvases; their tooltips are drawn there too, since the page's policy allows
// no styles within markup, and since what people wrote is then no markup either.

import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

import { language, say } from '../parts/words.js';
import { classOf, percent, rateOf } from './indicators.js';

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const LINES = [
  { figure: 'reported', name: say('上报件数'), color: '#0d3c7a', symbol: 'circle' },
  { figure: 'dispatched', name: say('派遣件数'), color: '#8c6d1f', symbol: 'rect' },
  { figure: 'handled', name: say('处置件数'), color: '#2a7f62', symbol: 'triangle' },
  { figure: 'closed', name: say('办结件数'), color: '#a3195b', symbol: 'diamond' },
];
const TOOLTIP = { renderMode: 'richText', confine: true };
const short = new Intl.DateTimeFormat(language, { month: 'numeric', day: 'numeric' });
const charts = new Map();

function chartIn(node) {
  if (!charts.has(node)) {
    const chart = init(node);
    new ResizeObserver(() => chart.resize()).observe(node);
    charts.set(node, chart);
  }
  return charts.get(node);
}

/** @param {HTMLElement} node @param {any[]} windows @param {(one: any, figure: string) => void} chosen */
export function drawTrend(node, windows, chosen) {
  const chart = chartIn(node);
  chart.setOption(
    {
      animation: false,
      tooltip: { ...TOOLTIP, trigger: 'axis' },
      legend: { top: 0 },
      grid: { left: 44, right: 16, top: 36, bottom: 28 },
      xAxis: { type: 'category', data: windows.map((one) => short.format(new Date(one.window.since))) },
      yAxis: { type: 'value', minInterval: 1 },
      series: LINES.map(({ figure, name, color, symbol }) => ({
        type: 'line',
        name,
        symbol,
        symbolSize: 8,
        color,
        triggerLineEvent: true,
        data: windows.map((one) => one.events[figure]),
      })),
    },
    true,
  );
  chart.off('click');
  chart.on('click', ({ seriesIndex, dataIndex }) => {
    if (dataIndex !== undefined) chosen(windows[dataIndex], LINES[seriesIndex].figure);
  });
}

/** @param {HTMLElement} node @param {any} told @param {string} rate @param {(child: any) => void} chosen */
export function drawBars(node, told, rate, chosen) {
  node.hidden = !told.children.length;
  if (node.hidden) return;
  const chart = chartIn(node);
  const shares = told.children.map((child) => rateOf(child.figures, rate));
  chart.setOption(
    {
      animation: false,
      tooltip: {
        ...TOOLTIP,
        formatter: ({ dataIndex: n }) => `${told.children[n].name}\n${percent(shares[n])}（${shares[n].numerator}/${shares[n].denominator}）`,
      },
      grid: { left: 52, right: 16, top: 24, bottom: 30 },
      xAxis: { type: 'category', data: told.children.map((child) => child.name), axisLabel: { interval: 0, width: 90, overflow: 'truncate' } },
      yAxis: { type: 'value', min: 0, max: 100, axisLabel: { formatter: '{value}%' } },
      series: [
        {
          type: 'bar',
          barMaxWidth: 48,
          label: { show: true, position: 'top', formatter: ({ dataIndex: n }) => percent(shares[n]) },
          data: told.children.map((child, n) => ({
            value: shares[n].value === null ? null : 100 * shares[n].value,
            itemStyle: { color: classOf(child.figures, rate).colour, borderColor: '#55636d', borderWidth: 1 },
          })),
        },
      ],
    },
    true,
  );
  chart.resize();
  chart.off('click');
  chart.on('click', ({ dataIndex }) => chosen(told.children[dataIndex]));
}
