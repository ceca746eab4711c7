// The draft of the rules: line numbers beside the text, and what is wrong with it while one types.
(function () {
  "use strict";
  var text = document.getElementById("text");
  var gutter = document.querySelector(".gutter");
  var problems = document.getElementById("problems");
  var waiting = 0;
  var asked = 0;
  var touched = false;

  function number(wrong) {
    var lines = text.value.split("\n").length;
    gutter.textContent = "";
    for (var n = 1; n <= lines; n += 1) {
      var line = document.createElement(wrong[n] ? "span" : "i");
      line.textContent = n;
      if (wrong[n]) line.className = "wrong";
      else line.style.fontStyle = "normal";
      gutter.appendChild(line);
      gutter.appendChild(document.createTextNode("\n"));
    }
    gutter.scrollTop = text.scrollTop;
  }

  function goTo(line, column) {
    var before = text.value.split("\n").slice(0, line - 1).join("\n").length;
    var at = before + (line > 1 ? 1 : 0) + column - 1;
    text.focus();
    text.setSelectionRange(at, at);
    var height = parseFloat(getComputedStyle(text).lineHeight);
    text.scrollTop = Math.max(0, (line - 8) * height);
    gutter.scrollTop = text.scrollTop;
  }

  function item(one) {
    var entry = document.createElement("li");
    var link = document.createElement("a");
    link.href = "#text";
    link.textContent = "第 " + one.line + " 行第 " + one.column + " 字";
    link.dataset.line = one.line;
    link.dataset.column = one.column;
    entry.appendChild(link);
    entry.appendChild(document.createTextNode("　" + one.message));
    return entry;
  }

  function show(found) {
    var wrong = {};
    found.forEach(function (one) { wrong[one.line] = true; });
    number(wrong);
    problems.textContent = "";
    if (!found.length) {
      var good = document.createElement("p");
      good.className = "good";
      good.textContent = "没有错。";
      problems.appendChild(good);
      return;
    }
    var list = document.createElement("ul");
    found.slice(0, 20).forEach(function (one) { list.appendChild(item(one)); });
    problems.appendChild(list);
  }

  function check() {
    asked += 1;
    var mine = asked;
    fetch("/rules/check", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text: text.value }),
    })
      .then(function (answer) { return answer.ok ? answer.json() : Promise.reject(new Error(answer.status)); })
      .then(function (said) { if (mine === asked) show(said.problems); })
      .catch(function () { problems.textContent = "暂时检查不了，存草稿时会再检查。"; });
  }

  text.addEventListener("input", function () {
    touched = true;
    clearTimeout(waiting);
    waiting = setTimeout(check, 400);
  });
  text.addEventListener("scroll", function () { gutter.scrollTop = text.scrollTop; });
  problems.addEventListener("click", function (event) {
    var link = event.target.closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    goTo(Number(link.dataset.line), Number(link.dataset.column));
  });
  document.getElementById("draft").addEventListener("submit", function () { touched = false; });
  window.addEventListener("beforeunload", function (event) {
    if (!touched) return;
    event.preventDefault();
    event.returnValue = "";
  });
  check();
})();
