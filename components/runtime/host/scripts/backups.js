// What backups need of the database; VERB names it. Collections of a restore are known by their prefixes.
const fs = require("fs");
const { VERB, URI_FILE } = process.env;
const name = process.env.DATABASE || JSON.parse(fs.readFileSync("/srv/scripts/database.json", "utf8")).name;
// A job comes from outside; a host's script runs beside the server.
const server = URI_FILE ? connect(fs.readFileSync(URI_FILE, "utf8")) : db;
if (!URI_FILE) server.getSiblingDB("admin").auth("root", fs.readFileSync("/run/secrets/root", "utf8").trim());
const chat = server.getSiblingDB(name);
const NEW = "restore_new_", OLD = "restore_old_", JOURNAL = "restore_journal";
const all = () => chat.getCollectionNames().filter((found) => !found.startsWith("system."));
const with_ = (prefix) => all().filter((found) => found.startsWith(prefix));
const own = () => all().filter((found) => !found.startsWith("restore_"));
const move = (from, to) => {
  const done = server.adminCommand({ renameCollection: `${name}.${from}`, to: `${name}.${to}` });
  if (!done.ok) throw new Error(`${from} could not become ${to}: ${done.errmsg}`);
};
const indexes = (of) => chat.getCollection(of).getIndexes().map((index) => index.name).sort();
const count = (of) => chat.getCollection(of).countDocuments({});

function summary() {
  if (all().includes(JOURNAL)) throw new Error("a restore is under way, or broke off and is not taken back yet");
  const collections = {};
  for (const found of own()) collections[found] = { count: count(found), indexes: indexes(found) };
  const of = (found) => (collections[found] || { count: 0 }).count;
  const stats = chat.stats();
  const bytes = Number(stats.storageSize) + Number(stats.indexSize);
  const whose = { workspace: workspace(), release: release(), mongodb: chat.version() };
  return { users: of("users"), messages: of("rocketchat_message"), bytes, ...whose, collections };
}

// The chat goes on writing while it is dumped, so a few documents may have come or gone.
function compare() {
  const wanted = JSON.parse(fs.readFileSync(URI_FILE ? "summary.json" : "/srv/scripts/summary.json", "utf8"));
  const wrong = [];
  const there = new Set(with_(NEW));
  for (const [found, was] of Object.entries(wanted.collections)) {
    const least = was.count - Math.max(was.count * 0.05, 100);
    if (!there.has(NEW + found)) {
      if (least > 0 || found === "users") wrong.push(`${found} is missing`);
      continue;
    }
    const has = count(NEW + found);
    if (has < least) wrong.push(`${found} has ${has} documents of ${was.count}`);
    const lacks = was.indexes.filter((index) => !indexes(NEW + found).includes(index));
    if (lacks.length) wrong.push(`${found} lacks the indexes ${lacks.join(", ")}`);
  }
  if (!there.has(`${NEW}users`) || count(`${NEW}users`) === 0) wrong.push("there are no users");
  if (wrong.length) throw new Error(`what was restored is not what was backed up: ${wrong.join("; ")}`);
  const messages = there.has(`${NEW}rocketchat_message`) ? count(`${NEW}rocketchat_message`) : 0;
  return `${count(`${NEW}users`)} users, ${messages} messages`;
}

// Each rename is whole or not at all, and the journal tells which names belong to which side.
function swap() {
  const coming = with_(NEW).map((found) => found.slice(NEW.length)), going = own();
  chat.getCollection(JOURNAL).insertOne({ coming, going });
  for (const found of going) move(found, OLD + found);
  for (const found of coming) move(NEW + found, found);
}

function undo() {
  const journal = chat.getCollection(JOURNAL).findOne();
  if (journal) {
    let now = new Set(all());
    // While the old one is in place, nothing of that name has come.
    for (const found of journal.coming)
      if (!now.has(NEW + found) && now.has(found)) move(found, NEW + found);
    for (const found of journal.going) if (now.has(OLD + found)) move(OLD + found, found);
    chat.getCollection(JOURNAL).drop();
  }
  for (const found of with_(NEW)) chat.getCollection(found).drop();
}

function clean() {
  for (const found of [...with_(OLD), ...with_(NEW)]) chat.getCollection(found).drop();
  if (all().includes(JOURNAL)) chat.getCollection(JOURNAL).drop();
}

// Servers say every ten seconds that they are there (rocketchat, InstanceStatus).
function quiet() {
  const now = server.hello().localTime, most = 90;
  for (let waited = 0; ; waited += 5) {
    const alive = chat.instances.countDocuments({ _updatedAt: { $gt: new Date(now.getTime() + 1000 * (waited - 60)) } });
    if (!alive) return;
    if (waited >= most) throw new Error(`${alive} servers of the chat still write into this database: stop them first`);
    sleep(5000);
  }
}

// What the server notes of its migrations (rocketchat, server/lib/migrations): an older one stops on what it does not
// know, and any waits while they are locked.
function migrations() {
  const noted = (found) => chat.getCollection(found).find({}, { version: 1, locked: 1, status: 1 }).sort({ _id: 1 });
  return own().filter((found) => found.endsWith("migrations")).sort().map((found) => [found, noted(found).toArray()]);
}

// What the server generates when it begins (rocketchat, server/settings/general: uniqueID), and no host name changes.
function workspace() {
  const found = chat.rocketchat_settings.findOne({ _id: "uniqueID" });
  return found ? String(found.value) : "";
}

// Of the newest statistics, which the server writes when it starts and every day.
function release() {
  const [found] = chat.rocketchat_statistics.find({}, { version: 1 }).sort({ createdAt: -1 }).limit(1).toArray();
  return found ? String(found.version) : "";
}

const verbs = { workspace, summary: () => JSON.stringify(summary()), migrations: () => JSON.stringify(migrations()), compare, swap, undo, clean, quiet };
const said = verbs[VERB]();
if (said) print(said);
