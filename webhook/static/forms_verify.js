/* Verifying by two taps or two keys; what was said goes into the row at once, and the next one comes up. */
(function () {
  "use strict";
  var said = document.getElementById("said"), at = 0;

  function list() { return Array.prototype.slice.call(document.querySelectorAll("#waiting > .verify")); }
  function now() { return list()[at]; }

  function go(to) {
    var all = list();
    at = Math.max(0, Math.min(to, all.length - 1));
    all.forEach(function (item, i) { item.classList.toggle("now", i === at); });
    if (all[at]) { all[at].focus(); all[at].scrollIntoView({ block: "nearest" }); }
  }

  function count(id, none, left) {
    document.getElementById(id).textContent = Math.max(0, Number(document.getElementById(id).textContent) - 1);
    document.getElementById(none).hidden = left > 0;
  }

  function tell(words) { said.textContent = words; said.hidden = false; }

  function fault(item, words) {
    var place = item.querySelector(".fault");
    place.textContent = words;
    place.hidden = !words;
  }

  function post(item, address, body, words) {
    if (item.dataset.busy) { return; }
    item.dataset.busy = "1";
    item.classList.add("busy");
    fault(item, "");
    fetch(address, { method: "POST", credentials: "same-origin", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", Accept: "application/json" } })
      .then(function (answer) {
        return answer.json().catch(function () { return {}; }).then(function (found) {
          if (!answer.ok) { throw new Error(found.error || "没有写进去，请再试一次。"); }
        });
      })
      .then(function () { gone(item, words); }, function (error) {
        delete item.dataset.busy;
        item.classList.remove("busy");
        fault(item, error.message === "Failed to fetch" ? "没有信号，没有写进去，请再试一次。" : error.message);
      });
  }

  function gone(item, words) {
    var verifying = item.classList.contains("verify"), mine = list().indexOf(item);
    tell(item.dataset.number + " " + words);
    item.parentNode.removeChild(item);
    if (verifying) {
      count("v-count", "v-none", list().length);
      if (mine < at) { at -= 1; }
      go(at);
    } else {
      count("a-count", "a-none", document.querySelectorAll("#reported > .accept").length);
    }
  }

  function verdict(item, result, note) {
    var legal = item.querySelector(".legal"), basis = legal ? legal.value.trim() : "";
    if (result === "通过" && legal && !basis) {
      fault(item, "执法类问题要先填执法依据：案号，或不立案的理由。");
      legal.focus();
      return;
    }
    post(item, "/verify/" + encodeURIComponent(item.dataset.number),
      { result: result, note: note, basis: basis, stands: item.dataset.stands }, result === "通过" ? "已通过。" : "已返工：" + note + "。");
  }

  function reasons(item, open) {
    item.querySelector(".reasons").hidden = !open;
    item.querySelector(".rework").setAttribute("aria-expanded", String(open));
    if (open) { item.querySelector(".reason").focus(); }
  }

  function own(item) {
    var words = item.querySelector(".words").value.trim();
    if (words) { verdict(item, "返工", words); } else { fault(item, "请写一句哪里没改好。"); }
  }

  document.addEventListener("click", function (event) {
    var target = event.target.closest("button"), item = target && target.closest(".task");
    if (!item) { return; }
    if (item.classList.contains("verify")) { go(list().indexOf(item)); }
    if (target.classList.contains("pass")) { verdict(item, "通过", ""); }
    if (target.classList.contains("rework")) { reasons(item, item.querySelector(".reasons").hidden); }
    if (target.classList.contains("reason")) { verdict(item, "返工", target.dataset.reason); }
    if (target.classList.contains("send-reason")) { own(item); }
    if (target.dataset.result) {
      post(item, "/verify/" + encodeURIComponent(item.dataset.number) + "/accept", { result: target.dataset.result },
        "已" + target.dataset.result + "。");
    }
  });

  document.addEventListener("keydown", function (event) {
    var item = now(), typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName), key = event.key.toLowerCase();
    if (event.ctrlKey || event.altKey || event.metaKey || !item) { return; }
    if (typing) {
      if (key === "enter" && event.target.classList.contains("words")) { event.preventDefault(); own(item); }
      if (key === "enter" && event.target.classList.contains("legal")) { event.preventDefault(); verdict(item, "通过", ""); }
      if (key === "escape") { item.focus(); }
      return;
    }
    var open = !item.querySelector(".reasons").hidden, chosen = item.querySelectorAll(".reason")[Number(key) - 1];
    if (open && chosen) { event.preventDefault(); verdict(item, "返工", chosen.dataset.reason); return; }
    if (key === "escape" && open) { reasons(item, false); item.focus(); return; }
    if (key === "j" || key === "arrowdown") { event.preventDefault(); go(at + 1); }
    if (key === "k" || key === "arrowup") { event.preventDefault(); go(at - 1); }
    if (key === "1" || key === "p") { event.preventDefault(); verdict(item, "通过", ""); }
    if (key === "2" || key === "r") { event.preventDefault(); reasons(item, true); }
  });

  if (list().length) { go(0); }
})();
