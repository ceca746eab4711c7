/* 我的: clocks that tick, what still waits on the phone, and pages kept for when there is no signal. */
(function () {
  "use strict";
  var box = document.getElementById("waiting"), list = document.getElementById("waiting-list");
  var TABS = { issues: "上报问题", feedback: "整改反馈", duties: "履职记录", requests: "申请" };

  function words(minutes) {
    var days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24, rest = minutes % 60;
    if (days) { return days + " 天" + (hours ? " " + hours + " 小时" : ""); }
    if (hours) { return hours + " 小时" + (rest ? " " + rest + " 分" : ""); }
    return rest + " 分钟";
  }

  function tick() {
    Array.prototype.forEach.call(document.querySelectorAll(".left"), function (place) {
      var away = new Date(place.dataset.deadline).getTime() - Date.now(), late = away < 0;
      place.textContent = (late ? "已超 " : "还剩 ") + words(Math.floor(Math.abs(away) / 60000));
      place.parentNode.classList.toggle("late", late);
    });
  }

  function line(one) {
    var item = document.createElement("li"), text = document.createElement("span"), what = one.cells;
    var parts = [TABS[one.tab], what.street || what.issue, what.category || what.kind || what.outcome].filter(Boolean);
    text.textContent = parts.join(" · ") + "：" + (one.state === "mend" ? "要改正才能收下。" : one.words || "等待发送。");
    item.appendChild(text);
    if (one.state === "mend") {
      var link = document.createElement("a");
      link.className = "button";
      link.href = one.post + "?sheet=" + one.id;
      link.textContent = "去改";
      item.appendChild(link);
    }
    return item;
  }

  function draw() {
    return Sheets.all().then(function (all) {
      var mine = all.filter(function (one) {
        return one.person === box.dataset.person && (one.state === "waiting" || one.state === "mend");
      });
      list.textContent = "";
      mine.forEach(function (one) { list.appendChild(line(one)); });
      box.hidden = !mine.length;
      return all;
    });
  }

  function flush() {
    return Sending.flush().then(function (sent) {
      var went = sent.filter(function (one) { return one.state === "in"; });
      return Promise.all(went.map(function (one) { return Sheets.drop(one.id); })).then(draw);
    });
  }

  document.getElementById("send-now").addEventListener("click", flush);
  window.addEventListener("online", flush);
  setInterval(tick, 30000);
  setInterval(function () { if (!box.hidden) { flush(); } }, 30000);
  tick();
  draw().then(flush);
  if (navigator.serviceWorker) {
    navigator.serviceWorker.addEventListener("message", draw);
    navigator.serviceWorker.register("/sw.js");
    navigator.serviceWorker.ready.then(function (worker) { if (worker.active) { worker.active.postMessage("keep"); } });
  }
})();
