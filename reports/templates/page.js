"use strict";
(() => {
  const input = document.getElementById("search");
  const told = document.getElementById("found");
  const items = [...document.querySelectorAll("#tree li")];
  const opened = new Map([...document.querySelectorAll("#tree details")].map((one) => [one, one.open]));
  const look = () => {
    const wanted = input.value.trim().toLowerCase();
    let count = 0;
    if (!wanted) {
      items.forEach((one) => { one.hidden = false; });
      opened.forEach((open, one) => { one.open = open; });
      told.textContent = "";
      return;
    }
    items.forEach((one) => { one.hidden = true; });
    items.forEach((one) => {
      if (!one.dataset.text.includes(wanted)) return;
      count += 1;
      for (let up = one; up && up.id !== "tree"; up = up.parentElement) {
        if (up.tagName === "LI") up.hidden = false;
        if (up.tagName === "DETAILS" && up.parentElement !== one) up.open = true;
      }
    });
    told.textContent = count === 1 ? "1 found" : `${count} found`;
  };
  input.addEventListener("input", look);
  addEventListener("beforeprint", () => document.querySelectorAll("section > details, .tree > ul > li > details").forEach((one) => { one.open = true; }));
})();
