// What the browser keeps of a drawing until it is handed in: under a name that does not tell the link, for a day.

const DATABASE = "ai-telephone";
const TABLE = "drawings";
const DAY = 24 * 3600 * 1000;

export class Store {
  #database = null;
  #name;

  constructor(name) {
    this.#name = name;
  }

  /** Opens it and forgets what is older than a day. Says whether this browser keeps anything at all. */
  async open(now = Date.now()) {
    try {
      const asked = indexedDB.open(DATABASE, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore(TABLE);
      this.#database = await answer(asked);
      await this.#forgetOld(now);
      return true;
    } catch {
      this.#database = null;
      return false;
    }
  }

  /** The {done, undone, pending} that was kept last, null where there is nothing. */
  async load() {
    if (!this.#database) return null;
    return (await answer(this.#table("readonly").get(this.#name))) ?? null;
  }

  /** Keeps a drawing. Says whether that worked. */
  async save(drawing) {
    if (!this.#database) return false;
    try {
      await answer(this.#table("readwrite").put({ ...drawing, at: Date.now() }, this.#name));
      return true;
    } catch {
      return false;
    }
  }

  async forget() {
    if (this.#database) await answer(this.#table("readwrite").delete(this.#name));
  }

  #table(mode) {
    return this.#database.transaction(TABLE, mode).objectStore(TABLE);
  }

  async #forgetOld(now) {
    const table = this.#table("readwrite");
    const [names, drawings] = await Promise.all([answer(table.getAllKeys()), answer(table.getAll())]);
    await Promise.all(names.filter((_, at) => drawings[at].at < now - DAY).map((name) => answer(table.delete(name))));
  }
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  });
}
