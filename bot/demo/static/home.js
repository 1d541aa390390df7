// The home page: who you are, the channel on the left, one of its threads on the right.
// The address holds the key, then the member: "#key" or "#key/member".
const [key, asked] = location.hash.slice(1).split("/");
const find = (id) => document.getElementById(id);
let member = null;
let open = null;
let seen = 0;
let rooms = { threads: [] };

function show(frame, room, message) {
  const query = new URLSearchParams({ room, member, ...(message ? { message } : {}) });
  const address = `/room?${query}#${key}`;
  if (frame.getAttribute("src") !== address) frame.src = address;
  else if (message) frame.contentWindow.location.reload();
}

function link(name, current, href, act) {
  const element = document.createElement("a");
  element.textContent = name;
  element.href = href;
  element.setAttribute("aria-current", String(current));
  element.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    act();
  });
  return element;
}

function openThread(id, message) {
  open = id;
  find("thread").hidden = false;
  find("empty").hidden = true;
  show(find("thread"), id, message);
}

function become(id) {
  member = id;
  history.replaceState(null, "", `#${key}/${id}`);
}

function draw() {
  const focused = document.activeElement?.closest("nav a")?.textContent;
  const members = rooms.members.map((one) => link(one.name, one.id === member, `/#${key}/${one.id}`, () => {
    become(one.id);
    show(find("channel"), rooms.channel.id);
    if (open) openThread(open);
    draw();
  }));
  find("members").replaceChildren(...members);
  const threads = rooms.threads.map((one) => link(one.name, one.id === open, `/room?${new URLSearchParams({ room: one.id, member })}#${key}`, () => {
    openThread(one.id);
    draw();
  }));
  find("threads").replaceChildren(...threads);
  find("threads").hidden = threads.length === 0;
  [...members, ...threads].find((one) => one.textContent === focused)?.focus();
}

let last = "";
async function look() {
  try {
    const answer = await fetch("/api/rooms", { headers: { "X-Simcord-Capability": key }, cache: "no-store" });
    if (answer.status === 401) throw new Error("This address has no key; open the one that the demo printed.");
    rooms = await answer.json();
    if (member === null) {
      become((rooms.members.find((one) => one.id === asked) ?? rooms.members[0]).id);
      show(find("channel"), rooms.channel.id);
    }
    if (rooms.threads.length > seen) openThread(rooms.threads[0].id);
    seen = rooms.threads.length;
    find("hint").hidden = seen > 0;
    const now = JSON.stringify([rooms, member, open]);
    if (now !== last) draw();
    last = now;
  } catch (error) {
    find("hint").hidden = false;
    find("hint").textContent = error instanceof TypeError ? "The demo has ended; start it again and open its new address." : error.message;
  }
  setTimeout(look, 500);
}

// A room says where a link of it leads.
addEventListener("message", (event) => {
  if (event.origin !== location.origin || !event.data) return;
  const { room, name, message } = event.data;
  const thread = rooms.threads.find((one) => one.id === room || one.name === name);
  if (thread) openThread(thread.id, message);
});
addEventListener("hashchange", () => location.reload());
look();
