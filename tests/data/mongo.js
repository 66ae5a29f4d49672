// A replica set as far as the set-up script of the cluster can see it: one server for each pod, who must agree.
// Refusals: www.mongodb.com/docs/manual/reference/method/rs.reconfig/, .../command/setFeatureCompatibilityVersion/.
const fs = require("fs");
const world = JSON.parse(fs.readFileSync(process.env.WORLD, "utf8"));
world.calls = [];
const fail = (codeName) => { throw Object.assign(new Error(codeName), { codeName }); };
const sleep = () => {};

class Database {
  constructor(host, login) { this.host = host; this.login = login; }
  hello() {
    const inside = world.members.some((member) => member.host === this.host);
    return inside
      ? { setName: "rs0", hosts: world.members.map((member) => member.host), isWritablePrimary: this.host === world.primary }
      : { isreplicaset: true };
  }
  needsLogin() { if (Object.keys(world.users).length && !this.login) fail("Unauthorized"); }
  auth({ user, pwd }) { if (world.users[user] !== pwd) fail("AuthenticationFailed"); this.login = user; }
  getUser(user) { this.needsLogin(); return user in world.users ? { user } : null; }
  createUser({ user, pwd }) {
    this.needsLogin();
    if (user in world.users) fail("Location51003");
    world.users[user] = pwd;
  }
  updateUser(user, { pwd }) { this.needsLogin(); world.users[user] = pwd; }
  runCommand(command) {
    world.calls.push(Object.keys(command)[0]);
    if (command.buildInfo) return { version: world.version };
    if (command.replSetInitiate) {
      this.needsLogin();
      if (world.members.length) fail("AlreadyInitialized");
      world.members = command.replSetInitiate.members;
      world.primary = this.host;
      return {};
    }
    this.needsLogin();
    if (command.replSetGetConfig) return { config: { _id: "rs0", version: world.config, members: [...world.members] } };
    if (command.replSetReconfig) {
      const { version, members } = command.replSetReconfig;
      if (version <= world.config || members.length > world.members.length + 1) fail("NewReplicaSetConfigurationIncompatible");
      if (new Set(members.map((member) => member._id)).size !== members.length) fail("BadValue");
      world.config = version;
      world.members = members;
      return {};
    }
    if (command.getParameter) return { featureCompatibilityVersion: { version: world.feature } };
    if (command.setFeatureCompatibilityVersion) {
      const wanted = command.setFeatureCompatibilityVersion;
      if (parseInt(world.version, 10) >= 7 !== Boolean(command.confirm)) fail("IDLUnknownField");
      if (!world.version.startsWith(`${wanted}.`)) fail("BadValue");
      world.feature = wanted;
      return {};
    }
    return fail("CommandNotFound");
  }
}
function Mongo(uri) {
  const [, login, host] = /^mongodb:\/\/(?:root:([^@]+)@)?([^/]+)\//.exec(uri);
  const here = host.startsWith("127.0.0.1");
  if (!here && (!world.members.length || world.users.root !== login)) fail("AuthenticationFailed");
  return { getDB: () => new Database(here ? process.env.SELF : world.primary, here ? null : "root") };
}
new Function("Mongo", "sleep", fs.readFileSync(process.env.SCRIPT, "utf8"))(Mongo, sleep);
fs.writeFileSync(process.env.WORLD, JSON.stringify(world));
