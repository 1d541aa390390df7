// Handing a drawing in: sent until it is taken or declined, however often the network goes away in between.

export const OFFLINE =
  "You are offline. Your drawing is kept in this browser and is handed in by itself as soon as you are back online; " +
  "leave this page open.";
export const BUSY = "This is taking longer than usual; your drawing is kept and is sent again by itself.";
const ENDS = new Set([403, 404]); // the claim is over
const AGAIN = new Set([400, 413, 415, 422]); // another drawing may be taken
const FIRST_WAIT = 2; // seconds, doubled after each attempt
const LONGEST_WAIT = 30;

/** What an answer's status means: "taken", "ended", "declined" or "later". */
export function meaning(status) {
  if (status >= 200 && status < 300) return "taken";
  if (ENDS.has(status)) return "ended";
  return AGAIN.has(status) ? "declined" : "later";
}

/** Seconds until the next attempt: `attempts` were made, `told` is what the server asked for. */
export function patience(attempts, told = 0) {
  return Math.max(told || 0, Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1)));
}

/**
 * Sends a PNG until there is an answer: {meaning, sentence}. `says` is told each time why it takes longer.
 * `signal` calls it back: then {meaning: "called back"}. `tries` sends once: fetch, or what a test puts there.
 */
export async function send(png, address, { says, signal, tries = fetch, pause = wait }) {
  for (let attempts = 1; !signal.aborted; attempts++) {
    const { status, sentence, after } = await attempt(png, address, signal, tries);
    if (signal.aborted) break;
    const found = meaning(status);
    if (found !== "later") return { meaning: found, sentence };
    says(status === 0 ? OFFLINE : sentence || BUSY);
    await pause(patience(attempts, after), signal);
  }
  return { meaning: "called back", sentence: "" };
}

async function attempt(png, address, signal, tries) {
  try {
    const answer = await tries(address, {
      method: "POST",
      body: png,
      headers: { "Content-Type": "image/png" },
      credentials: "omit",
      redirect: "error",
      signal,
    });
    const after = Number(answer.headers.get("Retry-After"));
    return { status: answer.status, after, ...(await answer.json().catch(() => ({ sentence: "" }))) };
  } catch {
    return { status: 0, sentence: "", after: 0 };
  }
}

/** Waits so many seconds, or until the browser is back online, or until it is called back. */
function wait(seconds, signal) {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener("online", over);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, seconds * 1000);
    addEventListener("online", over);
    signal.addEventListener("abort", over);
  });
}
