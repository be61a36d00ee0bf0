// Languages: how each writes numbers, shares and dates (the browser's `Intl`); the words are in one file a language.

import { en } from './words/en.js';
import { zhCn } from './words/zh_cn.js';

/** People's text within a sentence: whichever way it runs, the words around it keep their own. */
export const isolated = (text) => `\u2068${text}\u2069`;

/** The language that suits a tag best, with its words; English where none does. */
export function langOf(asked) {
  const chinese = /^zh/i.test(asked);
  const tag = chinese ? 'zh-CN' : 'en';
  // Making a formatter costs more than using one.
  const number = new Intl.NumberFormat(tag);
  const percent = new Intl.NumberFormat(tag, { style: 'percent' });
  const time = new Intl.DateTimeFormat(tag, { timeStyle: 'short' });
  const dateTime = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short' });
  const plural = new Intl.PluralRules(tag);
  return {
    tag,
    words: chinese ? zhCn : en,
    number: (count) => number.format(count),
    percent: (share) => percent.format(share),
    time: (unixMs) => time.format(unixMs),
    dateTime: (unixMs) => dateTime.format(unixMs),
    isOne: (count) => plural.select(count) === 'one',
  };
}
