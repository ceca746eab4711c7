// The server as the grid asks it: rows in blocks, edits one after the other, changes as they come.

const AGAIN = 2000; // ms until a request that got no answer is sent again

async function asked(address, options) {
  const answer = await fetch(address, { credentials: "same-origin", ...options });
  if (answer.status === 401) throw Object.assign(new Error("登录已经过期，请重新用链接进入。"), { final: true });
  if (answer.status >= 500) throw new Error("服务器出错了，稍后再试。");
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(said.error || "服务器拒绝了。"), { final: true });
  }
  return answer;
}

export class Server {
  constructor(sheet) {
    this.sheet = sheet;
    this.queue = []; // edits that the server has not answered
    this.onState = () => {};
    this.offline = false;
    this.busy = false;
    this.last = Date.now();
  }

  open = async () => (await asked(`/grid/open/${this.sheet}`)).json();

  async rows(top, bottom) {
    return (await asked(`/grid/rows/${this.sheet}?top=${top}&bottom=${bottom}`)).json();
  }

  async order() {
    const answer = await asked(`/grid/order/${this.sheet}`);
    const ids = new Uint32Array(await answer.arrayBuffer());
    return { version: Number(answer.headers.get("X-Version")), ids };
  }

  values = async (column) => (await asked(`/grid/values/${this.sheet}/${column}`)).json();

  async find(filters) {
    return (await this.post(`/grid/find/${this.sheet}`, { filters })).json();
  }

  post(address, body) {
    return asked(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  /** Send ops (a function makes them when their turn comes); the reply, once the server gave one. Edits keep their
   * order, also over a lost connection. */
  edit(ops) {
    return new Promise((resolve, reject) => {
      this.queue.push({ id: crypto.randomUUID ? crypto.randomUUID() : String(Math.random()), ops, resolve, reject });
      this.onState();
      this.send();
    });
  }

  /** Whether a change is what an edit of ours led to, whose reply is still to come. */
  asked = (id) => this.queue.some((one) => one.id === id);

  async send() {
    if (this.busy || !this.queue.length) return;
    this.busy = true;
    const { id, resolve, reject } = this.queue[0];
    try {
      if (typeof this.queue[0].ops === "function") this.queue[0].ops = await this.queue[0].ops();
      const { ops } = this.queue[0];
      const answer = await this.post(`/grid/edit/${this.sheet}`, { id, ops });
      const reply = await answer.json();
      this.queue.shift();
      this.offline = false;
      resolve(reply);
      await null; // what waits for this reply takes it in before the next edit is made
    } catch (error) {
      if (error.final) {
        this.queue.shift();
        reject(error);
      } else {
        this.offline = true;
        setTimeout(() => this.send(), AGAIN);
      }
    }
    this.busy = false;
    this.onState();
    if (!this.offline) this.send();
  }
}

/** Changes of the whole workbook. `on.change`, `on.stale` (look anew), `on.state` (connected or not). */
export function watch(on) {
  const source = new EventSource("/grid/events");
  source.addEventListener("ready", (event) => {
    on.state(true);
    on.ready(Number(event.data));
  });
  source.addEventListener("stale", (event) => on.stale(Number(event.data)));
  source.onmessage = (event) => on.change(JSON.parse(event.data));
  source.onerror = () => on.state(false);
  return source;
}
