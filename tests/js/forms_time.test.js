// Moments and durations, and how a photo lies.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { run } from "./phone.js";

/** @type {{ wallClock: typeof wallClock, zonedClock: typeof zonedClock, dayAndHour: typeof dayAndHour, timeLeft: typeof timeLeft }} */
const times = run(["forms_time.js"], ["wallClock", "zonedClock", "dayAndHour", "timeLeft"]);

/**
 * A moment as a phone in another zone has it: Node reads the process's zone anew when it is set.
 * @param {string} zone
 * @param {() => void} act
 */
function inZone(zone, act) {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    act();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

for (const [zone, text] of /** @type {const} */ ([
  ["Asia/Shanghai", "2026-01-02T03:04:05+08:00"],
  ["UTC", "2026-01-01T19:04:05+00:00"],
  ["America/St_Johns", "2026-01-01T15:34:05-03:30"],
  ["Asia/Kathmandu", "2026-01-02T00:49:05+05:45"],
])) {
  test(`a phone in ${zone} writes ${text}`, () => inZone(zone, () => {
    const moment = new Date(Date.UTC(2026, 0, 1, 19, 4, 5));
    assert.equal(times.zonedClock(moment), text);
    assert.equal(times.wallClock(moment), text.slice(0, 19));
    assert.equal(new Date(text).getTime(), moment.getTime());
  }));
}

test("a deadline is shown by the bureau's clock, not by the phone's", () => inZone("America/New_York", () => {
  assert.equal(times.dayAndHour("2026-11-04T09:30:00+08:00"), "11月4日 09:30");
}));

for (const text of [undefined, "", "明天", "2026-11-24"]) {
  test(`${text} is no deadline`, () => assert.equal(times.dayAndHour(text), ""));
}

describe("how long is left", () => {
  // The same table holds the server's words: test_how_long_is_left.
  for (const [minutes, words] of /** @type {const} */ ([
    [0, "还剩 0 分钟"], [59, "还剩 59 分钟"], [60, "还剩 1 小时"], [200, "还剩 3 小时 20 分"], [1440, "还剩 1 天"],
    [1500, "还剩 1 天 1 小时"], [-5, "已超期"], [-2945, "已超期"],
  ])) {
    test(words, () => {
      const now = new Date(2026, 10, 24, 9, 0);
      assert.deepEqual(times.timeLeft(new Date(now.getTime() + minutes * 60000), now), { late: minutes < 0, words });
    });
  }
});

describe("a photo's orientation", () => {
  /** @type {typeof Photos} */
  const photos = run(["forms_photo.js"], ["Photos"]).Photos;

  /**
   * The beginning of a JPEG with an EXIF part of one entry.
   * @param {number} orientation
   * @param {boolean} little
   * @returns {ArrayBuffer}
   */
  function jpeg(orientation, little) {
    const view = new DataView(new ArrayBuffer(64));
    view.setUint16(0, 0xffd8);
    view.setUint16(2, 0xffe0); // a part before it
    view.setUint16(4, 4);
    view.setUint16(8, 0xffe1);
    view.setUint16(10, 40);
    view.setUint32(12, 0x45786966);
    view.setUint16(18, little ? 0x4949 : 0x4d4d);
    view.setUint16(20, 42, little);
    view.setUint32(22, 8, little);
    view.setUint16(26, 1, little);
    view.setUint16(28, 0x0112, little);
    view.setUint16(30, 3, little);
    view.setUint32(32, 1, little);
    view.setUint16(36, orientation, little);
    return view.buffer;
  }

  for (const little of [true, false]) {
    for (const orientation of [1, 3, 6, 8]) {
      test(`${orientation}, ${little ? "little" : "big"} end first`, () =>
        assert.equal(photos.orientation(jpeg(orientation, little)), orientation));
    }
  }

  test("is upright where the file says nothing, is cut off, or is no JPEG", () => {
    const whole = jpeg(6, false);
    for (const size of [0, 3, 8, 20, 27, 30]) assert.equal(photos.orientation(whole.slice(0, size)), 1, `${size} bytes`);
    assert.equal(photos.orientation(new TextEncoder().encode("\x89PNG, long enough to be looked at").buffer), 1);
  });
});
