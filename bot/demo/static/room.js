// Runs in each room before simcord's own scripts. Opens the page on the room that the address names, hands links
// into other rooms to the home page, and keeps to the newest message until the reader scrolls up.
document.title = "AI Telephone, the demo";
const asked = new URLSearchParams(location.search);
let following = !asked.has("message");

const plainFetch = window.fetch.bind(window);
window.fetch = (path, options) => {
  if (typeof options?.body === "string" && options.body.includes('"kind":"run_command"')) following = true;
  return plainFetch(path === "/api/pages" ? path + location.search : path, options);
};

function meant(target) {
  const href = target.closest("a[href^='https://discord.com/channels/']")?.getAttribute("href");
  if (href) {
    const [room, message] = new URL(href).pathname.split("/").slice(3);
    return { room, message };
  }
  const mention = target.closest(".mention")?.textContent ?? "";
  if (mention.startsWith("#")) return { name: mention.slice(1) };
  // A thread has the id of the message it hangs on.
  if (target.closest(".thread-summary")) return { room: target.closest("[data-message-id]")?.dataset.messageId };
  return null;
}

addEventListener("click", (event) => {
  const place = event.target instanceof Element ? meant(event.target) : null;
  if (!place) return;
  event.preventDefault();
  event.stopPropagation();
  if (window.parent !== window) window.parent.postMessage(place, location.origin);
  else if (place.room) location.search = new URLSearchParams({ ...Object.fromEntries(asked), ...place });
}, true);

addEventListener("DOMContentLoaded", () => {
  const timeline = document.getElementById("channel-timeline");
  const newest = document.getElementById("new-messages");
  const older = document.getElementById("history-older");
  timeline.addEventListener("wheel", (event) => { if (event.deltaY < 0) following = false; }, { passive: true });
  timeline.addEventListener("touchmove", () => { following = false; }, { passive: true });
  timeline.addEventListener("pointerdown", () => { following = false; });
  timeline.addEventListener("keydown", () => { following = false; });
  timeline.addEventListener("scroll", () => {
    if (timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < 8) following = true;
  }, { passive: true });
  setInterval(() => {
    if (!following) return;
    timeline.scrollTop = timeline.scrollHeight;
    if (!newest.hidden) newest.click();
  }, 200);
  if (asked.has("message")) seek(asked.get("message"), older, 20);
});

function seek(message, older, tries) {
  const found = document.querySelector(`.channel-message[data-message-id="${CSS.escape(message)}"]`);
  if (found) {
    found.scrollIntoView({ block: "start" });
    found.classList.add("sought");
  } else if (tries > 0) {
    if (!older.hidden) older.click();
    setTimeout(() => seek(message, older, tries - 1), 300);
  }
}
