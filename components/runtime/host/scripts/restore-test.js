// Prints how many users the restored copy has, and drops the copy.
const fs = require("fs");
db.getSiblingDB("admin").auth("root", fs.readFileSync("/run/secrets/root", "utf8").trim());
const copy = db.getSiblingDB("restore_test");
const users = copy.users.countDocuments({});
copy.dropDatabase();
print(users);
