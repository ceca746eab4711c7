/* A form on a phone: keeps what is typed, takes photos, sends now or when the signal is back. */
(function () {
  "use strict";
  var form = document.getElementById("form"), done = document.getElementById("done");
  var photos = document.getElementById("photos"), button = document.getElementById("send");
  var wish = form.dataset, sheet = null, saving = null, shown = [], touched = {}, ready = null;

  function fresh() {
    return { id: Sheets.name(), tab: wish.tab, person: wish.person, post: wish.post, uploads: wish.uploads, state: "draft",
      cells: {}, photos: [] };
  }
  function each(list, act) { Array.prototype.forEach.call(list, act); }
  function fields() { return form.querySelectorAll("input[name], select[name], textarea[name]"); }
  function hiddenField(input) { var field = input.closest(".field"); return Boolean(field && field.hidden); }

  /* What is filled in, of the questions that are asked now. */
  function answers() {
    var found = {};
    each(fields(), function (input) {
      if (hiddenField(input) || (input.type === "radio" && !input.checked)) { return; }
      if (input.value.trim()) { found[input.name] = input.value.trim(); }
    });
    return found;
  }

  function fill(cells) {
    each(fields(), function (input) {
      if (!(input.name in cells) || touched[input.name]) { return; }  // a quick hand was there before the memory
      if (input.type === "radio") { input.checked = input.value === cells[input.name]; } else { input.value = cells[input.name]; }
    });
  }

  function kinds() {
    var kind = form.querySelector("input[name=kind]:checked");
    each(form.querySelectorAll("[data-only]"), function (field) {
      field.hidden = !kind || field.dataset.only.split(" ").indexOf(kind.value) < 0;
    });
  }

  function save() {
    clearTimeout(saving);
    saving = setTimeout(function () {
      if (sheet && (sheet.state === "draft" || sheet.state === "mend")) { sheet.cells = answers(); Sheets.put(sheet); }
    }, 250);
  }

  /* Sentences in their places; one for a question that is not on this page goes to the top. */
  function fault(faults) {
    var first = null;
    each(form.querySelectorAll(".fault"), function (place) { place.hidden = true; place.textContent = ""; });
    each(form.querySelectorAll("[aria-invalid]"), function (input) { input.removeAttribute("aria-invalid"); });
    Object.keys(faults).forEach(function (key) {
      var place = document.getElementById("e-" + key) || document.getElementById("e-");
      place.textContent += faults[key];
      place.hidden = false;
      first = first || place;
      each(form.querySelectorAll("[name=" + (key || "none") + "]"), function (input) { input.setAttribute("aria-invalid", "true"); });
    });
    if (!first) { return; }
    var field = first.closest(".field"), input = field && field.querySelector("input, select, textarea");
    if (input) { input.focus(); }
    first.scrollIntoView({ block: "center" });
  }

  function missing(cells) {
    var found = {};
    each(form.querySelectorAll(".field"), function (field) {
      var key = field.dataset.key;
      if (!field.hidden && field.querySelector(".must") && !cells[key]) { found[key] = "没有填，请补上。"; }
    });
    return found;
  }

  // Photos
  function thumb(photo) {
    var box = document.createElement("div"), image = document.createElement("img"), away = document.createElement("button");
    var number = sheet.photos.indexOf(photo) + 1;
    box.className = "photo";
    image.src = URL.createObjectURL(photo.blob);
    shown.push(image.src);
    image.alt = "第 " + number + " 张照片";
    away.type = "button";
    away.textContent = "删除";
    away.setAttribute("aria-label", "删除第 " + number + " 张照片");
    away.addEventListener("click", function () { sheet.photos.splice(sheet.photos.indexOf(photo), 1); draw(); save(); });
    box.appendChild(image);
    box.appendChild(away);
    return box;
  }

  function draw() {
    if (!photos) { return; }
    shown.forEach(function (address) { URL.revokeObjectURL(address); });
    shown = [];
    photos.textContent = "";
    sheet.photos.forEach(function (photo) { photos.appendChild(thumb(photo)); });
  }

  function take(input) {
    var room = Number(wish.most) - sheet.photos.length, files = Array.prototype.slice.call(input.files);
    var over = files.length > room;
    input.value = "";
    files.slice(0, room).reduce(function (before, file) {
      return before.then(function () { return shrink(file, Number(wish.side), Number(wish.quality)); }).then(function (photo) {
        sheet.photos.push(photo);
        draw();
        save();
        ahead(photo);
      });
    }, Promise.resolve()).then(function () {
      fault(over ? { photos: "最多 " + wish.most + " 张，多的没有加进来。" } : {});
    }, function (error) { fault({ photos: error.message }); });
  }

  /* On its way while the rest is being filled in; what fails here goes with the form. */
  function ahead(photo) {
    if (navigator.onLine) { Sending.upload(photo, wish.uploads).then(save, function () { return null; }); }
  }

  // Sending
  function row(list, name, value) {
    if (!value) { return; }
    var term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    list.appendChild(term);
    list.appendChild(text);
  }

  function two(number) { return (number < 10 ? "0" : "") + number; }

  function hour(text) {
    var found = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+)/.exec(text || "");
    return found ? Number(found[2]) + "月" + Number(found[3]) + "日 " + found[4] + ":" + found[5] : "";
  }

  function finish(title, said) {
    var list = document.getElementById("done-said");
    document.getElementById("done-title").textContent = title;
    list.textContent = "";
    row(list, "编号", said.number);
    row(list, "截止", hour(said.deadline));
    row(list, "责任单位", said.unit);
    row(list, "街路长", said.chief);
    row(list, "重复", said.repeat);
    form.hidden = true;
    done.hidden = false;
    done.focus();
    window.scrollTo(0, 0);
  }

  function stamp() {
    var now = new Date(), away = -now.getTimezoneOffset(), far = Math.abs(away);
    return now.getFullYear() + "-" + two(now.getMonth() + 1) + "-" + two(now.getDate()) + "T" + two(now.getHours()) + ":" +
      two(now.getMinutes()) + ":" + two(now.getSeconds()) + (away < 0 ? "-" : "+") + two(Math.floor(far / 60)) + ":" + two(far % 60);
  }

  function submit() {
    if (button.disabled) { return; }
    var cells = answers(), text = form.querySelector("[name=text]");
    if (text && wish.tab === "issues" && !cells.text && cells.category) { text.value = cells.text = cells.category; }
    var wrong = missing(cells);
    if (wrong.category) { delete wrong.text; }  // the category will stand for it
    fault(wrong);
    if (Object.keys(wrong).length) { return; }
    clearTimeout(saving);
    button.disabled = true;
    button.textContent = "正在发送…";
    sheet.cells = cells;
    sheet.at = sheet.at || stamp();
    sheet.state = "waiting";
    Sheets.put(sheet).then(function () { return Sending.send(sheet); }).then(told, function () {
      button.disabled = false;
      button.textContent = "发送";
      fault({ "": "手机存不下，没有发出。请清理手机空间后再试。" });
    });
  }

  function told(one) {
    button.disabled = false;
    button.textContent = "发送";
    if (one.state === "in") { Sheets.drop(one.id); finish(one.said.words || "已收到。", one.said); return; }
    if (one.state === "mend") {
      history.replaceState(null, "", location.pathname + "?sheet=" + one.id);  // so that it is here again after a reload
      fault(one.faults);
      return;
    }
    later();
    finish("已存在手机上。" + (one.words || ""), {});
  }

  /* Where the browser can, the worker goes on sending when the page is closed. */
  function later() {
    if (!navigator.serviceWorker || !window.SyncManager) { return; }
    navigator.serviceWorker.ready.then(function (worker) { return worker.sync.register("send"); }).catch(function () { return null; });
  }

  // Place
  function place() {
    var said = document.getElementById("gps-said");
    if (!navigator.geolocation) { said.textContent = "这个浏览器取不到位置，可以写在“位置”里。"; return; }
    said.textContent = "正在取位置…";
    navigator.geolocation.getCurrentPosition(function (found) {
      form.querySelector("[name=longitude]").value = found.coords.longitude.toFixed(4);
      form.querySelector("[name=latitude]").value = found.coords.latitude.toFixed(4);
      said.textContent = "已附上，误差约 " + Math.round(found.coords.accuracy) + " 米。";
      save();
    }, function () { said.textContent = "没有取到位置，可以写在“位置”里。"; }, { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 });
  }

  /* The photo from before, to take the new one from the same side; nothing where it can't be had. */
  function before() {
    var issue = form.querySelector("select[name=issue]"), box = document.getElementById("before"), image, option;
    if (!issue || !box) { return; }
    image = box.querySelector("img");
    option = issue.options[issue.selectedIndex];
    box.hidden = true;
    image.onload = function () { box.hidden = false; };
    if (option && option.dataset.before) { image.src = option.dataset.before; } else { image.removeAttribute("src"); }
  }

  // Opening
  function begin(one) {
    sheet = one || fresh();
    fill(sheet.cells);
    kinds();
    draw();
    if (sheet.state === "mend") { fault(sheet.faults || {}); }
  }

  function asked(name) {
    var found = new RegExp("[?&]" + name + "=([^&]*)").exec(location.search);
    return found ? decodeURIComponent(found[1]) : "";
  }

  function mine(one) {
    if (one.person !== wish.person || one.post !== wish.post) { return false; }
    return asked("sheet") ? one.id === asked("sheet") : one.state === "draft" && (!asked("issue") || one.cells.issue === asked("issue"));
  }

  form.addEventListener("input", function (event) { touched[event.target.name] = true; save(); });
  form.addEventListener("change", function (event) { kinds(); save(); if (event.target.name === "issue") { before(); } });
  form.addEventListener("submit", function (event) { event.preventDefault(); ready.then(submit); });
  each(form.querySelectorAll("input[type=file]"), function (input) { input.addEventListener("change", function () { ready.then(function () { take(input); }); }); });
  if (document.getElementById("gps")) { document.getElementById("gps").addEventListener("click", place); }
  if (navigator.storage && navigator.storage.persist) { navigator.storage.persist().catch(function () { return null; }); }
  if (navigator.serviceWorker && wish.person) { navigator.serviceWorker.register("/sw.js"); }
  ready = Sheets.all().then(function (all) { begin(all.filter(mine)[0]); }, function () { begin(null); });
  ready.then(function () {
    var issue = form.querySelector("select[name=issue]");
    if (issue && asked("issue") && !sheet.cells.issue) { issue.value = asked("issue"); }
    before();
    return Sending.flush();
  });
  window.addEventListener("online", function () { Sending.flush(); });
  setInterval(function () { if (!done.hidden) { Sending.flush(); } }, 30000);
})();
