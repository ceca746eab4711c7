// Choices that fit what is typed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting } from "../../webhook/static/grid/editor.js";

const CHOICES = ["新正街", "正街", "联胜路", "A区正街"];
const INITIALS = ["xzj", "zj", "lsl", "aqzj"];

test("characters fit where they occur, letters by pinyin too, beginnings first", () => {
  assert.deepEqual(fitting(CHOICES, "正", INITIALS), ["正街", "新正街", "A区正街"]);
  assert.deepEqual(fitting(CHOICES, "ZJ", INITIALS), ["正街", "新正街", "A区正街"]);
  assert.deepEqual(fitting(CHOICES, "A", INITIALS), ["A区正街"]);
  assert.deepEqual(fitting(CHOICES, "l", INITIALS), ["联胜路"]);
  assert.deepEqual(fitting(CHOICES, "x正", INITIALS), []);
  assert.deepEqual(fitting(CHOICES, "", INITIALS), CHOICES);
});
