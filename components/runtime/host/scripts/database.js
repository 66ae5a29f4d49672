// Makes the replica set of one and the chat's user, or brings them to what the secrets say. May be repeated.
const fs = require("fs");
const secret = (name) => fs.readFileSync(`/run/secrets/${name}`, "utf8").trim();
const wanted = JSON.parse(fs.readFileSync("/srv/scripts/database.json", "utf8"));
const admin = db.getSiblingDB("admin");
admin.auth("root", secret("root"));
try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongodb:27017" }] });
}
for (let left = 60; !db.hello().isWritablePrimary; left -= 1) {
  if (left === 0) throw new Error("the replica set has no primary");
  sleep(1000);
}
const user = { pwd: secret("chat"), roles: wanted.roles };
if (admin.getUser(wanted.user)) admin.updateUser(wanted.user, user);
else admin.createUser({ user: wanted.user, ...user });
climbed(admin);
