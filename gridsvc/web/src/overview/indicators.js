// The figures the page shows, what each is called, and which cases are behind it.

import { say } from '../parts/words.js';

/**
 * @typedef {object} Shown
 * @property {string} name
 * @property {string} label
 * @property {string} figure whose cases it leads to: its numerator
 * @property {string | null} stage of that figure; none = events
 * @property {string} [rate] share it shows; none = the count itself
 * @property {boolean} [bad] whether any is too many
 */

/** @type {Shown[]} */
export const SHOWN = [
  { name: 'reported', label: say('上报件数'), figure: 'reported', stage: null },
  { name: 'filed', label: say('立案率'), figure: 'filed_of_reported', stage: null, rate: 'filed' },
  { name: 'closed', label: say('办结件数'), figure: 'closed', stage: null },
  { name: 'on_time_handle', label: say('按期处置率'), figure: 'on_time', stage: 'handle', rate: 'on_time_handle' },
  { name: 'on_time_accept', label: say('按期接单率'), figure: 'on_time', stage: 'accept', rate: 'on_time_accept' },
  { name: 'on_time_case', label: say('按期结案率'), figure: 'on_time', stage: 'case', rate: 'on_time_case' },
  { name: 'late', label: say('处置超时'), figure: 'late', stage: 'handle', bad: true },
  { name: 'pending', label: say('在办'), figure: 'pending', stage: 'case' },
  { name: 'pending_overdue', label: say('在办超时'), figure: 'pending_overdue', stage: 'case', bad: true },
  { name: 'rework', label: say('返工率'), figure: 'rework_of_handled', stage: null, rate: 'rework' },
  { name: 'given_back', label: say('退回率'), figure: 'given_back_of_dispatched', stage: null, rate: 'given_back' },
  { name: 'duplicates', label: say('重复率'), figure: 'duplicates_of_reported', stage: null, rate: 'duplicates' },
];

/** Shares by which areas are compared. */
export const RATES = ['on_time_handle', 'on_time_case', 'on_time_accept', 'filed', 'rework'];

/** Shares of which little is good. */
const LITTLE_IS_GOOD = new Set(['rework', 'given_back', 'duplicates']);
const CLASSES = [
  { most: 0.6, colour: '#b2182b', label: say('60% 以下') },
  { most: 0.8, colour: '#ef8a62', label: say('60%–80%') },
  { most: 0.9, colour: '#fddbc7', label: say('80%–90%') },
  { most: 0.95, colour: '#d1e5f0', label: say('90%–95%') },
  { most: Infinity, colour: '#67a9cf', label: say('95% 及以上') },
];
const OF_LITTLE = [
  { most: 0.02, colour: '#67a9cf', label: say('2% 以下') },
  { most: 0.05, colour: '#d1e5f0', label: say('2%–5%') },
  { most: 0.1, colour: '#fddbc7', label: say('5%–10%') },
  { most: 0.2, colour: '#ef8a62', label: say('10%–20%') },
  { most: Infinity, colour: '#b2182b', label: say('20% 及以上') },
];
export const NOTHING = { colour: '#e3e6e8', label: say('没有应办') };

/** Classes of a share on the map. @param {string} rate */
export function classesOf(rate) {
  return LITTLE_IS_GOOD.has(rate) ? OF_LITTLE : CLASSES;
}

/** Class of an area's share. */
export function classOf(figures, rate) {
  const share = rateOf(figures, rate);
  if (!share?.denominator) return NOTHING;
  return classesOf(rate).find(({ most }) => share.value < most);
}

/** A share with its numerator and denominator; none where a stage has no limits at all. */
export function rateOf(figures, name) {
  return figures.rates.find((one) => one.name === name) ?? { label: '', numerator: 0, denominator: 0, value: null };
}

/** How many a figure counted. */
export function countOf(figures, figure, stage) {
  if (!stage) return figures.events[figure] ?? 0;
  return figures.stages.find((one) => one.stage === stage)?.[figure] ?? 0;
}

/** @param {{value: number | null}} share */
export function percent({ value }) {
  return value === null ? '—' : `${(100 * value).toFixed(1)}%`;
}
