/* A form on a phone: keeps what is typed, takes photos, sends now or when the signal is back. */
(() => {
  "use strict";
  const form = byId("form", HTMLFormElement), done = byId("done", HTMLElement), button = byId("send", HTMLButtonElement);
  const photos = document.getElementById("photos"); // null: this form takes none
  const { tab = "", person = "", post = "", uploads = "", most = "0", side = "", quality = "" } = form.dataset;

  /** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

  /** @type {Submission} what this page fills in */
  let submission = { id: newId(), state: "draft", tab, person, post, uploads, cells: {}, photos: [] };
  let known = false; // whether the store was seen to hold it
  /** @type {Promise<unknown>} each write begins with the id on which the one before settled */
  let writing = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let saving;
  /** @type {string[]} addresses of the small pictures */
  let pictures = [];
  /** @type {Set<string>} fields that were changed before the draft was read */
  const touched = new Set();

  /** @returns {Field[]} */
  function fields() { return Array.from(form.querySelectorAll("input[name], select[name], textarea[name]")).filter(isField); }

  /**
   * @param {unknown} element
   * @returns {element is Field}
   */
  function isField(element) {
    return element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement;
  }

  /**
   * @param {string} name
   * @returns {Field | undefined}
   */
  function fieldOf(name) { return fields().find((field) => field.name === name); }

  /**
   * @param {ParentNode} parent
   * @param {string} selector
   * @returns {HTMLElement[]}
   */
  function all(parent, selector) {
    /** @type {NodeListOf<HTMLElement>} */
    const elements = parent.querySelectorAll(selector);
    return Array.from(elements);
  }

  /** @param {Field} field */
  function isHidden(field) {
    const box = field.closest(".field");
    return box instanceof HTMLElement && box.hidden;
  }

  /** @param {Field} field */
  function isUnchecked(field) { return field instanceof HTMLInputElement && field.type === "radio" && !field.checked; }

  /**
   * What is filled in, of the questions that are asked now.
   * @returns {Record<string, string>} by column key
   */
  function answers() {
    /** @type {Record<string, string>} */
    const cells = {};
    fields().forEach((field) => {
      if (!isHidden(field) && !isUnchecked(field) && field.value.trim()) { cells[field.name] = field.value.trim(); }
    });
    return cells;
  }

  /**
   * Puts a value among the choices of a list: what another page names, or a draft holds, may not be among the first.
   * @param {Field} field
   * @param {string} value
   */
  function offer(field, value) {
    if (!(field instanceof HTMLSelectElement) || Array.from(field.options).some((option) => option.value === value)) { return; }
    field.add(new Option(value, value));
  }

  /** @param {Record<string, string>} cells */
  function fill(cells) {
    fields().forEach((field) => {
      const value = cells[field.name];
      if (value === undefined || touched.has(field.name)) { return; } // a quick hand was there before the draft
      if (field instanceof HTMLInputElement && field.type === "radio") { field.checked = field.value === value; }
      else { offer(field, value); field.value = value; }
    });
  }

  /* Only the questions of the kind that is chosen. */
  function showQuestions() {
    const kind = form.querySelector("input[name=" + (form.dataset.kind || "kind") + "]:checked"), value = kind instanceof HTMLInputElement ? kind.value : "";
    all(form, "[data-only]").forEach((box) => {
      box.hidden = !value || (box.dataset.only || "").split(" ").indexOf(value) < 0;
    });
    all(form, "[data-of]").forEach((words) => { words.hidden = words.dataset.of !== value; });
    all(form, "[data-needed]").forEach((mark) => {
      const box = mark.closest(".field"), field = box && box.querySelector("input, select, textarea");
      mark.hidden = (mark.dataset.needed || "").split(" ").indexOf(value) < 0;
      if (field instanceof HTMLElement && isField(field)) { field.required = !mark.hidden; }
    });
  }

  // The draft

  /**
   * Writes after what is being written; resolves to whether the store took it.
   * @param {() => Promise<Submission>} write
   * @returns {Promise<boolean>}
   */
  function inTurn(write) {
    const stored = writing.then(write).then((record) => {
      submission = record;
      known = true;
      return true;
    }).catch(() => false);
    writing = stored;
    return stored;
  }

  /** @returns {Promise<Submission>} */
  function writeDraft() {
    if (submission.state !== "draft" && submission.state !== "mend") { return Promise.resolve(submission); }
    submission.cells = answers();
    return Submissions.save(submission, known);
  }

  function save() {
    clearTimeout(saving);
    saving = setTimeout(() => {
      void inTurn(writeDraft).then((stored) => { if (!stored) { warn("手机存不下草稿，请填完就发，发出以前不要关这一页。"); } });
    }, 250);
  }

  // What is wrong

  /** @param {string} words for the top of the form */
  function warn(words) {
    const place = byId("e-", HTMLElement);
    place.textContent = words;
    place.hidden = false;
  }

  /**
   * Sentences in their places; what belongs to no question of this page goes to the top.
   * @param {Record<string, string>} faults by column key
   */
  function showFaults(faults) {
    all(form, ".fault").forEach((place) => { place.hidden = true; place.textContent = ""; });
    all(form, "[aria-invalid]").forEach((field) => { field.removeAttribute("aria-invalid"); });
    const places = Object.keys(faults).map((key) => {
      const place = document.getElementById("e-" + key) || byId("e-", HTMLElement);
      place.textContent += faults[key] || "";
      place.hidden = false;
      fields().filter((field) => field.name === key).forEach((field) => { field.setAttribute("aria-invalid", "true"); });
      return place;
    });
    const first = places[0];
    if (!first) { return; }
    const box = first.closest(".field"), field = box && box.querySelector("input, select, textarea");
    if (field instanceof HTMLElement) { field.focus(); }
    first.scrollIntoView({ block: "center" });
  }

  /**
   * @param {Record<string, string>} cells
   * @returns {Record<string, string>} sentences by the key of what must be filled in and is not
   */
  function missing(cells) {
    /** @type {Record<string, string>} */
    const faults = {};
    all(form, ".field").forEach((box) => {
      const key = box.dataset.key || "";
      if (!box.hidden && box.querySelector(".must:not([hidden])") && !cells[key]) { faults[key] = "没有填，请补上。"; }
    });
    return faults;
  }

  // Photos

  /**
   * @param {Photo} photo
   * @param {number} place from 0
   * @returns {HTMLElement}
   */
  function thumbnail(photo, place) {
    const box = document.createElement("div"), image = document.createElement("img"), remove = document.createElement("button");
    box.className = "photo";
    image.src = URL.createObjectURL(photo.blob);
    pictures.push(image.src);
    image.alt = "第 " + (place + 1) + " 张照片";
    remove.type = "button";
    remove.textContent = "删除";
    remove.setAttribute("aria-label", "删除第 " + (place + 1) + " 张照片");
    remove.addEventListener("click", () => { submission.photos.splice(submission.photos.indexOf(photo), 1); draw(); save(); });
    box.appendChild(image);
    box.appendChild(remove);
    return box;
  }

  function draw() {
    if (!photos) { return; }
    pictures.forEach((address) => { URL.revokeObjectURL(address); });
    pictures = [];
    photos.textContent = "";
    submission.photos.forEach((photo, place) => { photos.appendChild(thumbnail(photo, place)); });
  }

  /** @param {Photo} photo */
  function addPhoto(photo) {
    submission.photos.push(photo);
    draw();
    save();
    sendAhead(photo);
  }

  /** @param {HTMLInputElement} input */
  function take(input) {
    const room = Number(most) - submission.photos.length, files = Array.from(input.files || []), tooMany = files.length > room;
    input.value = "";
    files.slice(0, room)
      .reduce((/** @type {Promise<void>} */ before, file) =>
        before.then(() => Photos.shrink(file, Number(side), Number(quality))).then(addPhoto), Promise.resolve())
      .then(
        () => { showFaults(tooMany ? { photos: "最多 " + most + " 张，多的没有加进来。" } : {}); },
        (error) => { showFaults({ photos: error.message }); },
      );
  }

  /**
   * On its way while the rest is being filled in; what fails here goes with the form.
   * @param {Photo} photo
   */
  function sendAhead(photo) {
    if (navigator.onLine) { Sending.upload(photo, uploads).then(save, () => null); }
  }

  // Sending

  /**
   * @param {HTMLElement} list
   * @param {string} name
   * @param {string | undefined} value
   */
  function addTerm(list, name, value) {
    if (!value) { return; }
    const term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    list.appendChild(term);
    list.appendChild(text);
  }

  /**
   * The last value of a list leads somewhere.
   * @param {HTMLElement} list
   * @param {string} address
   */
  function linkLast(list, address) {
    const text = list.lastElementChild, link = document.createElement("a");
    if (!text) { return; }
    link.href = address;
    link.append(...Array.from(text.childNodes));
    text.append(link);
  }

  /**
   * @param {string} title
   * @param {Reply} reply
   */
  function finish(title, reply) {
    const list = byId("done-said", HTMLElement);
    byId("done-title", HTMLElement).textContent = title;
    list.textContent = "";
    addTerm(list, "编号", reply.number);
    if (reply.number && person) { linkLast(list, "/issues/" + encodeURIComponent(reply.number)); }
    addTerm(list, "截止", dayAndHour(reply.deadline));
    addTerm(list, "责任单位", reply.unit);
    addTerm(list, "街路长", reply.chief);
    addTerm(list, "重复", reply.repeat);
    form.hidden = true;
    done.hidden = false;
    done.focus();
    window.scrollTo(0, 0);
  }

  /** @param {boolean} busy */
  function showBusy(busy) {
    button.disabled = busy;
    button.textContent = busy ? "正在发送…" : "发送";
  }

  function submit() {
    if (button.disabled) { return; }
    const cells = answers(), text = fieldOf("text");
    if (text && tab === "issues" && !cells.text && cells.category) { text.value = cells.text = cells.category; }
    const faults = missing(cells);
    if (faults.category) { delete faults.text; } // the category will stand for it
    showFaults(faults);
    if (Object.keys(faults).length) { return; }
    clearTimeout(saving);
    showBusy(true);
    void inTurn(() => {
      Object.assign(submission, { cells, at: submission.at || zonedClock(new Date()) });
      return Submissions.handOver(submission, known);
    }).then((stored) => Sending.send(submission).then((outcome) => { settle(outcome, stored); }));
  }

  /**
   * @param {Outcome} outcome
   * @param {boolean} stored whether the phone had room for the form: else it waits nowhere but on this page
   */
  function settle(outcome, stored) {
    showBusy(false);
    if (outcome.state === "waiting" && !stored) {
      showFaults({ "": "手机存不下，也没有发出：" + outcome.words + "请不要关这一页，过一会儿再点“发送”。" });
      return;
    }
    submission = outcome;
    if (outcome.state === "in") {
      finish((outcome.reply && outcome.reply.words) || "已收到。", outcome.reply || {});
    } else if (outcome.state === "mend") {
      history.replaceState(null, "", location.pathname + "?submission=" + outcome.id); // so that it is here again after a reload
      showFaults(outcome.faults || {});
    } else {
      sendLater();
      finish("已保存在手机上。" + (outcome.words || ""), {});
    }
  }

  /* Where the browser can, the worker goes on sending when the page is closed. */
  function sendLater() {
    if (!navigator.serviceWorker) { return; }
    navigator.serviceWorker.ready.then((registration) => {
      // Background sync is not in the library of types, and not in every browser.
      const { sync } = /** @type {ServiceWorkerRegistration & { sync?: { register: (tag: string) => Promise<void> } }} */ (registration);
      return sync && sync.register("send");
    }).catch(() => null);
  }

  // Place

  function attachPlace() {
    const news = byId("gps-said", HTMLElement);
    if (!navigator.geolocation) { news.textContent = "这个浏览器取不到位置，可以写在“位置”里。"; return; }
    news.textContent = "正在取位置…";
    navigator.geolocation.getCurrentPosition((position) => {
      const longitude = fieldOf("longitude"), latitude = fieldOf("latitude");
      if (longitude) { longitude.value = position.coords.longitude.toFixed(4); }
      if (latitude) { latitude.value = position.coords.latitude.toFixed(4); }
      news.textContent = "已附上，误差约 " + Math.round(position.coords.accuracy) + " 米。";
      save();
    }, () => { news.textContent = "没有取到位置，可以写在“位置”里。"; }, { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 });
  }

  /* The photo from before, to take the new one from the same side; nothing where it can't be had. */
  function showPhotoBefore() {
    const issue = fieldOf("issue"), box = document.getElementById("before");
    if (!(issue instanceof HTMLSelectElement) || !box) { return; }
    const image = inside(box, "img", HTMLImageElement), option = issue.options[issue.selectedIndex];
    const address = option && option.dataset.before;
    box.hidden = true;
    image.onload = () => { box.hidden = false; };
    if (address) { image.src = address; } else { image.removeAttribute("src"); }
  }

  // Opening

  /**
   * @param {string} name of a parameter in this page's address
   * @returns {string}
   */
  function asked(name) { return new URLSearchParams(location.search).get(name) || ""; }

  /**
   * Whether this page goes on with a stored form: the one that its address names while that can be corrected, else a draft.
   * @param {Submission} stored
   */
  function isMine(stored) {
    if (stored.person !== person || stored.post !== post) { return false; }
    if (asked("submission")) { return stored.id === asked("submission") && stored.state === "mend"; }
    const cells = given();
    return stored.state === "draft" && Object.keys(cells).every((name) => stored.cells[name] === cells[name]);
  }

  /**
   * What the address fills in: a parameter named as a question.
   * @returns {Record<string, string>} by column key
   */
  function given() {
    /** @type {Record<string, string>} */
    const cells = {};
    new URLSearchParams(location.search).forEach((value, name) => { if (fieldOf(name) && value) { cells[name] = value; } });
    return cells;
  }

  /** @param {Submission[]} stored */
  function begin(stored) {
    const mine = stored.find(isMine);
    if (mine) { submission = mine; known = true; }
    fill(mine ? submission.cells : given());
    showQuestions();
    draw();
    if (submission.state === "mend") { showFaults(submission.faults || {}); }
    showPhotoBefore();
  }

  form.addEventListener("input", (event) => { if (isField(event.target)) { touched.add(event.target.name); } save(); });
  form.addEventListener("change", (event) => {
    showQuestions();
    save();
    if (isField(event.target) && event.target.name === "issue") { showPhotoBefore(); }
  });
  const gps = document.getElementById("gps");
  if (gps) { gps.addEventListener("click", attachPlace); }
  enable("#gps");
  if (navigator.storage && navigator.storage.persist) { navigator.storage.persist().catch(() => null); }
  // Without a worker (a private window, http) the form still works while there is a signal.
  if (navigator.serviceWorker && person) { navigator.serviceWorker.register("/sw.js").catch(() => null); }
  const ready = Submissions.all().catch(() => []).then(begin);
  writing = ready; // nothing is written before the draft was read
  form.addEventListener("submit", (event) => { event.preventDefault(); void ready.then(submit); });
  button.disabled = false; // before, a tap would have sent the form as a page does, to nowhere
  form.querySelectorAll("input[type=file]").forEach((input) => {
    if (input instanceof HTMLInputElement) { input.addEventListener("change", () => { void ready.then(() => { take(input); }); }); }
  });
  void ready.then(() => Sending.flush());
  window.addEventListener("online", () => { void Sending.flush(); });
  setInterval(() => { if (!done.hidden) { void Sending.flush(); } }, 30000);
})();
