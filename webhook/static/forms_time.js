/* Moments and durations as the forms write them. */
"use strict";

/**
 * @param {number} number
 * @returns {string} "07" for 7
 */
function twoDigits(number) { return (number < 10 ? "0" : "") + number; }

/**
 * What the phone's clock shows at a moment: "2026-11-24T09:30:00".
 * @param {Date} moment
 * @returns {string}
 */
function wallClock(moment) {
  return moment.getFullYear() + "-" + twoDigits(moment.getMonth() + 1) + "-" + twoDigits(moment.getDate()) +
    "T" + twoDigits(moment.getHours()) + ":" + twoDigits(moment.getMinutes()) + ":" + twoDigits(moment.getSeconds());
}

/**
 * The same with the phone's distance from UTC: "2026-11-24T09:30:00+08:00".
 * @param {Date} moment
 * @returns {string}
 */
function zonedClock(moment) {
  const east = -moment.getTimezoneOffset(), distance = Math.abs(east); // minutes
  return wallClock(moment) + (east < 0 ? "-" : "+") + twoDigits(Math.floor(distance / 60)) + ":" + twoDigits(distance % 60);
}

/**
 * "11月24日 09:30" for "2026-11-24T09:30:00+08:00", by the clock of the bureau that wrote it; "" for anything else.
 * @param {string | undefined} text
 * @returns {string}
 */
function dayAndHour(text) {
  const parts = /^\d+-(\d+)-(\d+)T(\d+):(\d+)/.exec(text || "");
  return parts ? Number(parts[1]) + "月" + Number(parts[2]) + "日 " + parts[3] + ":" + parts[4] : "";
}

/**
 * Whole minutes in words: "2 天 1 小时", "3 小时 20 分", "59 分钟".
 * @param {number} minutes
 * @returns {string}
 */
function duration(minutes) {
  const days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24, rest = minutes % 60;
  if (days) { return days + " 天" + (hours ? " " + hours + " 小时" : ""); }
  if (hours) { return hours + " 小时" + (rest ? " " + rest + " 分" : ""); }
  return rest + " 分钟";
}

/**
 * How long is left until a deadline, in the words of the server's page; how late something is says the server alone.
 * @param {Date} deadline
 * @param {Date} now
 * @returns {{ late: boolean, words: string }}
 */
function timeLeft(deadline, now) {
  const away = deadline.getTime() - now.getTime(), late = away < 0;
  return { late, words: late ? "已超期" : "还剩 " + duration(Math.floor(away / 60000)) };
}
