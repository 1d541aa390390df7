// From "Hand in" to the end: asked once more, sent, and what is told afterwards.
import { send } from "./sending.js";

const OVER =
  "The time for this drawing is over, so it was not handed in. You can save it; the game goes on in Discord.";
const TITLES = { taken: "Handed in", ended: "Not taken" };

export class Ending {
  #find;
  #easel;
  #sending = null;
  #over = false;
  ended = false;

  /** `easel` gives png(), isBlank(), says(words), pending(is) and forget(). */
  constructor(find, easel) {
    [this.#find, this.#easel] = [find, easel];
    find("go-on").addEventListener("click", () => find("confirm").close());
    find("sure").addEventListener("click", () => this.send());
    find("call-back").addEventListener("click", () => this.#callBack());
    find("waiting").addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#callBack();
    });
    find("end").addEventListener("cancel", (event) => event.preventDefault());
  }

  /** Shows the drawing and asks whether it is meant. */
  async ask() {
    if (this.#easel.isBlank()) {
      this.#easel.says("The paper is still empty; draw something first.");
      return;
    }
    show(this.#find("preview"), await this.#easel.png());
    this.#find("confirm").showModal();
    this.#find("sure").focus();
  }

  /** Hands it in, until it is taken, declined or called back. */
  async send() {
    const png = await this.#easel.png();
    this.#easel.pending(true);
    this.#find("confirm").close();
    this.#find("waiting-text").textContent = "Your drawing is on its way.";
    this.#find("waiting").showModal();
    this.#sending = new AbortController();
    const says = (words) => (this.#find("waiting-text").textContent = words);
    const { meaning, sentence } = await send(png, location.pathname, { says, signal: this.#sending.signal });
    this.#sending = null;
    this.#find("waiting").close();
    if (meaning === "taken") this.#easel.forget();
    else this.#easel.pending(false);
    if (TITLES[meaning]) await this.#tell(TITLES[meaning], sentence);
    else if (this.#over) await this.timeIsOver();
    else this.#easel.says(sentence || "Not handed in; draw on.");
  }

  /** The claim has ended: the drawing is given back to whoever drew it. */
  async timeIsOver() {
    this.#over = true;
    if (this.#sending || this.ended) return;
    this.#find("confirm").close();
    await this.#tell("Time is over", OVER);
  }

  #callBack() {
    this.#sending?.abort();
  }

  async #tell(title, sentence) {
    this.ended = true;
    const find = this.#find;
    find("end-title").textContent = title;
    find("end-text").textContent = sentence;
    find("save").href = show(find("kept"), await this.#easel.png());
    find("end").showModal();
  }
}

/** Shows a PNG in an image and returns its address. */
function show(image, png) {
  if (image.src) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(png);
  return image.src;
}
